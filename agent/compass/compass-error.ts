import { AgentError, type AgentErrorOptions, type Reason } from '../errors/agent-error.ts';
import type { WireFailure } from './wire-failure.ts';

/** What this room decides by; no text from outside, since the error leaves the room and texts may quote a secret. */
type FailureFacts =
  | { readonly kind: 'transport'; readonly cause: Extract<WireFailure, { kind: 'transport' }>['cause'] }
  /** `code`: the first of Director's error codes. */
  | { readonly kind: 'answer'; readonly status: number; readonly code: number | undefined }
  | { readonly kind: 'shape' | 'content' };

/** What one request to Compass came to; outside of this room it is an AgentError like any other. */
export class CompassError extends AgentError {
  readonly facts: FailureFacts;

  constructor(reason: Reason, message: string, options: AgentErrorOptions, failure: WireFailure) {
    super(reason, message, options);
    this.facts = toFacts(failure);
  }
}

function toFacts(failure: WireFailure): FailureFacts {
  switch (failure.kind) {
    case 'transport':
      return { kind: 'transport', cause: failure.cause };
    case 'answer':
      return {
        kind: 'answer',
        status: failure.status,
        code: failure.errors.find(({ code }) => code !== undefined)?.code,
      };
    case 'shape':
    case 'content':
      return { kind: failure.kind };
  }
}

/** Whether Compass took the request and answered it with GraphQL errors; optionally with that code first. */
export function hasGraphqlErrors(error: unknown, code?: number): boolean {
  if (!(error instanceof CompassError) || error.facts.kind !== 'answer' || !isSuccess(error.facts.status)) return false;
  return code === undefined || error.facts.code === code;
}

/** Whether the answer came with one of these HTTP statuses. */
export function hasStatus(error: unknown, ...statuses: readonly number[]): boolean {
  return error instanceof CompassError && error.facts.kind === 'answer' && statuses.includes(error.facts.status);
}

/** Whether somebody answered who is neither too busy nor broken: any status but 429 and 5xx. */
export function isAnswered(error: unknown): boolean {
  if (!(error instanceof CompassError)) return false;
  const { facts } = error;
  return (
    facts.kind === 'shape' ||
    facts.kind === 'content' ||
    (facts.kind === 'answer' && facts.status !== 429 && facts.status < 500)
  );
}

/** Whether the answer was not what Compass sends. */
export function isShapeless(error: unknown): boolean {
  return error instanceof CompassError && error.facts.kind === 'shape';
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}
