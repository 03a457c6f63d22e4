import type { AgentError } from './agent-error.ts';

type Explained = Pick<AgentError, 'message' | 'remedy' | 'since' | 'nextTryAt'>;

/**
 * The sentences that a person reads, in conditions, Events and the log: what failed and since when, what to do, and
 * when the agent tries again by itself. The one place that joins them.
 */
export function explain({ message, remedy, since, nextTryAt }: Explained): string {
  const fact = `${message.replace(/\.$/, '')}${since === undefined ? '' : ` (since ${toWholeSeconds(since)})`}.`;
  const nextTry = nextTryAt === undefined ? undefined : `The next try is at ${toWholeSeconds(nextTryAt)}.`;
  return [fact, remedy, nextTry].filter((sentence) => sentence !== undefined).join(' ');
}

/** RFC 3339 with whole seconds, as Kubernetes writes times. */
export function toWholeSeconds(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
