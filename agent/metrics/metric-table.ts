/**
 * Every metric of the agent's own, once: the registry, the table in docs/operating.md and the checks of alerts and panels
 * follow from it. Names and units by https://prometheus.io/docs/practices/naming/: seconds, and moments as seconds since
 * 1970. No label names a system, a runtime or an object: what may stand in one is a short list each time.
 */
export const gauges = {
  ucl_agent_build_info: { labels: ['version'], help: 'Always 1, with the version of the agent.' },
  ucl_agent_leader: { labels: [], help: '1 while this pod works, 0 while it stands by.' },
  ucl_agent_ready: {
    labels: [],
    help: '1 while the condition Ready is True, as last written; 0 before it was written.',
  },
  ucl_agent_condition: {
    labels: ['type', 'status', 'reason'],
    help: '1 for each condition of the CompassConnection as last written, with its status and reason.',
  },
  ucl_agent_suspended: { labels: [], help: '1 while somebody has suspended the agent.' },
  ucl_agent_run_in_progress: { labels: [], help: '1 while the agent reconciles, 0 while it waits.' },
  ucl_agent_pending_triggers: {
    labels: ['trigger'],
    help: '1 for each kind of trigger that waits for the next run.',
  },
  ucl_agent_last_sync_attempt_timestamp_seconds: { labels: [], help: 'When the last sync began.' },
  ucl_agent_last_read_success_timestamp_seconds: {
    labels: [],
    help: 'When UCL was last read to the end. Absent until this process has done so.',
  },
  ucl_agent_last_sync_success_timestamp_seconds: {
    labels: [],
    help: 'When what UCL says was last applied to the cluster, single systems that fail aside. Absent until this process has done so.',
  },
  ucl_agent_sync_stale_timestamp_seconds: {
    labels: [],
    help: 'From when on the last success is too old: three turns of the schedule and a minute after it. Absent while suspended.',
  },
  ucl_agent_systems: {
    labels: ['state'],
    help: 'Systems that UCL assigns to this runtime, by whether they are in the cluster: ready or failed.',
  },
  ucl_agent_system_failures: { labels: ['reason'], help: 'Failures of single systems after the last sync, by reason.' },
  ucl_agent_held_removals: { labels: [], help: 'Removals that wait until they are certain or approved.' },
  ucl_agent_held_applications: { labels: [], help: 'Applications that are part of held removals.' },
  ucl_agent_held_since_timestamp_seconds: {
    labels: [],
    help: 'Since when the oldest held removal waits. Absent without one.',
  },
  ucl_agent_held_until_timestamp_seconds: {
    labels: [],
    help: 'When the first held removal may happen by itself. Absent without one, and where a person decides.',
  },
  ucl_agent_certificate_expiry_timestamp_seconds: {
    labels: [],
    help: 'When the client certificate for UCL expires. Absent without one.',
  },
  ucl_agent_certificate_renewal_timestamp_seconds: {
    labels: [],
    help: 'From when on the client certificate is renewed; in the past: the renewal is overdue. Absent without one.',
  },
  ucl_agent_watch_phase: {
    labels: ['watch', 'phase'],
    help: '1 for the phase of each watch over the cluster (starting, synced, forbidden, missing, failing), 0 for the others.',
  },
} as const satisfies Record<string, MetricFacts>;

export const counters = {
  ucl_agent_ucl_rate_limited_total: { labels: [], help: 'Requests that UCL turned away with HTTP 429.' },
  ucl_agent_certificate_renewals_total: {
    labels: ['result'],
    help: 'Renewals of the client certificate that were tried, by result: success or failure.',
  },
  ucl_agent_system_changes_total: {
    labels: ['action'],
    help: 'Systems written to the cluster, Application and Secrets together, by action: create, update, rename, delete, collect (Secrets without an Application).',
  },
} as const satisfies Record<string, MetricFacts>;

export const histograms = {
  ucl_agent_sync_duration_seconds: {
    labels: ['result'],
    help: 'Syncs and how long they took, by result: success, partial (some systems, removals or labels failed), failure.',
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
  },
  ucl_agent_ucl_request_duration_seconds: {
    labels: ['api', 'operation', 'outcome'],
    help: 'Requests to UCL and how long they took, by API, operation and outcome: Success, AnsweredWithErrors, Abandoned or a reason.',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120],
  },
} as const satisfies Record<string, MetricFacts & { readonly buckets: readonly number[] }>;

interface MetricFacts {
  readonly labels: readonly string[];
  /** For people: it stands in what Prometheus reads, and in docs/operating.md. */
  readonly help: string;
}

export type GaugeName = keyof typeof gauges;
export type CounterName = keyof typeof counters;
export type HistogramName = keyof typeof histograms;
