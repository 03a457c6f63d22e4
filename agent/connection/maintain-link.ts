import { AgentError, isAgentError } from '../errors/agent-error.ts';
import type { Instant } from '../time/time.ts';
import { issuersIn } from './assemble-chain.ts';
import { claimRenewal } from './claim-renewal.ts';
import {
  adopt,
  type ConnectionDraft,
  type Linked,
  logFailure,
  noteMaintenance,
  toNamedRequest,
} from './connection-draft.ts';
import type { UclLink } from './connection-facts.ts';
import { type ConnectionFailure, toTold } from './connection-failure.ts';
import type { ConnectionParts } from './connection-parts.ts';
import { decideRenewal, type RenewalReason } from './decide-renewal.ts';
import { explainFailure } from './explain-failure.ts';
import { isMadeFor } from './pairing-state.ts';
import type { Freshness } from './ports.ts';
import { renewCertificate } from './renew-certificate.ts';
import { recentRenewals, type TriedRenewal, toForgetAt } from './tried-renewal.ts';

const renewalRetryMs = 5 * 60_000;
/** With that of a pairing, four certificates an hour. */
const maxRenewals = 3;

type Known = Pick<ConnectionDraft, 'failedRenewal' | 'renewals' | 'renewalRequest' | 'pairing'>;

/** Why the certificate is to be renewed now, or undefined. Pure but for the clocks. */
export function findRenewal(
  link: UclLink,
  draft: Known,
  parts: Pick<ConnectionParts, 'time' | 'settings'>,
): RenewalReason | undefined {
  const { failedRenewal, renewals } = draft;
  const isForced = isRenewalForced(link, draft);
  const now = parts.time.instant();
  if (!isForced && failedRenewal !== undefined && now < failedRenewal.notBefore) return undefined;
  return isHourUsedUp(renewals, now) ? undefined : findDue(link, isForced, parts);
}

/** A request is open until it is answered; the certificate that was made for it may be there. Pure. */
function isRenewalForced(link: UclLink, { renewalRequest, pairing }: Known): boolean {
  return renewalRequest !== undefined && !isCarriedOut(link, { renewalRequest, pairing });
}

/** Whoever made the certificate has died before the request was answered. Pure. */
function isCarriedOut({ certificate }: UclLink, draft: Pick<Known, 'renewalRequest' | 'pairing'>): boolean {
  const token = toNamedRequest(draft);
  return (
    token !== undefined && draft.pairing !== undefined && isMadeFor(draft.pairing.state, certificate.fingerprint, token)
  );
}

function isHourUsedUp(renewals: readonly TriedRenewal[], now: Instant): boolean {
  return recentRenewals(renewals, now).length >= maxRenewals;
}

/** Why the certificate is to be renewed, however often that was tried. Pure but for the clocks. */
function findDue(
  { certificate, identity }: UclLink,
  isForced: boolean,
  { time, settings }: Pick<ConnectionParts, 'time' | 'settings'>,
): RenewalReason | undefined {
  const due = decideRenewal({
    certificate,
    isForced,
    now: time.now(),
    threshold: settings.certValidityRenewalThreshold,
    runtimeId: identity.runtimeId,
  });
  return due?.canRenew === true ? due : undefined;
}

/** Renews where that is due. The link outlives a renewal that fails, and the next try waits, whatever the failure was. */
export async function renewIfDue(
  { draft, link }: Linked,
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<Linked> {
  if (isCarriedOut(link, draft)) parts.log.info('The present certificate was made for the request that is still open');
  const due = findRenewal(link, draft, parts);
  if (due === undefined) return { draft: noteUnmet(forgetOther(draft, link), link, parts), link };
  if (draft.pairing === undefined || !draft.isPairingFresh) return { draft: forgetOther(draft, link), link };
  parts.log.info('Renewing the client certificate', { reason: due.reason });
  const { time } = parts;
  const begun = { writtenAt: time.now(), at: time.instant() };
  const renewals = [...recentRenewals(draft.renewals, begun.at), begun];
  const claimed = await claimRenewal(draft.pairing, renewals, parts, signal);
  const tried = { ...draft, isRenewalTried: true };
  if ('kind' in claimed) return noteFailed({ draft: tried, link }, claimed, parts);
  const outcome = await renewCertificate(link, claimed, toNamedRequest(draft), parts, signal);
  const asked = { ...tried, pairing: outcome.stored, renewals };
  if (outcome.made !== undefined) return adopt(asked, outcome.made, 'renewed');
  const isRefused = isAgentError(explainFailure(outcome.failure), 'CompassRefused');
  const last = { ...begun, ...(isRefused && { isRefused }) };
  const noted = { ...asked, renewals: [...renewals.slice(0, -1), last] };
  return noteFailed({ draft: noted, link }, outcome.failure, parts);
}

/** A renewal that is due is told until it goes well, one that a person asked for once. */
function noteFailed({ draft, link }: Linked, failure: ConnectionFailure, parts: ConnectionParts): Linked {
  const notBefore = toNextRenewal(draft.renewals, parts.time.instant());
  const { fingerprint } = link.certificate;
  if (findDue(link, false, parts) === undefined) {
    const noted = noteMaintenance(draft, failure, parts.log);
    return { draft: { ...noted, failedRenewal: { error: undefined, notBefore, fingerprint } }, link };
  }
  const error = toLasting(failure, draft.failedRenewal?.error, notBefore, parts);
  logFailure(error, parts.log);
  return { draft: { ...draft, failedRenewal: { error, notBefore, fingerprint } }, link };
}

/** A request counts as dealt with, so that whoever made it is told where nothing but the bound stands against it. */
function noteUnmet(draft: ConnectionDraft, link: UclLink, parts: ConnectionParts): ConnectionDraft {
  const { time, log } = parts;
  const isForced = isRenewalForced(link, draft);
  const isUnmet =
    isForced && isHourUsedUp(draft.renewals, time.instant()) && findDue(link, isForced, parts) !== undefined;
  if (!isUnmet) return draft;
  const possibleAt = toWallTime(toPossibleAt(draft.renewals, time.instant()), time);
  return noteMaintenance(draft, { kind: 'renewed-too-often', possibleAt }, log);
}

/** A renewal that failed is told until one goes well; of another certificate it says nothing. */
function forgetOther(draft: ConnectionDraft, { certificate }: UclLink): ConnectionDraft {
  // The answer to a write may have been lost, and the new certificate is there.
  return draft.failedRenewal?.fingerprint === certificate.fingerprint ? draft : { ...draft, failedRenewal: undefined };
}

/** The failure with when the first of its kind was, and when the next try is. */
function toLasting(
  failure: ConnectionFailure,
  before: AgentError | undefined,
  notBefore: Instant,
  { time }: Pick<ConnectionParts, 'time'>,
): AgentError {
  const { reason, message, next, remedy } = explainFailure(failure);
  return new AgentError(reason, `Renewing it failed: ${message}`, {
    next,
    ...(remedy === undefined ? {} : { remedy }),
    since: before?.since ?? time.now(),
    nextTryAt: toWallTime(notBefore, time),
  });
}

function toNextRenewal(renewals: readonly TriedRenewal[], now: Instant): Instant {
  return Math.max(now + renewalRetryMs, toPossibleAt(renewals, now));
}

/** From when on the bound allows one more. */
function toPossibleAt(renewals: readonly TriedRenewal[], now: Instant): Instant {
  const oldest = renewals.at(-maxRenewals);
  return oldest === undefined ? now : toForgetAt(oldest.at);
}

function toWallTime(at: Instant, time: Pick<ConnectionParts['time'], 'now' | 'instant'>): Date {
  return new Date(time.now().getTime() + at - time.instant());
}

/**
 * On its own and repeated: a missing `istio-system` must not cost the pairing, and one that somebody deleted comes back.
 */
export async function keepCaSecret(
  linked: Linked,
  freshness: Freshness,
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<Linked> {
  const { link } = linked;
  const { caSecret } = linked.draft;
  const isRejected = caSecret.kind !== 'unknown' && caSecret.isRejected;
  const draft = isRejected ? noteMaintenance(linked.draft, { kind: 'ca-rejected' }, parts.log) : linked.draft;
  const settled = (caCertificatePem: string | undefined): Linked => ({
    draft: { ...draft, caSecret: { kind: 'settled', caCertificatePem, isRejected } },
    link,
  });
  try {
    const { credentials } = parts.ports;
    const last = caSecret.kind === 'unknown' ? undefined : caSecret.caCertificatePem;
    if (caSecret.kind !== 'to-store' && (await credentials.hasCaCertificate(freshness, signal))) return settled(last);
    const wanted = last ?? issuersIn(link.credential);
    if (wanted === undefined) return { draft: noteMaintenance(draft, { kind: 'ca-missing' }, parts.log), link };
    if (caSecret.kind === 'settled') parts.log.warn('The CA Secret is gone; the agent writes it again');
    await credentials.storeCaCertificate(wanted, signal);
    return settled(wanted);
  } catch (error: unknown) {
    const failure = toTold(error, 'Writing the CA certificate Secret', signal);
    return { draft: noteMaintenance(draft, failure, parts.log), link };
  }
}
