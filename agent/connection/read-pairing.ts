import { type ConnectionDraft, noteMaintenance } from './connection-draft.ts';
import { toTold } from './connection-failure.ts';
import type { ConnectionParts } from './connection-parts.ts';
import type { StoredPairing } from './ports.ts';
import { followRenewals } from './tried-renewal.ts';

export interface ReadPairing {
  readonly pairing: StoredPairing;
  readonly draft: ConnectionDraft;
}

/**
 * Reads the memory of pairing afresh. One that somebody deleted or emptied meanwhile is put back as it was last known: without
 * it a used token looks unused, and with the CompassConnection gone as well nothing would know where the certificate may go.
 * Throws what a read throws.
 */
export async function readPairing(
  draft: ConnectionDraft,
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<ReadPairing> {
  const found = await parts.ports.credentials.readPairing(signal);
  const renewals = followRenewals(draft.renewals, found.renewals, parts.time);
  const read = { pairing: found, draft: { ...draft, pairing: found, renewals, isPairingFresh: true } };
  const { state } = draft.pairing ?? found;
  // No step leads from a present certificate to none.
  if (found.state.at !== 'unpaired' || state.present === undefined) return read;
  parts.log.warn('The memory of pairing is gone; it is put back as the agent knows it');
  try {
    const version = await parts.ports.credentials.writePairing(state, found.version, signal);
    const pairing = { ...found, state, version };
    return { pairing, draft: { ...read.draft, pairing } };
  } catch (error: unknown) {
    // What is known counts all the same. Without a version it is read again in the next run.
    const failure = toTold(error, 'Putting the memory of pairing back', signal);
    const pairing = { ...found, state, version: undefined };
    return { pairing, draft: noteMaintenance({ ...read.draft, pairing }, failure, parts.log) };
  }
}
