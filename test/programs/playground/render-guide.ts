import { spawnSync } from 'node:child_process';
import { shellWord } from '../../../agent/cli/shell-word.ts';

export interface GuideFacts {
  kubeconfigFile: string;
  adminUrl: string;
  hasKubectl: boolean;
  /** Name of an Application that is there. */
  applicationName: string | undefined;
  formation: string;
  /** A system that no formation has yet. */
  unassigned: { id: string; name: string } | undefined;
}

/** Whether kubectl can be called. */
export function findKubectl(): boolean {
  const program = 'kubectl';
  return spawnSync(program, ['version', '--client'], { stdio: 'ignore' }).status === 0;
}

/** What a person can try next; each command can be copied as it stands. */
export function renderGuide(facts: GuideFacts): string[] {
  const file = shellWord(facts.kubeconfigFile);
  const agent = `npm run -s ucl-agent -- --kubeconfig ${file}`;
  return [
    'Things to try, in another terminal in this folder:',
    '',
    '# How the connection is',
    `${agent} status`,
    ...(facts.hasKubectl ? kubectlCommands(`kubectl --kubeconfig ${file}`, facts.applicationName) : []),
    '',
    '# Synchronise now',
    ...(facts.hasKubectl
      ? [
          `kubectl --kubeconfig ${file} annotate compassconnection compass-connection --overwrite compass.kyma-project.io/sync-requested-at="$(date +%s)"`,
        ]
      : []),
    `${agent} sync --wait`,
    ...(facts.unassigned === undefined ? [] : assignment(facts, facts.unassigned)),
  ].map((line) => (line === '' ? '' : `  ${line}`));
}

function kubectlCommands(kubectl: string, applicationName: string | undefined): string[] {
  return [
    `${kubectl} get compassconnections`,
    `${kubectl} describe compassconnection compass-connection`,
    '',
    '# The systems, one of them, and its credentials',
    `${kubectl} get applications`,
    ...(applicationName === undefined
      ? []
      : [
          `${kubectl} get application ${applicationName} -o yaml`,
          `${kubectl} get secrets -n kyma-system -l app=${applicationName}`,
          '',
          '# Delete one: the agent puts it back',
          `${kubectl} delete application ${applicationName}`,
        ]),
  ];
}

function assignment({ adminUrl, formation }: GuideFacts, { id, name }: { id: string; name: string }): string[] {
  const change = (verb: 'assignFormation' | 'unassignFormation') =>
    JSON.stringify({
      query: `mutation { ${verb}(objectID: "${id}", objectType: APPLICATION, formation: { name: ${JSON.stringify(formation)} }) { name } }`,
    });
  const curl = (verb: 'assignFormation' | 'unassignFormation') =>
    `curl -s ${adminUrl} -H content-type:application/json -d ${shellWord(change(verb))}`;
  return [
    '',
    `# Assign "${name}" to the formation and see it appear here within seconds:`,
    `# in a browser, where the mutation stands ready: ${adminUrl}`,
    '# or in the terminal, and away again:',
    curl('assignFormation'),
    curl('unassignFormation'),
  ];
}
