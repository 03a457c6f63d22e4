import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { NodeHandle } from '../../servers/node/start-node.ts';

/** One change of a pod, as `kubectl get pods --watch` shows it. */
export interface PodChange {
  change: string;
  name: string;
  isRunning: boolean;
  restarts: number;
  /** Of the container that runs no more; undefined while it runs. */
  exitCode: number | undefined;
}

export interface PodFollower {
  /** Since the start, in the order in which they came. */
  changes(): PodChange[];
  stop(): void;
}

const container = '.object.status.containerStatuses[0]';
const fields = [
  '.type',
  '.object.metadata.name',
  `${container}.state.running.startedAt`,
  `${container}.restartCount`,
  `${container}.state.terminated.exitCode`,
];

/** Follows the pods of the agent, those that end too: how they ended is told nowhere afterwards. */
export function followPods({ kubectl, kubeconfigFile }: NodeHandle): PodFollower {
  const template = `${fields.map((field) => `{${field}}`).join('|')}{"\\n"}`;
  const watch = ['get', 'pods', '-n', 'kyma-system', '-l', 'app=compass-runtime-agent', '--watch'];
  const args = ['--kubeconfig', kubeconfigFile, ...watch, '--output-watch-events', '-o', `jsonpath=${template}`];
  const child = spawn(kubectl, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const changes: PodChange[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [change = '', name = '', runningSince = '', restarts = '', exitCode = ''] = line.split('|');
    changes.push({
      change,
      name,
      isRunning: runningSince !== '',
      restarts: Number(restarts),
      exitCode: exitCode === '' ? undefined : Number(exitCode),
    });
  });
  return { changes: () => [...changes], stop: () => void child.kill() };
}
