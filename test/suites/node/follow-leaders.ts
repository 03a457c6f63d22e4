import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { NodeHandle } from '../../servers/node/start-node.ts';

/** Who leads from an instant on. */
export interface Reign {
  /** The name of the pod; empty: nobody, since the one before gave the Lease back. */
  readonly podName: string;
  readonly sinceMs: number;
}

export interface LeaderFollower {
  /** Since the start, in the order in which they came. */
  reigns(): Reign[];
  stop(): void;
}

/** Follows the Lease of the agent; no change of it is missed. */
export function followLeaders({ kubectl, kubeconfigFile }: NodeHandle): LeaderFollower {
  const watch = ['get', 'lease', 'ucl-agent', '-n', 'kyma-system', '--watch'];
  const template = 'jsonpath={.spec.holderIdentity}{"\\n"}';
  const child = spawn(kubectl, ['--kubeconfig', kubeconfigFile, ...watch, '-o', template], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const reigns: Reign[] = [];
  createInterface({ input: child.stdout }).on('line', (holder) => {
    const podName = holder.slice(0, Math.max(0, holder.lastIndexOf('_')));
    if (podName !== reigns.at(-1)?.podName) reigns.push({ podName, sinceMs: performance.now() });
  });
  return { reigns: () => [...reigns], stop: () => void child.kill() };
}

/** How long nobody led, each time. */
export function toGapsMs(reigns: readonly Reign[]): number[] {
  return reigns.flatMap(({ podName, sinceMs }, index) => {
    const next = reigns[index + 1];
    return podName === '' && next !== undefined ? [next.sinceMs - sinceMs] : [];
  });
}
