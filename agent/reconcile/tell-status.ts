import type { CompassConnection } from '../domain/connection.ts';
import type { ConnectionStatus } from '../domain/connection-status.ts';
import { toStoredMemory } from '../domain/stored-memory.ts';
import { toDate } from '../domain/to-date.ts';
import { decideTransitionEvents } from '../status/decide-events.ts';
import type { Report } from '../status/report.ts';
import { readHandled } from '../status/requests.ts';
import { toEchoes } from '../status/summarize.ts';
import { toNextChange, toStatus } from '../status/to-status.ts';
import { createConnection } from './create-connection.ts';
import type { Doers } from './doers.ts';
import { explainInsistence } from './insistence.ts';
import type { AgentMemory } from './memory.ts';
import type { RunFacts, ToldStatus } from './run-facts.ts';

/**
 * Writes the status, the one place that does, and tells by Events what is different from the last one. Gives the
 * conditions that were written, and whether anything was new. Throws AgentError when it cannot be written.
 * @param memory What the agent knows now, this run's facts included.
 */
export async function tellStatus(
  memory: AgentMemory,
  facts: RunFacts,
  nextSync: (runtimeId: string) => Date | undefined,
  doers: Doers,
  signal: AbortSignal,
): Promise<ToldStatus> {
  const resource =
    (await doers.resource.read(signal)) ??
    (await createConnection(memory, { managementInfo: { directorUrl: '', connectorUrl: '' } }, doers, signal));
  const now = doers.now();
  const report = toReport(memory, facts, { resource, now, nextSync }, doers);
  const refreshMs = doers.standards.toRefreshMs(memory.runtimeId ?? '', now);
  const status = toStatus(report, withEchoes(resource), now, refreshMs);
  const conditions = status.conditions ?? [];
  const written = await doers.resource.writeStatus(status, signal);
  const events = [...memory.untoldEvents, ...decideTransitionEvents(memory.toldConditions, conditions)];
  for (const event of events) doers.events.record(event);
  return {
    conditions,
    isNew: written.metadata.resourceVersion !== resource.metadata.resourceVersion,
    changesAt: toNextChange(report, status, now),
  };
}

/** The stored status, with the echoes that stand in annotations where the CRD does not keep them. */
function withEchoes(resource: CompassConnection): ConnectionStatus | undefined {
  return resource.status && { ...toEchoes(readHandled(toStoredMemory(resource))), ...resource.status };
}

interface Moment {
  readonly resource: CompassConnection;
  readonly now: Date;
  readonly nextSync: (runtimeId: string) => Date | undefined;
}

function toReport(
  memory: AgentMemory,
  { requests, workingSince }: RunFacts,
  { resource, now, nextSync }: Moment,
  { standards, limitations, toRenewAt }: Doers,
): Report {
  const { runtimeId = '', milestones, sync } = memory;
  const { certificate } = memory.connection;
  const earlier = ofSameRuntime(resource.status, memory.runtimeId);
  const lastSuccess = sync.last?.appliedAt ?? toDate(earlier?.synchronizationStatus?.lastSuccessfulApplication);
  const renewAt = certificate && toRenewAt(certificate, runtimeId);
  return {
    ...milestones,
    observedGeneration: resource.metadata.generation,
    runtimeId: memory.runtimeId,
    isSuspended: requests.isSuspended,
    connectionError: memory.connectionError,
    // What this run came to stands in both.
    maintenance: [
      ...new Set([...memory.maintenance, ...memory.untoldAnswers]),
      ...explainInsistence(memory.insistence),
    ],
    renewalError: toRenewalError(memory),
    renewalOverdueAt: certificate && renewAt && toThird(renewAt, certificate.notAfter),
    limitations: limitations(),
    certificate,
    renewAt,
    lastAnswer: milestones.lastSuccessfulCall ?? toDate(earlier?.connectionStatus.lastSuccess),
    sync: sync.last,
    lastSuccess,
    overdueAt: lastSuccess && standards.toOverdueAt(runtimeId, lastSuccess),
    nextSync: requests.isSuspended ? undefined : nextSync(runtimeId),
    staleAfter: standards.toStaleAfter(runtimeId, now),
    workingSince,
    maxFailedShare: standards.maxFailedShare,
    handled: memory.handled,
    removedLately: sync.prune.removals.reduce((sum, { count, isAssumed }) => sum + (isAssumed === true ? 0 : count), 0),
    isRemovedUnknown: sync.prune.removals.some(({ isAssumed }) => isAssumed === true),
  };
}

/** What an earlier life wrote, unless it was connected as another runtime. */
function ofSameRuntime(
  status: ConnectionStatus | undefined,
  runtimeId: string | undefined,
): ConnectionStatus | undefined {
  const isOther = runtimeId !== undefined && status?.runtimeId !== undefined && status.runtimeId !== runtimeId;
  return isOther ? undefined : status;
}

/** Of the certificate that is there now. */
function toRenewalError({ connection: { certificate, failedRenewal } }: AgentMemory): Report['renewalError'] {
  return failedRenewal?.fingerprint === certificate?.fingerprint ? failedRenewal?.error : undefined;
}

/** A third of the way from one moment to another. */
function toThird(from: Date, to: Date): Date {
  return new Date(from.getTime() + (to.getTime() - from.getTime()) / 3);
}
