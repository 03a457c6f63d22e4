import { type AgentError, isAgentError } from '../errors/agent-error.ts';

/** What an answer of the Director says about the certificate. */
export type DirectorAnswer =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly error: AgentError }
  | { readonly kind: 'mismatch'; readonly error: AgentError }
  /** It came from whoever is there, and is not what the Director answers. */
  | { readonly kind: 'unfit' }
  /** There was none. */
  | { readonly kind: 'none' }
  /** Nothing: it was too busy, or something went wrong here. */
  | { readonly kind: 'other' };

/** @param error What a call to the Director threw; undefined: nothing. */
export function toDirectorAnswer(error: AgentError | undefined): DirectorAnswer {
  if (error === undefined) return { kind: 'accepted' };
  if (isAgentError(error, 'CompassRefused')) return { kind: 'refused', error };
  if (isAgentError(error, 'RuntimeMismatch')) return { kind: 'mismatch', error };
  // Whoever was let in far enough to get these is not refused.
  if (isAgentError(error, 'LandscapeMoving')) return { kind: 'accepted' };
  if (isAgentError(error, 'InvalidAnswer', 'AnswerTooLarge')) return { kind: 'unfit' };
  if (isAgentError(error, 'CompassUnreachable')) return { kind: 'none' };
  return { kind: 'other' };
}

/** Whether the Director may have moved; undefined: the answer does not tell. */
export function isFailing({ kind }: DirectorAnswer): boolean | undefined {
  switch (kind) {
    case 'accepted':
    case 'mismatch':
      return false;
    case 'refused':
    case 'unfit':
    case 'none':
      return true;
    case 'other':
      return undefined;
  }
}
