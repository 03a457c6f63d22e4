import type { Config } from '../config/config.ts';
import type { SystemFailure } from '../domain/connection.ts';
import type { Landscape } from '../domain/landscape.ts';
import { type AgentError, toAgentError } from '../errors/agent-error.ts';
import type { Logger } from '../log/logger.ts';
import type { Action } from '../sync/action.ts';
import type { ApplicationWriter } from '../sync/application-writer.ts';
import { type ActionResult, applyActions } from '../sync/apply-actions.ts';
import { decideRemovals, type HeldRemovals, type PruneMemory, rememberRemovals } from '../sync/deletion-policy.ts';
import type { SyncPolicy } from '../sync/desired-state.ts';
import { type Plan, planSync } from '../sync/plan-sync.ts';
import type { ClusterReader, Director } from './ports.ts';

export interface SyncPorts {
  readonly reader: ClusterReader;
  readonly applications: ApplicationWriter;
}

export interface SynchronizerParts {
  readonly config: Config;
  readonly clock: () => Date;
  readonly delay: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly log: Logger;
}

/** What one application of a landscape to the cluster came to. */
export interface SyncResult {
  readonly desired: number;
  readonly failures: readonly SystemFailure[];
  /** Systems that were read with gaps; such a read removes nothing. */
  readonly gaps: number;
  readonly held: HeldRemovals | undefined;
  readonly applied: Readonly<Record<Action['kind'], number>>;
}

/** An object that changed under a planned write is planned for again, so often. */
const maximalRounds = 3;
/** In which the watch tells what somebody else has written. */
const staleDelayMs = 200;

/** Reads the landscape, plans, asks the guard, applies. Keeps the last complete read, for drift, and the guard's memory. */
export class Synchronizer {
  readonly #ports: SyncPorts;
  readonly #config: Config;
  readonly #policy: SyncPolicy;
  readonly #clock: () => Date;
  readonly #delay: SynchronizerParts['delay'];
  readonly #log: Logger;
  #landscape: Landscape | undefined;
  #memory: PruneMemory = { removals: [] };

  constructor(ports: SyncPorts, { config, clock, delay, log }: SynchronizerParts) {
    this.#ports = ports;
    this.#config = config;
    this.#clock = clock;
    this.#delay = delay;
    this.#log = log;
    this.#policy = {
      integrationNamespace: config.integrationNamespace,
      centralGatewayServiceUrl: config.centralGatewayServiceUrl,
      skipAppsTlsVerify: config.skipAppsTlsVerify,
    };
  }

  /** The removals of the last hour, which a restart must not forget. */
  get recentRemovals(): PruneMemory['removals'] {
    return this.#memory.removals;
  }

  recallRemovals(removals: PruneMemory['removals']): void {
    if (this.#memory.removals.length === 0) this.#memory = { ...this.#memory, removals };
  }

  /**
   * Forgets the last read: it belongs to another runtime, or nobody vouches for it any more.
   */
  forgetLandscape(): void {
    this.#landscape = undefined;
  }

  /** Reads UCL. @throws AgentError when the landscape could not be read; the cluster is untouched then. */
  async read(director: Director, signal: AbortSignal): Promise<Landscape> {
    const landscape = await director.readLandscape(signal);
    if (landscape.gaps.length === 0) this.#landscape = landscape;
    return landscape;
  }

  /**
   * Makes the cluster match. @throws AgentError when the cluster cannot be read; a write that fails is a failure of
   * its system in the result.
   */
  async apply(
    landscape: Landscape,
    { approvedHash, isFreshRead = true }: { approvedHash: string | undefined; isFreshRead?: boolean },
    signal: AbortSignal,
  ): Promise<SyncResult> {
    const nowMs = this.#clock().getTime();
    const applied = { create: 0, update: 0, rename: 0, delete: 0, collect: 0 };
    for (let round = 1; ; round += 1) {
      const plan = planSync(landscape, await this.#ports.reader.snapshot(signal), this.#policy);
      const decision = decideRemovals({
        plan,
        landscapeIds: landscape.applications.map(({ id }) => id),
        isComplete: landscape.gaps.length === 0,
        policy: this.#config.prunePolicy,
        nowMs,
        floorMs: this.#config.minimalSyncTimeMs,
        isFreshRead,
        approvedHash,
        memory: this.#memory,
      });
      const results = await applyActions(decision.actions, this.#ports.applications, {
        concurrency: this.#config.applyConcurrency,
        signal,
      });
      const removed = results.reduce((sum, result) => sum + result.removed, 0);
      this.#memory = rememberRemovals(decision.memory, removed, nowMs);
      for (const { action, failure } of results) {
        if (failure === undefined) applied[action.kind] += 1;
        this.#logAction(action, failure);
      }
      const isSettled = !results.some(({ isStale }) => isStale) || round === maximalRounds || signal.aborted;
      if (isSettled) return toResult(landscape, plan, results, decision.held, applied);
      await this.#delay(staleDelayMs, signal);
    }
  }

  /** Mends what drifted from the last complete read; undefined when there is none or nothing to do. */
  async mendDrift(approvedHash: string | undefined, signal: AbortSignal): Promise<SyncResult | undefined> {
    if (this.#landscape === undefined) return undefined;
    return this.apply(this.#landscape, { approvedHash, isFreshRead: false }, signal);
  }

  /** Sets the runtime's labels in the Director where they differ. Never throws: a label must not cost a sync. */
  async updateLabels(
    director: Director,
    present: Landscape['runtimeLabels'],
    signal: AbortSignal,
  ): Promise<AgentError | undefined> {
    const wanted = {
      runtime_eventServiceUrl: this.#config.runtimeEventsUrl,
      runtime_consoleUrl: this.#config.runtimeConsoleUrl,
    };
    try {
      for (const [key, value] of Object.entries(wanted)) {
        if (value !== undefined && present[key] !== value) await director.setRuntimeLabel(key, value, signal);
      }
      return undefined;
    } catch (error: unknown) {
      return toAgentError(error, "Setting the runtime's labels");
    }
  }

  #logAction(action: Action, failure: SystemFailure | undefined): void {
    const { kind, applicationId, applicationName, because } = action;
    if (failure !== undefined) this.#log.warn('A system could not be applied', { ...failure });
    else if (kind === 'update') this.#log.debug('Applied', { kind, applicationId, applicationName, because });
    else this.#log.info('Applied', { kind, applicationId, applicationName, because });
  }
}

function toResult(
  landscape: Landscape,
  plan: Plan,
  results: readonly ActionResult[],
  held: HeldRemovals | undefined,
  applied: SyncResult['applied'],
): SyncResult {
  const failures = [...plan.failures, ...results.flatMap(({ failure }) => (failure === undefined ? [] : [failure]))];
  return { desired: plan.desiredCount, failures, gaps: landscape.gaps.length, held, applied };
}
