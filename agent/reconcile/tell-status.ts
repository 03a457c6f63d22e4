import type { CompassConnection } from '../domain/connection.ts';
import type { Condition } from '../domain/connection-status.ts';
import { decideTransitionEvents } from '../status/decide-events.ts';
import type { Report } from '../status/report.ts';
import { summarize } from '../status/summarize.ts';
import type { Doers } from './doers.ts';
import { explainInsistence } from './insistence.ts';
import type { AgentMemory } from './memory.ts';
import type { RunFacts } from './run-facts.ts';

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
): Promise<{ readonly conditions: readonly Condition[]; readonly isNew: boolean }> {
  const resource =
    (await doers.resource.read(signal)) ??
    (await doers.resource.create({ managementInfo: { directorUrl: '', connectorUrl: '' } }, signal));
  const report = toReport(memory, facts, resource, nextSync, doers);
  const status = summarize(report, resource.status, doers.now());
  const conditions = status.conditions ?? [];
  const written = await doers.resource.writeStatus(status, signal);
  const events = [...memory.untoldEvents, ...decideTransitionEvents(memory.toldConditions, conditions)];
  for (const event of events) doers.events.record(event);
  return { conditions, isNew: written.metadata.resourceVersion !== resource.metadata.resourceVersion };
}

function toReport(
  memory: AgentMemory,
  { requests }: RunFacts,
  resource: CompassConnection,
  nextSync: (runtimeId: string) => Date | undefined,
  doers: Doers,
): Report {
  const { certificate } = memory.connection;
  const { runtimeId } = memory;
  return {
    ...memory.milestones,
    observedGeneration: resource.metadata.generation,
    runtimeId,
    isSuspended: requests.isSuspended,
    connectionError: memory.connectionError,
    maintenance: [...memory.maintenance, ...explainInsistence(memory.insistence)],
    limitations: doers.limitations(),
    certificate,
    renewAt: certificate && doers.toRenewAt(certificate, runtimeId ?? ''),
    sync: memory.sync.last,
    nextSync: requests.isSuspended ? undefined : nextSync(runtimeId ?? ''),
    handled: memory.handled,
    removedLately: memory.sync.prune.removals.reduce((sum, { count }) => sum + count, 0),
  };
}
