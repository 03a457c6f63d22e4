import type { UclLink } from './connection-facts.ts';
import { type ConnectionFailure, toTold } from './connection-failure.ts';
import type { ConnectionParts } from './connection-parts.ts';
import type { StoredPairing } from './ports.ts';
import { recordPairing } from './record-pairing.ts';

/**
 * Writes down whom the stored certificate stands for, and where it may be sent.
 * @param request The request that it answers, where it was made for one.
 */
export async function recordServing(
  { identity, addresses, certificate, credential }: UclLink,
  pairing: StoredPairing,
  request: string | undefined,
  { ports }: Pick<ConnectionParts, 'ports'>,
  signal: AbortSignal,
): Promise<StoredPairing | ConnectionFailure> {
  const { fingerprint } = certificate;
  const { certificatePem } = credential;
  const event = { kind: 'serves', identity, addresses, fingerprints: [fingerprint], certificatePem, request } as const;
  try {
    const { stored, isOurs } = await recordPairing(pairing, event, ports.credentials, signal);
    return isOurs ? stored : { kind: 'contended' };
  } catch (error: unknown) {
    return toTold(error, 'Writing the memory of pairing', signal);
  }
}
