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
    const message = `${valid}, and cannot be renewed at present. ${explain(renewalError)} ${toConsequence(certificate.notAfter, report, now)}`;
    return { status: 'True', reason: 'RenewalFailing', message };
  }
  const renewal = renewAt === undefined ? '' : `; it is renewed from ${toWholeSeconds(renewAt)} on`;
  return { status: 'True', reason: 'Valid', message: `${valid}${renewal}.` };
}

function toExpired(notAfter: Date, { connectionError }: Report): Verdict {
  const expired = `The client certificate expired at ${toWholeSeconds(notAfter)}`;
  const next = 'A new token in the configuration Secret pairs again; the Applications stay as they are meanwhile.';
  const message =
    connectionError === undefined
      ? `${expired}, by the clock of the cluster, and the agent goes on with it until UCL refuses it. Check that clock. ${next}`
      : `${expired}. ${next}`;
  return { status: 'False', reason: 'CertificateExpired', message };
}

/** What comes of it if nothing changes. */
function toConsequence(notAfter: Date, { renewalOverdueAt }: Report, now: Date): string {
  const end = `At ${toWholeSeconds(notAfter)} the connection ends, and only a new token pairs again.`;
  return renewalOverdueAt === undefined || renewalOverdueAt <= now
    ? end
    : `Without a renewal Ready turns False at ${toWholeSeconds(renewalOverdueAt)}. ${end}`;
}
