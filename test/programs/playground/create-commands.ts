import { shellWord } from '../../../agent/cli/shell-word.ts';

/** Beginnings of commands for a person: each names the cluster that it means, whatever the current one of the shell is. */
export interface Commands {
  kubectl(rest: string): string;
  agent(rest: string): string;
  playground(rest: string): string;
}

/** The commands for the cluster of a kubeconfig, to be copied as they stand. */
export function createCommands(kubeconfigFile: string): Commands {
  const cluster = `--kubeconfig ${shellWord(kubeconfigFile)}`;
  return {
    kubectl: (rest) => `kubectl ${cluster} ${rest}`,
    agent: (rest) => `npm run -s ucl-agent -- ${cluster} ${rest}`,
    playground: (rest) => `npm run playground -- ${cluster} ${rest}`,
  };
}
