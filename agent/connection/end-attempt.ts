import { type Linked, noteMaintenance } from './connection-draft.ts';
import { toTold } from './connection-failure.ts';
import type { Standing } from './connection-memory.ts';
import type { ConnectionParts } from './connection-parts.ts';
import { hashToken } from './decide-pairing-step.ts';
import { isAtSameStage, isAttempt, type PairingState, step, type UnwrittenEvent } from './pairing-state.ts';
import type { PairingConfigurationRead } from './ports.ts';
import { recordPairing } from './record-pairing.ts';

/**
 * Whether a pairing that was begun is not gone on with while the stored certificate serves: the Director accepts that, or
 * the token is no longer there. Pure.
 */
export function isAttemptOver(
  pairing: PairingState,
  configuration: PairingConfigurationRead,
  standing: Standing,
): boolean {
  if (!isAttempt(pairing)) return false;
  const isOtherToken =
    configuration.kind === 'present' && hashToken(configuration.configuration.token) !== pairing.tokenHash;
  return isOtherToken || standing.kind === 'accepted';
}

/** Forgets the key, the follow-up token and the certificate of an attempt that is over. The link outlives a failure. */
export async function endAttempt(
  { draft, link }: Linked,
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<Linked> {
  if (draft.pairing === undefined || !draft.isPairingFresh) return { draft, link };
  try {
    const event = { kind: 'abandoned', isSpent: isAnsweredUnsaid(draft.pairing.state, draft.unwritten) } as const;
    const { stored } = await recordPairing(draft.pairing, event, parts.ports.credentials, signal);
    return { draft: { ...draft, pairing: stored }, link };
  } catch (error: unknown) {
    const failure = toTold(error, 'Writing the memory of pairing', signal);
    return { draft: noteMaintenance(draft, failure, parts.log), link };
  }
}

/** The token has got its answer, and the state does not say so: it would be used again. */
function isAnsweredUnsaid(state: PairingState, unwritten: UnwrittenEvent | undefined): boolean {
  if (unwritten === undefined || !isAtSameStage(state, unwritten.from)) return false;
  return step(state, unwritten.event).at !== 'keyed';
}
