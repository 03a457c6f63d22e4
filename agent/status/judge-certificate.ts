import { explain, toWholeSeconds } from '../errors/explain.ts';
import type { Report } from './report.ts';
import type { Verdict } from './verdict.ts';

/** Whether the stored client certificate serves, by its dates and its key. Pure. */
export function judgeCertificate(report: Report, now: Date): Verdict {
  const { certificate, renewAt, renewalError } = report;
  if (certificate === undefined) {
    return { status: 'False', reason: 'CertificateMissing', message: 'There is no client certificate yet.' };
  }
  if (!certificate.keyMatches) {
    return { status: 'False', reason: 'KeyMismatch', message: 'The stored key does not belong to the certificate.' };
  }
  if (certificate.notAfter <= now) return toExpired(certificate.notAfter, report);
  const valid = `The client certificate is valid until ${toWholeSeconds(certificate.notAfter)}`;
  if (renewalError !== undefined) {
    const message = `${valid}, but could not be renewed so far. ${explain(renewalError)} ${toConsequence(certificate.notAfter, report, now)}`;
    return { status: 'True', reason: 'RenewalFailing', message };
  }
  const renewal = renewAt === undefined ? '' : `; it will be renewed at ${toWholeSeconds(renewAt)}`;
  return { status: 'True', reason: 'Valid', message: `${valid}${renewal}.` };
}

function toExpired(notAfter: Date, { connectionError }: Report): Verdict {
  const expired = `The client certificate expired at ${toWholeSeconds(notAfter)}`;
  const next =
    'put a new token into the configuration Secret; the agent notices it at once. The Applications stay as they are.';
  const message =
    connectionError === undefined
      ? `${expired} by the clock of the cluster, but UCL has not refused it so far. Check that clock. If it is right, ${next}`
      : `${expired}. To pair again, ${next}`;
  return { status: 'False', reason: 'CertificateExpired', message };
}

/** What comes of it if nothing changes. */
function toConsequence(notAfter: Date, { renewalOverdueAt }: Report, now: Date): string {
  const end = `At ${toWholeSeconds(notAfter)} the connection ends, and a new token is needed.`;
  return renewalOverdueAt === undefined || renewalOverdueAt <= now
    ? end
    : `If it is not renewed, Ready turns False at ${toWholeSeconds(renewalOverdueAt)}. ${end}`;
}
