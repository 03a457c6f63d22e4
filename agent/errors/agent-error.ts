import { toShownText } from '../domain/to-shown-text.ts';
import type { Reason } from './reasons.ts';

export type { Reason } from './reasons.ts';

/**
 * What the loop does after a failure. `retry`: try again with backoff; `wait`: try again at a falling rate and keep
 * everything, since the other side may heal; `stall`: nothing helps until a person or a new input changes something.
 */
export type NextStep = 'retry' | 'wait' | 'stall';

export type Effect = 'none' | 'possible' | 'certain';

export interface AgentErrorOptions {
  next: NextStep;
  /** What to do next, for a person; a full sentence. */
  remedy?: string;
  /** How long the other side asked to be left alone (Retry-After), in milliseconds. */
  retryAfterMs?: number;
  /** When this began, where it lasts over several tries. */
  since?: Date;
  /** When the agent tries again, where that is planned. */
  nextTryAt?: Date;
  /**
   * Whether the request had its effect all the same: `possible` where its answer is lost, so that a one-time token in it is
   * probably spent, `certain` where the answer is no use. None by default.
   */
  effect?: Effect;
  /**
   * Allow-listed facts for the log (status codes, verbs, names); never a body, a header or a foreign error. Nothing
   * is decided by them: what steers is a typed field of the room's own error.
   */
  details?: Readonly<Record<string, string | number | boolean>>;
}

/** Far more than any sentence of the agent, and than a status shows. */
const maxMessageLength = 2_000;

/**
 * The only error that crosses rooms. Its message is a clause without a full stop; explain.ts makes sentences of it. What
 * it quotes from outside is cleaned and cut here, wherever it is shown.
 * Adapters translate foreign errors into it and do not attach them as `cause`:
 * axios, graphql-request and client-node errors carry keys, headers and bodies.
 */
export class AgentError extends Error {
  readonly reason: Reason;
  readonly next: NextStep;
  readonly remedy: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly since: Date | undefined;
  readonly nextTryAt: Date | undefined;
  readonly effect: Effect;
  readonly details: Readonly<Record<string, string | number | boolean>>;

  constructor(reason: Reason, message: string, options: AgentErrorOptions) {
    super(toShownText(message, maxMessageLength));
    this.name = 'AgentError';
    this.reason = reason;
    this.next = options.next;
    this.remedy = options.remedy === undefined ? undefined : toShownText(options.remedy, maxMessageLength);
    this.retryAfterMs = options.retryAfterMs;
    this.since = options.since;
    this.nextTryAt = options.nextTryAt;
    this.effect = options.effect ?? 'none';
    this.details = options.details ?? {};
  }
}

/** Whether `error` is an {@link AgentError}, optionally of one of the given reasons. */
export function isAgentError(error: unknown, ...reasons: Reason[]): error is AgentError {
  return error instanceof AgentError && (reasons.length === 0 || reasons.includes(error.reason));
}

/**
 * Makes an {@link AgentError} of whatever was thrown. An error that no adapter translated is a defect: its class and
 * code are kept, its message is not, since nobody vouches for what stands in it.
 */
export function toAgentError(error: unknown, doing: string): AgentError {
  if (error instanceof AgentError) return error;
  const kind = error instanceof Error ? error.name : typeof error;
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  const unexpected = new AgentError('Unexpected', `${doing} failed unexpectedly: ${kind}${code}`, { next: 'retry' });
  if (error instanceof Error && error.stack !== undefined) {
    // Frames only: the first line of a stack repeats the message.
    unexpected.stack = error.stack
      .split('\n')
      .filter((line) => line.trimStart().startsWith('at '))
      .join('\n');
  }
  return unexpected;
}
