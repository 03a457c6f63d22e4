import { AgentError } from '../errors/agent-error.ts';
import { chooseAgentPod, describeMissingPod } from './choose-agent-pod.ts';
import type { ClusterView } from './cluster-view.ts';
import { exitCodes } from './exit-codes.ts';

/** Where the image has this very program. The agent beside it lives by the same memory limit, so that a heap ends it first. */
const programInPod = ['node', '--max-old-space-size=96', '--max-semi-space-size=2', '/app/ucl-agent.js'] as const;
/** What a pod's program says of a failure; the rest would be its help. */
const maxSaidLength = 1_000;

/**
 * Runs a command of this program in the agent's pod, which has the agent's settings and rights and the client key, and
 * gives the document that it printed.
 * @throws AgentError where there is no such pod, the person may not exec, or the command fails there.
 */
export async function askAgentPod(
  view: Pick<ClusterView, 'listAgentPods' | 'runInPod'>,
  namespace: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<unknown> {
  const pod = chooseAgentPod(await view.listAgentPods(namespace, signal));
  if (pod === undefined) {
    throw new AgentError('NotFound', describeMissingPod(namespace), {
      next: 'stall',
      remedy: 'Name another namespace by -n, or look at the Deployment compass-runtime-agent.',
    });
  }
  const { exitCode, stdout, stderr } = await view.runInPod(pod, [...programInPod, ...args], signal);
  const isAnswer = exitCode === exitCodes.ok || exitCode === exitCodes.differs;
  const document = isAnswer ? parse(stdout) : undefined;
  if (document !== undefined) return document;
  throw new AgentError('Unexpected', describeFailure(pod.name, exitCode, stderr.trim() || stdout.trim()), {
    next: 'stall',
    remedy: 'Where the pod does not know the command, its agent is older than this program: update it.',
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function describeFailure(pod: string, exitCode: number, said: string): string {
  const words = said === '' ? '' : `: ${said.slice(0, maxSaidLength).replace(/\.$/, '')}`;
  return `In pod ${pod} the command ended with ${exitCode}${words}`;
}
