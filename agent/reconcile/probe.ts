import type { UclLink } from '../connection/connection-facts.ts';
import { toAgentError } from '../errors/agent-error.ts';
import { explain } from '../errors/explain.ts';
import type { Trigger } from '../pace/triggers.ts';
import type { Doers } from './doers.ts';
import { type AgentMemory, remember } from './memory.ts';
import type { RunFacts } from './run-facts.ts';

/**
 * Whether the names of the systems alone say that UCL is to be read, where a run is for that. One that fails is told in the
 * log and leaves the read to the schedule.
 */
export async function probe(
  memory: AgentMemory,
  facts: RunFacts,
  link: UclLink,
  triggers: readonly Trigger[],
  doers: Doers,
  signal: AbortSignal,
): Promise<Trigger | undefined> {
  if (!triggers.includes('probe')) return undefined;
  try {
    const isDifferent = await doers.probe(link, { memory: remember(memory, facts).sync }, signal);
    return isDifferent ? 'probe' : undefined;
  } catch (error: unknown) {
    signal.throwIfAborted();
    const failure = toAgentError(error, 'Asking UCL for the names of the systems');
    doers.log.warn(explain(failure), { reason: failure.reason, details: failure.details });
    return undefined;
  }
}
