import type { AgentError } from '../errors/agent-error.ts';
import { explain } from '../errors/explain.ts';
import type { SyncReport } from '../sync/sync-memory.ts';
import { listFailures } from './list-failures.ts';
import type { Report } from './report.ts';
import { toFailed, type Verdict } from './verdict.ts';

/** Whether the last read of UCL is in the cluster. Pure. */
export function judgeSynchronized(report: Report): Verdict {
  const { sync, isSuspended } = report;
  if (isSuspended) {
    return {
      status: 'Unknown',
      reason: 'Suspended',
      message: 'The agent is suspended: it does nothing until somebody resumes it.',
    };
  }
  if (sync === undefined) {
    return { status: 'Unknown', reason: 'NotYetSynchronized', message: 'No sync has run since the agent started.' };
  }
  const error = toSyncFailure(sync);
  if (error !== undefined) return toFailed(error, report);
  if (sync.gaps > 0) {
    const message = `${toUnread(sync.gaps)} could not be read completely; what is in the cluster stays as it is, and nothing is removed. ${listFailures(sync.failures)}`;
    return { status: 'False', reason: 'ReadIncomplete', message };
  }
  const { ready = 0, desired = 0 } = sync.counts ?? {};
  const remarks = toRemarks(sync);
  if (sync.failures.length > 0) {
    const most = `${ready} of ${desired} systems are in the cluster as UCL describes them. ${listFailures(sync.failures)}`;
    return { status: 'False', reason: 'ApplicationsFailed', message: [most, ...remarks].join(' ') };
  }
  const reason = sync.error?.during === 'labels' ? 'MetadataUpdateFailed' : 'Synchronized';
  return { status: 'True', reason, message: [toAllThere(desired), ...remarks].join(' ') };
}

function toUnread(gaps: number): string {
  return gaps === 1 ? '1 system' : `${gaps} systems`;
}

function toAllThere(desired: number): string {
  if (desired === 0) return 'UCL assigns no systems to this runtime.';
  return desired === 1
    ? 'The 1 system that UCL assigns is in the cluster.'
    : `All ${desired} systems that UCL assigns are in the cluster.`;
}

function toRemarks({ error, terminating, remarks }: SyncReport): string[] {
  return [
    ...(error === undefined ? [] : [explain(error.error)]),
    ...terminating.map(
      ({ name, finalizers }) =>
        `Application ${name} is being deleted and waits for ${finalizers.join(', ') || 'its end'}.`,
    ),
    ...remarks,
  ];
}

/** Why the systems are not in the cluster; the labels of the runtime in UCL are no part of that. */
export function toSyncFailure({ error }: SyncReport): AgentError | undefined {
  return error?.during === 'labels' ? undefined : error?.error;
}
