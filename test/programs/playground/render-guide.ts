import { spawnSync } from 'node:child_process';
import { shellWord } from '../../../agent/cli/shell-word.ts';
import type { Commands } from './create-commands.ts';

export interface GuideFacts {
  commands: Commands;
  adminUrl: string;
  /** The menu of situations. */
  breakUrl: string;
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
  const { commands, hasKubectl, applicationName, unassigned } = facts;
  const annotation = 'compass.kyma-project.io/sync-requested-at="$(date +%s)"';
  const annotate = `annotate compassconnection compass-connection --overwrite ${annotation}`;
  return [
    'Things to try, in another terminal in this folder:',
    '',
    '# How the connection is',
    commands.agent('status'),
    ...(hasKubectl ? kubectlCommands(commands, applicationName) : []),
    '',
    '# Synchronise now',
    ...(hasKubectl ? [commands.kubectl(annotate)] : []),
    commands.agent('sync --wait'),
    ...(unassigned === undefined ? [] : assignment(facts, unassigned)),
    '',
    '# Break something, and find out what it was: in a browser',
    facts.breakUrl,
  ].map((line) => (line === '' ? '' : `  ${line}`));
}

/** What a playground leaves in a cluster of a person, and how it goes. */
export function renderFarewell(commands: Commands, made: readonly string[]): string[] {
  return made.length === 0
    ? []
    : [`Left in the cluster; remove it by: ${commands.kubectl(`delete ${made.join(' ')}`)}`];
}

function kubectlCommands({ kubectl }: Commands, applicationName: string | undefined): string[] {
  return [
    kubectl('get compassconnections'),
    kubectl('describe compassconnection compass-connection'),
    '',
    '# The systems, one of them, and its credentials',
    kubectl('get applications'),
    ...(applicationName === undefined
      ? []
      : [
          kubectl(`get application ${applicationName} -o yaml`),
          kubectl(`get secrets -n kyma-system -l app=${applicationName}`),
          '',
          '# Delete one: the agent puts it back',
          kubectl(`delete application ${applicationName}`),
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
