import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { KnownState } from './known-state.ts';
import { type CounterName, counters, gauges, type HistogramName, histograms } from './metric-table.ts';
import type { Observer } from './observer.ts';
import type { RenewalResult } from './to-renewal-result.ts';
import { type Sample, toSamples } from './to-samples.ts';
import type { SyncVerdict } from './to-sync-verdict.ts';

/** What `/metrics` answers, in Prometheus' text format. */
export interface Metrics {
  readonly observer: Observer;
  readonly contentType: string;
  /** Everything for this state of the agent, with the metrics of the process. */
  render(known: KnownState): Promise<string>;
}

/** The default of 10 ms wakes an idle process a hundred times a second. */
const eventLoopMonitoringMs = 100;

const verdicts = { success: true, partial: true, failure: true } as const satisfies Record<SyncVerdict, true>;
const renewalResults = { success: true, failure: true } as const satisfies Record<RenewalResult, true>;

/** Counts from 0 on, for one process; the gauges are set anew with each `render`. */
export function createMetrics(version: string): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: eventLoopMonitoringMs });
  const { setGauges, countOf, timesOf } = register(registry);

  // A series that begins with its first event has no increase that a rule could see.
  for (const result of Object.keys(verdicts)) timesOf('ucl_agent_sync_duration_seconds').zero({ result });
  for (const result of Object.keys(renewalResults)) countOf('ucl_agent_certificate_renewals_total').inc({ result }, 0);

  return {
    observer: {
      onCall({ api, operation, outcome, durationMs }) {
        timesOf('ucl_agent_ucl_request_duration_seconds').observe({ api, operation, outcome }, durationMs / 1000);
        if (outcome === 'RateLimited') countOf('ucl_agent_ucl_rate_limited_total').inc();
      },
      onSync: (result, durationMs) => timesOf('ucl_agent_sync_duration_seconds').observe({ result }, durationMs / 1000),
      onChanges(applied) {
        for (const [action, count] of Object.entries(applied)) {
          countOf('ucl_agent_system_changes_total').inc({ action }, count);
        }
      },
      onRenewal: (result) => countOf('ucl_agent_certificate_renewals_total').inc({ result }),
    },
    contentType: registry.contentType,
    render(known) {
      setGauges(toSamples(known, version));
      return registry.metrics();
    },
  };
}

function register(registry: Registry) {
  const registers = [registry];
  const gaugeByName = makeEach(
    gauges,
    (name, { labels, help }) => new Gauge({ name, help, labelNames: labels, registers }),
  );
  const counterByName = makeEach(
    counters,
    (name, { labels, help }) => new Counter({ name, help, labelNames: labels, registers }),
  );
  const histogramByName = makeEach(
    histograms,
    (name, { labels, help, buckets }) =>
      new Histogram({ name, help, labelNames: labels, buckets: [...buckets], registers }),
  );
  return {
    countOf: (name: CounterName) => take(counterByName, name),
    timesOf: (name: HistogramName) => take(histogramByName, name),
    setGauges(samples: readonly Sample[]) {
      for (const [name, { labels }] of Object.entries(gauges)) {
        const gauge = take(gaugeByName, name);
        gauge.reset();
        // One without labels then is 0, which as a moment would be the year 1970.
        if (labels.length === 0) gauge.remove();
      }
      for (const { name, labels, value } of samples) take(gaugeByName, name).set(labels, value);
    },
  };
}

function makeEach<Facts, Made>(
  table: Readonly<Record<string, Facts>>,
  make: (name: string, facts: Facts) => Made,
): ReadonlyMap<string, Made> {
  return new Map(Object.entries(table).map(([name, facts]) => [name, make(name, facts)]));
}

function take<Made>(made: ReadonlyMap<string, Made>, name: string): Made {
  const found = made.get(name);
  if (found === undefined) throw new Error(`There is no metric ${name}`);
  return found;
}
