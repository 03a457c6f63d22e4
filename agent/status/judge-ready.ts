import { isReached } from '../domain/is-reached.ts';
import type { Reason } from '../errors/agent-error.ts';
import { toWholeSeconds } from '../errors/explain.ts';
import type { Report } from './report.ts';
import type { Verdict } from './verdict.ts';

export interface Judged {
  readonly connected: Verdict;
  readonly certificate: Verdict;
  readonly synchronized: Verdict;
  readonly held: Verdict | undefined;
}

/** What passes by itself in most cases: it makes Ready False only once the last success is too old. */
const passing: ReadonlySet<Reason> = new Set([
  'CompassUnreachable',
  'RateLimited',
  'InvalidAnswer',
  'ClusterUnreachable',
]);

/**
 * Whether people can rely on the connection: it stands, the certificate serves and will be renewed in time, most systems are
 * in the cluster, and that was so lately. What only may become worse is the reason of a Ready that is True. Pure.
 */
export function judgeReady(report: Report, judged: Judged, now: Date): Verdict {
  return findObstacle(report, judged, now) ?? findConcern(report, judged) ?? judged.synchronized;
}

/** Why Ready is False; the first that holds. */
function findObstacle(
  report: Report,
  { connected, certificate, synchronized }: Judged,
  now: Date,
): Verdict | undefined {
  const { connectionError, isSuspended, lastSuccess, overdueAt, renewalOverdueAt } = report;
  if (certificate.reason === 'CertificateExpired') return certificate;
  if (connectionError !== undefined && !(passing.has(connectionError.reason) && lastSuccess !== undefined)) {
    return { ...connected, status: 'False' };
  }
  if (certificate.status !== 'True') return certificate;
  if (isReached(renewalOverdueAt, now)) return toRenewalOverdue(report, certificate);
  if (isSuspended) return undefined;
  if (lastSuccess === undefined) return { ...synchronized, status: 'False' };
  if (isReached(overdueAt, now)) return toSyncOverdue(lastSuccess, synchronized, connected);
  return isMostlyFailed(report) ? { ...synchronized, status: 'False' } : undefined;
}

/** Why somebody should look although Ready is True; the first that holds. */
function findConcern(report: Report, { connected, certificate, synchronized, held }: Judged): Verdict | undefined {
  if (report.isSuspended) return { ...synchronized, status: 'True' };
  const failing = connected.status === 'True' ? synchronized : connected;
  if (failing.status !== 'True' && failing.reason !== 'ApplicationsFailed') return toStillReady(failing, report);
  if (held !== undefined) return held;
  if (certificate.reason === 'RenewalFailing') return certificate;
  return { ...synchronized, status: 'True' };
}

function toStillReady(failing: Verdict, { overdueAt }: Report): Verdict {
  const until =
    overdueAt === undefined ? '' : ` If no sync succeeds, Ready turns False at ${toWholeSeconds(overdueAt)}.`;
  return { ...failing, status: 'True', message: `${failing.message}${until}` };
}

function toSyncOverdue(lastSuccess: Date, synchronized: Verdict, connected: Verdict): Verdict {
  const since = `The last successful sync was at ${toWholeSeconds(lastSuccess)}.`;
  const cause = [connected, synchronized].find(({ status }) => status === 'False');
  if (cause === undefined) {
    const message = `${since} None has ended since. The log says what the agent does: kubectl logs -n kyma-system -l app=compass-runtime-agent --tail=50.`;
    return { status: 'False', reason: 'SyncOverdue', message };
  }
  return { ...cause, status: 'False', message: `${since} ${cause.message}` };
}

function toRenewalOverdue({ renewAt }: Report, certificate: Verdict): Verdict {
  const due =
    renewAt === undefined ? '' : `The client certificate should have been renewed at ${toWholeSeconds(renewAt)}. `;
  return { status: 'False', reason: 'RenewalOverdue', message: `${due}${certificate.message}` };
}

function isMostlyFailed({ sync, maxFailedShare }: Report): boolean {
  const { desired = 0, failed = 0 } = sync?.counts ?? {};
  return desired > 0 && failed / desired > maxFailedShare;
}
