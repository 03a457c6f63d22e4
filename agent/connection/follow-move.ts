import type { Instant } from '../time/time.ts';
import { type ConnectionDraft, type Linked, noteMaintenance } from './connection-draft.ts';
import type { UclLink } from './connection-facts.ts';
import { toTold } from './connection-failure.ts';
import type { ConnectionParts } from './connection-parts.ts';
import { type DirectorAnswer, isFailing, toDirectorAnswer } from './director-answer.ts';
import { explainFailure } from './explain-failure.ts';
import { recordPairing } from './record-pairing.ts';
import { recordServing } from './record-serving.ts';

/** Each answer of Connector mints a token, so it is asked rarely. */
const askPauseMs = 60 * 60_000;

/**
 * Whether the known Connector may be asked where the Director is: an hour after the last time, a renewal included that it has
 * not refused. Pure.
 */
export function mayAskAddresses(
  { addressesAskedAt, renewals }: Pick<ConnectionDraft, 'addressesAskedAt' | 'renewals'>,
  now: Instant,
): boolean {
  const answered = renewals.filter(({ isRefused }) => isRefused !== true);
  const last = Math.max(addressesAskedAt ?? Number.NEGATIVE_INFINITY, ...answered.map(({ at }) => at));
  return now - last >= askPauseMs;
}

/**
 * Whether the Director may have moved. Where it refuses an identity that it has never accepted, that is the likelier cause.
 * Pure.
 */
export function isMoveLikely(answer: DirectorAnswer, isIdentityNew: boolean): boolean {
  return isFailing(answer) === true && !(isIdentityNew && answer.kind === 'refused');
}

export interface Found {
  readonly draft: ConnectionDraft;
  /** The link at the addresses that Connector names, proven there; undefined: it names no others, or they are no better. */
  readonly moved: UclLink | undefined;
}

/**
 * Asks the Connector that is known already for the addresses, after the Director refused or failed: it may have moved. The
 * failure itself is told elsewhere. Throws nothing but the reason of an abort.
 */
export async function findMoved(
  link: UclLink,
  draft: ConnectionDraft,
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<Found> {
  if (!mayAskAddresses(draft, parts.time.instant())) return { draft, moved: undefined };
  const asked = { ...draft, addressesAskedAt: parts.time.instant() };
  const connector = parts.ports.connectors.withCertificate(link.addresses.securedConnectorUrl, link.credential);
  try {
    const { token, directorUrl, securedConnectorUrl } = await connector.fetchConfiguration(signal);
    parts.registerSecret(token);
    const { addresses } = link;
    if (directorUrl === addresses.directorUrl && securedConnectorUrl === addresses.securedConnectorUrl) {
      return { draft: asked, moved: undefined };
    }
    const moved = { ...link, addresses: { directorUrl, securedConnectorUrl } };
    await parts.ports.directors.prove(moved, signal);
    return { draft: asked, moved };
  } catch (error: unknown) {
    const answer = toDirectorAnswer(explainFailure(toTold(error, 'Asking Connector for the addresses', signal)));
    parts.log.info('Connector names no address at which the Director accepts the certificate');
    // A Director that is gone says nothing more of the certificate, so that Connector's word counts.
    const refused = answer.kind === 'refused' ? { proof: { answer, at: parts.time.now() } } : {};
    return { draft: { ...asked, ...refused }, moved: undefined };
  } finally {
    connector.close();
  }
}

/** Goes on at the addresses that Connector names, once that is written down. */
export async function followMove(
  { draft, link }: Linked,
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<Linked> {
  if (draft.pairing === undefined || !draft.isPairingFresh) return { draft, link };
  const { draft: asked, moved } = await findMoved(link, draft, parts, signal);
  if (moved === undefined) return { draft: asked, link };
  const written = await recordServing(moved, draft.pairing, undefined, parts, signal);
  if ('kind' in written) return { draft: noteMaintenance(asked, written, parts.log), link };
  return { draft: { ...asked, pairing: written, events: [...asked.events, 'moved'] }, link: moved };
}

export interface Located {
  readonly draft: ConnectionDraft;
  /** The attempt can be gone on with there. */
  readonly isLocated: boolean;
}

/**
 * Looks for the Director where a certificate that was just signed could not prove itself: it may have moved since Connector
 * named its address. The attempt goes on at the new one, once that is written down.
 */
export async function locateForPairing(
  link: UclLink,
  draft: ConnectionDraft,
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<Located> {
  const { draft: asked, moved } = await findMoved(link, draft, parts, signal);
  const { certificate: stored } = draft;
  // What is said of a certificate that is not stored says nothing of another one that is.
  const isOtherStored = stored !== undefined && stored.fingerprint !== link.certificate.fingerprint;
  const noted = isOtherStored ? { ...asked, proof: draft.proof } : asked;
  if (moved === undefined || draft.pairing === undefined) return { draft: noted, isLocated: false };
  const event = { kind: 'located', addresses: moved.addresses } as const;
  try {
    const { stored, isOurs } = await recordPairing(draft.pairing, event, parts.ports.credentials, signal);
    return { draft: { ...noted, pairing: stored }, isLocated: isOurs };
  } catch (error: unknown) {
    const failure = toTold(error, 'Writing the memory of pairing', signal);
    return { draft: noteMaintenance({ ...noted, isPairingFresh: false }, failure, parts.log), isLocated: false };
  }
}
