import { Option } from 'commander';

/** Where the agent runs and keeps its Secrets, unless its settings say something else. */
const agentNamespace = 'kyma-system';

export function namespaceOption(meaning: string): Option {
  return new Option('-n, --namespace <name>', meaning).default(agentNamespace);
}
