import type { AgentError } from './agent-error.ts';

/**
 * The sentences that a person reads: what failed, and what to do. The one place that joins them, so that a message may
 * be a clause.
 */
export function explain({ message, remedy }: Pick<AgentError, 'message' | 'remedy'>): string {
  const fact = `${message.replace(/\.$/, '')}.`;
  return remedy === undefined ? fact : `${fact} ${remedy}`;
}
