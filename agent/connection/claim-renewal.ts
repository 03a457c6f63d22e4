import { isAgentError } from '../errors/agent-error.ts';
import { type ConnectionFailure, toTold } from './connection-failure.ts';
import type { ConnectionParts } from './connection-parts.ts';
import type { StoredPairing } from './ports.ts';
import { retell } from './retell.ts';
import type { TriedRenewal } from './tried-renewal.ts';

/**
 * Writes down that a renewal is tried, before UCL is asked for anything: what another life, or another agent, must know
 * of it cannot be written afterwards by whoever has died. A conflict means that somebody else acts, so it is not tried
 * again on what is there now.
 * @param renewals Those of the last hour, this one included.
 */
export async function claimRenewal(
  stored: StoredPairing,
  renewals: readonly TriedRenewal[],
  { ports }: Pick<ConnectionParts, 'ports'>,
  signal: AbortSignal,
): Promise<StoredPairing | ConnectionFailure> {
  const written = renewals.map(({ writtenAt }) => writtenAt);
  try {
    const version = await ports.credentials.writeRenewals(written, stored.version, signal);
    return { ...stored, renewals: written, version };
  } catch (error: unknown) {
    if (isAgentError(error, 'Conflict')) return { kind: 'contended' };
    return toUnclaimed(toTold(error, 'Writing the memory of pairing', signal));
  }
}

/** UCL was not asked, and whoever reads of it looks at the cluster. */
function toUnclaimed(failure: ConnectionFailure): ConnectionFailure {
  if (failure.kind !== 'told') return failure;
  const { error } = failure;
  const message = `It could not be written down first, so UCL was not asked: ${error.message}`;
  return { kind: 'told', error: retell(error, { message, remedy: error.remedy }) };
}
