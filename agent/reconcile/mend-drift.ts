import { toAgentError } from '../errors/agent-error.ts';
import type { Doers } from './doers.ts';
import { logFailure } from './log-failure.ts';
import { type AgentMemory, remember } from './memory.ts';
import type { RunFacts } from './run-facts.ts';

/** Puts back what drifted from what is known of UCL, without asking it. @throws AgentError when the cluster cannot be read. */
export async function mendDrift(
  memory: AgentMemory,
  facts: RunFacts,
  doers: Pick<Doers, 'mendDrift'>,
  signal: AbortSignal,
): Promise<RunFacts> {
  const before = remember(memory, facts).sync;
  const drift = before.landscape && (await doers.mendDrift({ memory: before }, signal));
  return drift === undefined ? facts : { ...facts, drift };
}

/**
 * The same after a sync that did not get as far as the cluster, whatever made it run: drift that came with it, or that an
 * earlier run could not mend, would stay until the next change. One that fails comes again with the next try.
 */
export async function mendAllTheSame(
  memory: AgentMemory,
  facts: RunFacts,
  doers: Pick<Doers, 'mendDrift' | 'log'>,
  signal: AbortSignal,
): Promise<RunFacts> {
  if (signal.aborted) return facts;
  try {
    return await mendDrift(memory, facts, doers, signal);
  } catch (error: unknown) {
    signal.throwIfAborted();
    logFailure(doers, toAgentError(error, 'Putting back what drifted'));
    return facts;
  }
}
