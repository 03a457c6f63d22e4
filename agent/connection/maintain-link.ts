import type { Instant } from '../time/time.ts';
import { issuersIn } from './assemble-chain.ts';
import { adopt, type ConnectionDraft, type Linked, noteMaintenance } from './connection-draft.ts';
import type { UclLink } from './connection-facts.ts';
import { toTold } from './connection-failure.ts';
import type { ConnectionParts } from './connection-parts.ts';
import { decideRenewal, type RenewalReason } from './decide-renewal.ts';
import { renewCertificate } from './renew-certificate.ts';

const renewalRetryMs = 5 * 60_000;
const renewalWindowMs = 60 * 60_000;
/** With that of a pairing, four certificates an hour. */
const maxRenewals = 3;

/** Why the certificate is to be renewed now, or undefined. Pure but for the clocks. */
export function findRenewal(
  { certificate, identity }: UclLink,
  { renewNotBefore, renewals }: Pick<ConnectionDraft, 'renewNotBefore' | 'renewals'>,
  isForced: boolean,
  { time, settings }: Pick<ConnectionParts, 'time' | 'settings'>,
): RenewalReason | undefined {
  if (!isForced && renewNotBefore !== undefined && time.instant() < renewNotBefore) return undefined;
  if (recentRenewals(renewals, time.instant()).length >= maxRenewals) return undefined;
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
  isForced: boolean,
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<Linked> {
  const due = findRenewal(link, draft, isForced, parts);
  if (due === undefined || draft.pairing === undefined || !draft.isPairingFresh) return { draft, link };
  parts.log.info('Renewing the client certificate', { reason: due.reason });
  const renewNotBefore = parts.time.instant() + renewalRetryMs;
  const renewals = [...recentRenewals(draft.renewals, parts.time.instant()), parts.time.instant()];
  const outcome = await renewCertificate(link, draft.pairing, parts, signal);
  const tried = { ...draft, pairing: outcome.stored, renewals };
  if (outcome.made !== undefined) return adopt({ ...tried, renewNotBefore: undefined }, outcome.made, 'renewed');
  return { draft: noteMaintenance({ ...tried, renewNotBefore }, outcome.failure, parts.log), link };
}

function recentRenewals(renewals: readonly Instant[], now: Instant): Instant[] {
  return renewals.filter((instant) => now - instant < renewalWindowMs);
}

/**
 * On its own and repeated: a missing `istio-system` must not cost the pairing, and one that somebody deleted comes back.
 */
export async function keepCaSecret(linked: Linked, parts: ConnectionParts, signal: AbortSignal): Promise<Linked> {
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
    if (caSecret.kind !== 'to-store' && (await credentials.hasCaCertificate(signal))) return settled(last);
    const wanted = last ?? issuersIn(link.credential);
    if (wanted === undefined) return { draft: noteMaintenance(draft, { kind: 'ca-missing' }, parts.log), link };
    if (caSecret.kind === 'settled') parts.log.warn('The CA Secret is gone; it is put back');
    await credentials.storeCaCertificate(wanted, signal);
    return settled(wanted);
  } catch (error: unknown) {
    const failure = toTold(error, 'Writing the CA certificate Secret', signal);
    return { draft: noteMaintenance(draft, failure, parts.log), link };
  }
}
