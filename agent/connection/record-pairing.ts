import { isDeepStrictEqual } from 'node:util';
import { isAgentError } from '../errors/agent-error.ts';
import { type PairingEvent, step } from './pairing-state.ts';
import type { CredentialStore, StoredPairing } from './ports.ts';

export interface RecordedPairing {
  readonly stored: StoredPairing;
  /** False: somebody else wrote in between, and the event is not written. `stored` is what they wrote. */
  readonly isOurs: boolean;
}

const maxWrites = 3;

/**
 * Writes down what happened. Somebody else's write in between is never written over: where it left the state as it
 * was (a label on the Secret), the event is written again; otherwise the caller decides anew on what is there now. A
 * Secret that somebody deleted is made again: no agent deletes it, and whoever began anew would use a used token.
 * Throws what the port throws, but for `Conflict`.
 */
export async function recordPairing(
  stored: StoredPairing,
  event: PairingEvent,
  credentials: Pick<CredentialStore, 'readPairing' | 'writePairing'>,
  signal: AbortSignal,
): Promise<RecordedPairing> {
  let base = stored;
  for (let writes = 1; ; writes += 1) {
    const state = step(base.state, event);
    if (isDeepStrictEqual(state, base.state)) return { stored: base, isOurs: true };
    try {
      const version = await credentials.writePairing(state, base.version, signal);
      return { stored: { ...base, state, version }, isOurs: true };
    } catch (error: unknown) {
      if (!isAgentError(error, 'Conflict')) throw error;
    }
    const read = await credentials.readPairing(signal);
    const isDeleted = read.version === undefined && base.version !== undefined;
    const found = isDeleted ? { ...read, state: base.state } : read;
    // Our own write, whose answer was lost. A claim is the same whoever makes it, so it proves nothing.
    if (event.kind !== 'claimed' && isDeepStrictEqual(found.state, state)) return { stored: found, isOurs: true };
    if (writes === maxWrites || !isDeepStrictEqual(found.state, base.state)) return { stored: found, isOurs: false };
    base = found;
  }
}
