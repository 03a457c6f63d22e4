import type { WatchPhase } from '../kube/watch/watch-standing.ts';
import type { Signal } from '../pace/triggers.ts';
import type { AgentMemory } from '../reconcile/memory.ts';
import type { KnownState } from './known-state.ts';
import type { GaugeName } from './metric-table.ts';

/** One value of a gauge. */
export interface Sample {
  readonly name: GaugeName;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const phases: Readonly<Record<WatchPhase, true>> = {
  starting: true,
  synced: true,
  forbidden: true,
  missing: true,
  failing: true,
};

const triggers: Readonly<Record<Signal, true>> = {
  start: true,
  tick: true,
  'probe-tick': true,
  clock: true,
  configuration: true,
  connection: true,
  drift: true,
};

/**
 * Every gauge for what the agent knows; what is not known has no sample, so that nobody takes 0 for a moment. One that
 * stands by tells nothing that only the leader knows: an alert would take it for an agent in trouble. Pure.
 */
export function toSamples(known: KnownState, version: string): Sample[] {
  const { isLeading, isRunning, pending, watches } = known;
  return [
    sample('ucl_agent_build_info', 1, { version }),
    sample('ucl_agent_leader', toNumber(isLeading)),
    sample('ucl_agent_run_in_progress', toNumber(isRunning)),
    ...Object.keys(triggers).map((trigger) =>
      sample('ucl_agent_pending_triggers', toNumber([...pending].some((signal) => signal === trigger)), { trigger }),
    ),
    ...(isLeading ? toLeaderSamples(known) : []),
    ...Object.entries(watches).flatMap(([watch, present]) =>
      Object.keys(phases).map((phase) =>
        sample('ucl_agent_watch_phase', toNumber(phase === present), { watch, phase }),
      ),
    ),
  ];
}

function toLeaderSamples({ memory, renewAt, staleAt }: KnownState): Sample[] {
  return [
    ...toConditionSamples(memory),
    sample('ucl_agent_suspended', toNumber(memory.isResting)),
    ...toSyncSamples(memory),
    ...moment('ucl_agent_sync_stale_timestamp_seconds', staleAt),
    ...toHoldSamples(memory),
    ...moment('ucl_agent_certificate_expiry_timestamp_seconds', memory.connection.certificate?.notAfter),
    ...moment('ucl_agent_certificate_renewal_timestamp_seconds', renewAt),
  ];
}

function toConditionSamples({ toldConditions = [] }: AgentMemory): Sample[] {
  const isReady = toldConditions.some(({ type, status }) => type === 'Ready' && status === 'True');
  return [
    sample('ucl_agent_ready', toNumber(isReady)),
    ...toldConditions.map(({ type, status, reason }) => sample('ucl_agent_condition', 1, { type, status, reason })),
  ];
}

function toSyncSamples({ sync: { last } }: AgentMemory): Sample[] {
  if (last === undefined) return [];
  const { counts, failures } = last;
  const byReason = Map.groupBy(failures, ({ reason }) => reason);
  return [
    ...moment('ucl_agent_last_sync_attempt_timestamp_seconds', last.attemptedAt),
    ...moment('ucl_agent_last_read_success_timestamp_seconds', last.fetchedAt),
    ...moment('ucl_agent_last_sync_success_timestamp_seconds', last.appliedAt),
    ...(counts === undefined
      ? []
      : [
          sample('ucl_agent_systems', counts.ready, { state: 'ready' }),
          sample('ucl_agent_systems', counts.failed, { state: 'failed' }),
        ]),
    ...[...byReason].map(([reason, failed]) => sample('ucl_agent_system_failures', failed.length, { reason })),
  ];
}

function toHoldSamples({ sync: { last } }: AgentMemory): Sample[] {
  const held = last?.held ?? [];
  const applications = held.reduce((sum, { applicationNames }) => sum + applicationNames.length, 0);
  return [
    sample('ucl_agent_held_removals', held.length),
    sample('ucl_agent_held_applications', applications),
    ...moment('ucl_agent_held_since_timestamp_seconds', toEarliest(held.map(({ since }) => since))),
    ...moment('ucl_agent_held_until_timestamp_seconds', toEarliest(held.flatMap(({ actsAt }) => actsAt ?? []))),
  ];
}

function toEarliest(dates: readonly Date[]): Date | undefined {
  return dates.toSorted((left, right) => left.getTime() - right.getTime())[0];
}

function moment(name: GaugeName, date: Date | undefined): Sample[] {
  return date === undefined ? [] : [sample(name, date.getTime() / 1000)];
}

function sample(name: GaugeName, value: number, labels: Sample['labels'] = {}): Sample {
  return { name, labels, value };
}

function toNumber(flag: boolean): number {
  return flag ? 1 : 0;
}
