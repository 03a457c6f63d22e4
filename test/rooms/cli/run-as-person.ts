import type { ClusterChoice } from '../../../agent/cli/cli-edge.ts';
import { runCli } from '../../../agent/cli/run-cli.ts';
import { toKubectl } from '../../../agent/cli/to-kubectl.ts';
import { openClusterView } from '../../../agent/kube/open-cluster-view.ts';
import { systemTime } from '../../../agent/time/system-time.ts';
import { recordLog } from '../../data/builders/record-log.ts';
import { idleCliEdge } from '../../data/fakes/idle-cli-edge.ts';

/** What a person sees of the cluster of a kubeconfig, with their own rights. */
export function openPersonsView(choice: ClusterChoice) {
  return openClusterView(choice, { kubectl: toKubectl(choice), log: recordLog(), time: systemTime });
}

/** Runs one command line against a real or embedded API server, on the clock of the machine. */
export async function runAsPerson(args: readonly string[]) {
  const output = { stdout: '', stderr: '' };
  const exitCode = await runCli(args, {
    ...idleCliEdge,
    stdout: (text) => {
      output.stdout += text;
    },
    stderr: (text) => {
      output.stderr += text;
    },
    clock: () => new Date(),
    delay: (durationMs, signal) => systemTime.sleepUntil(systemTime.instant() + durationMs, signal),
    openCluster: async (choice) => openPersonsView(choice),
  });
  return { ...output, exitCode };
}
