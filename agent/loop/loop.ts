import type { Config } from '../config/config.ts';
import type { AgentError } from '../errors/agent-error.ts';
import { toRetryDelayMs } from './backoff.ts';
import type { ClusterChange } from './ports.ts';
import type { Reconciler, RunOutcome } from './reconciler.ts';
import type { Trigger, TriggerQueue } from './triggers.ts';

export interface LoopParts {
  readonly reconciler: Pick<Reconciler, 'run'>;
  readonly queue: TriggerQueue;
  readonly config: Pick<Config, 'minimalSyncTimeMs'>;
  readonly clock: () => Date;
  readonly random: () => number;
}

/** For the liveness probe; instants are milliseconds since the epoch. */
export interface LoopProgress {
  lastProgressAt: number;
  /** undefined: the loop waits. */
  busySince: number | undefined;
  nextWakeAt: number | undefined;
}

/** How long changes of managed objects are gathered before drift is looked for. */
const driftDelayMs = 250;

const fromChange: Record<ClusterChange, Trigger> = {
  configuration: 'configuration',
  connection: 'connection',
  'managed-objects': 'drift',
};

/** The trigger that a change in the cluster becomes. */
export function toTrigger(change: ClusterChange): Trigger {
  return fromChange[change];
}

/**
 * The loop: waits for triggers, lets the reconciler run, and turns its outcome into the earliest time of the next run.
 * Ends when `stop` aborts and the running reconciliation has ended; `abandon` cuts that short.
 */
export async function runLoop(
  parts: LoopParts,
  progress: LoopProgress,
  stop: AbortSignal,
  abandon: AbortSignal,
): Promise<void> {
  const { queue, clock } = parts;
  const pace = new Pace(parts);
  queue.add('start');
  while (!stop.aborted) {
    const nowMs = clock().getTime();
    if (pace.retryAtMs <= nowMs) {
      pace.retryAtMs = Number.POSITIVE_INFINITY;
      queue.add('retry');
    }
    const triggers = queue.take((trigger) => pace.dueAtMs(trigger) <= nowMs);
    progress.lastProgressAt = nowMs;
    if (triggers.length === 0) {
      const wakeAtMs = Math.min(pace.retryAtMs, ...[...queue.pending()].map((trigger) => pace.dueAtMs(trigger)));
      progress.busySince = undefined;
      progress.nextWakeAt = Number.isFinite(wakeAtMs) ? wakeAtMs : undefined;
      await queue.wait(Math.max(wakeAtMs - nowMs, 1), stop);
      continue;
    }
    progress.busySince = nowMs;
    pace.noteStart(triggers, nowMs);
    pace.noteOutcome(await parts.reconciler.run(triggers, abandon), nowMs);
  }
}

/** When each kind of trigger may run: the floor between syncs, the backoff after failures. */
class Pace {
  readonly #parts: LoopParts;
  #lastSyncMs = Number.NEGATIVE_INFINITY;
  #driftNotBeforeMs = Number.NEGATIVE_INFINITY;
  #backoffUntilMs = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #firstDriftMs: number | undefined;
  retryAtMs = Number.POSITIVE_INFINITY;

  constructor(parts: LoopParts) {
    this.#parts = parts;
  }

  dueAtMs(trigger: Trigger): number {
    const floorMs = this.#parts.config.minimalSyncTimeMs;
    switch (trigger) {
      case 'start':
      case 'retry':
      case 'configuration':
        return Number.NEGATIVE_INFINITY;
      case 'schedule':
        return Math.max(this.#lastSyncMs + floorMs, this.#backoffUntilMs);
      // A request waits for the floor after a failure only, and never for the whole backoff.
      case 'connection':
        return this.#failures > 0 ? this.#lastSyncMs + floorMs : Number.NEGATIVE_INFINITY;
      case 'drift':
        this.#firstDriftMs ??= this.#parts.clock().getTime();
        return Math.max(this.#firstDriftMs + driftDelayMs, this.#driftNotBeforeMs);
    }
  }

  noteStart(triggers: readonly Trigger[], nowMs: number): void {
    if (!triggers.includes('drift')) return;
    this.#firstDriftMs = undefined;
    // Two controllers that undo each other's work must not do so at full speed.
    const floorMs = this.#parts.config.minimalSyncTimeMs;
    this.#driftNotBeforeMs = nowMs + Math.min(floorMs, 2_000);
  }

  noteOutcome(outcome: RunOutcome, startedMs: number): void {
    if (outcome.hasSynced) this.#lastSyncMs = startedMs;
    // A look at the cluster that found nothing to do says nothing about UCL.
    if (outcome.failure === undefined && !outcome.hasSynced) return;
    if (outcome.failure === undefined) {
      this.#failures = 0;
      this.#backoffUntilMs = Number.NEGATIVE_INFINITY;
      this.retryAtMs = outcome.isPruneHeld
        ? startedMs + this.#parts.config.minimalSyncTimeMs
        : Number.POSITIVE_INFINITY;
      return;
    }
    this.#failures += 1;
    this.#backoffUntilMs = startedMs + this.#toDelayMs(outcome.failure);
    this.retryAtMs = this.#backoffUntilMs;
  }

  #toDelayMs(failure: AgentError): number {
    const { config, random } = this.#parts;
    return toRetryDelayMs(failure, this.#failures, config.minimalSyncTimeMs, random());
  }
}
