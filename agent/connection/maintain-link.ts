import type { Instant } from '../time/time.ts';
import { adopt, type ConnectionDraft, type Linked, noteMaintenance } from './connection-draft.ts';
import type { CaSecretMemory, UclLink } from './connection-facts.ts';
import { toTold } from './connection-failure.ts';
import type { ConnectionParts } from './connection-parts.ts';
import { decideRenewal, type RenewalReason } from './decide-renewal.ts';
import { issuersIn } from './inspect-credential.ts';
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

/** On its own and repeated: a missing `istio-system` must not cost the pairing. */
export async function keepCaSecret(
  { draft, link }: Linked,
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<Linked> {
  const { credentials } = parts.ports;
  let caSecret = draft.caSecret;
  try {
    if (caSecret.kind === 'unknown') {
      caSecret = (await credentials.hasCaCertificate(signal)) ? { kind: 'settled' } : toMissing(link);
    }
    if (caSecret.kind === 'to-store') {
      await credentials.storeCaCertificate(caSecret.caCertificatePem, signal);
      caSecret = { kind: 'settled' };
    }
    return { draft: { ...draft, caSecret }, link };
  } catch (error: unknown) {
    const failure = toTold(error, 'Writing the CA certificate Secret', signal);
    return { draft: noteMaintenance({ ...draft, caSecret }, failure, parts.log), link };
  }
}

function toMissing({ credential }: UclLink): CaSecretMemory {
  const caCertificatePem = issuersIn(credential);
  return caCertificatePem === undefined ? { kind: 'settled' } : { kind: 'to-store', caCertificatePem };
}
