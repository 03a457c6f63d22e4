import { hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { toSendableChain } from './assemble-chain.ts';
import { type ConnectionDraft, noteMaintenance } from './connection-draft.ts';
import type { PutBack, UclLink } from './connection-facts.ts';
import { toTold } from './connection-failure.ts';
import type { ConnectionParts } from './connection-parts.ts';
import type { StoredCredential } from './decide-connection.ts';
import { inspectCredential, isUsable } from './inspect-credential.ts';
import type { Freshness } from './ports.ts';
import type { ClientCredential } from './ucl-access.ts';

const putBackPauseMs = 60 * 60_000;

export interface ReadCredential {
  readonly draft: ConnectionDraft;
  readonly stored: StoredCredential | undefined;
  /** What served until somebody stored another pair that can be used; that has not proven itself yet. */
  readonly former: UclLink | undefined;
}

/** What served in the last run. */
export interface Served {
  readonly link: UclLink | undefined;
  readonly freshness: Freshness;
}

/**
 * Looks at the stored credential each time. One that somebody deleted or spoilt meanwhile is put back from memory, where
 * the pair is proven. Throws what a read throws.
 */
export async function readCredential(
  { link, freshness }: Served,
  draft: ConnectionDraft,
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<ReadCredential> {
  const { ports, time, registerSecret } = parts;
  const found = await ports.credentials.readClientPair(signal, freshness === 'live' ? undefined : link?.credential);
  if (found !== undefined) registerSecret(found.privateKeyPem);
  const stored = found && (toServing(found, link) ?? toStoredCredential(found));
  if (link === undefined) return { draft, stored, former: undefined };
  if (found === undefined) return putBack(link, draft, undefined, parts, signal);
  const now = time.now();
  if (!isUsable(link.certificate, now)) return { draft, stored, former: undefined };
  const isWhole = stored !== undefined && stored.credential.chainPem === found.chainPem;
  if (stored === undefined || !isUsable(stored.certificate, now)) {
    return putBackOnce(link, draft, found, parts, signal);
  }
  const isSame = stored.certificate.fingerprint === link.certificate.fingerprint;
  if (!isSame) return { draft, stored, former: link };
  return isWhole ? { draft, stored, former: undefined } : putBackOnce(link, draft, found, parts, signal);
}

/** Puts the pair that works back in place of one that does not. */
export function putBackOnce(
  link: UclLink,
  draft: ConnectionDraft,
  found: ClientCredential,
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<ReadCredential> {
  const digest = hash('sha256', JSON.stringify(found));
  return putBack(link, draft, { found: digest, at: parts.time.instant() }, parts, signal);
}

async function putBack(
  link: UclLink,
  draft: ConnectionDraft,
  because: PutBack | undefined,
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<ReadCredential> {
  const { credential, certificate } = link;
  const kept = { stored: { credential, certificate }, former: undefined };
  const last = draft.putBack;
  // Whoever writes the same again would write it for ever.
  if (because !== undefined && last?.found === because.found && because.at - last.at < putBackPauseMs) {
    return { ...kept, draft: noteMaintenance(draft, { kind: 'overwritten' }, parts.log) };
  }
  parts.log.warn(`The client certificate Secret is ${because ? 'spoilt' : 'gone'}; it is put back from memory`);
  try {
    await parts.ports.credentials.storeClientPair(credential, signal);
  } catch (error: unknown) {
    const failure = toTold(error, 'Restoring the client certificate', signal);
    return { ...kept, draft: noteMaintenance(draft, failure, parts.log) };
  }
  return { ...kept, draft: { ...draft, putBack: because ?? last, events: [...draft.events, 'restored'] } };
}

/** What serves, where the very same stands there: it is read with every run, and parsing it is dear. */
function toServing(found: ClientCredential, link: UclLink | undefined): StoredCredential | undefined {
  if (link === undefined || !isDeepStrictEqual(found, link.credential)) return undefined;
  return { credential: link.credential, certificate: link.certificate };
}

/** What is stored, as it can be sent; undefined where certificate or key cannot be read. */
export function toStoredCredential(found: ClientCredential): StoredCredential | undefined {
  const certificate = inspectCredential(found);
  if (certificate === undefined) return undefined;
  return { credential: { ...found, chainPem: toSendableChain(found.certificatePem, found.chainPem) }, certificate };
}
