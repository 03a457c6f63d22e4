import type { AgentError } from '../errors/agent-error.ts';
import type { Logger } from '../log/logger.ts';
import type { LinkEvent, UclLink } from './connection-facts.ts';
import type { ConnectionFailure } from './connection-failure.ts';
import type { ConnectionMemory } from './connection-memory.ts';
import { explainFailure } from './explain-failure.ts';
import type { MadeLink } from './pair-with-token.ts';

/** What a run has found out and done so far; each step of it gives the next. */
export interface ConnectionDraft
  extends Pick<ConnectionMemory, 'certificate' | 'pairing' | 'pause' | 'renewNotBefore' | 'renewals' | 'caSecret'> {
  readonly keepsFormerLink: boolean;
  /** Only what was read or written in this run may be acted on. */
  readonly isPairingFresh: boolean;
  readonly events: readonly LinkEvent[];
  readonly maintenance: readonly AgentError[];
}

export interface Linked {
  readonly draft: ConnectionDraft;
  readonly link: UclLink;
}

export interface Unlinked {
  readonly draft: ConnectionDraft;
  readonly link: undefined;
  readonly failure: ConnectionFailure;
}

export function beginDraft(memory: ConnectionMemory): ConnectionDraft {
  const { certificate, pairing, pause, renewNotBefore, renewals, caSecret } = memory;
  const remembered = { certificate, pairing, pause, renewNotBefore, renewals, caSecret };
  return { ...remembered, keepsFormerLink: true, isPairingFresh: false, events: [], maintenance: [] };
}

/** What the link outlives is said and tried again with the next run; it must not hold up the syncs. */
export function noteMaintenance(draft: ConnectionDraft, failure: ConnectionFailure, log: Logger): ConnectionDraft {
  const error = explainFailure(failure);
  const { reason, message, remedy } = error;
  log.warn(message, { reason, remedy });
  return { ...draft, maintenance: [...draft.maintenance, error] };
}

/** Goes on with a credential that was made in this run. */
export function adopt(
  draft: ConnectionDraft,
  { link, caCertificatePem }: MadeLink,
  event: 'paired' | 'renewed',
): Linked {
  const { certificate } = link;
  const events = [...draft.events, event];
  return { draft: { ...draft, certificate, caSecret: { kind: 'to-store', caCertificatePem }, events }, link };
}
