import { randomUUID } from 'node:crypto';
import type { Config } from '../config/config.ts';
import { toRenewAt } from '../credentials/renewal-policy.ts';
import type { CompassConnection, ConnectionSpec } from '../domain/connection.ts';
import { AgentError, isAgentError, toAgentError } from '../errors/agent-error.ts';
import { explain } from '../errors/explain.ts';
import type { Logger } from '../log/logger.ts';
import type { CompassLink, Link } from './compass-link.ts';
import { ConnectionEvents } from './connection-events.ts';
import type { ClusterReader, ConnectionStore, EventRecorder } from './ports.ts';
import type { Report, SyncReport } from './report.ts';
import { type Requests, readRequests } from './requests.ts';
import { summarize } from './summarize.ts';
import type { Synchronizer, SyncResult } from './synchronizer.ts';
import type { Trigger } from './triggers.ts';

export interface ReconcilerPorts {
  readonly connection: ConnectionStore;
  readonly reader: ClusterReader;
  readonly events: EventRecorder;
}

export interface ReconcilerParts {
  readonly link: CompassLink;
  readonly synchronizer: Synchronizer;
  readonly config: Config;
  readonly clock: () => Date;
  readonly log: Logger;
  /** When the next scheduled sync is due. */
  readonly nextRunAt: () => Date | undefined;
  /** Tells the Compass adapter the id that its requests bear from now on, `<runtimeId>_<uuid>`. */
  readonly setCorrelationId: (id: string) => void;
}

/** What the loop does next. */
export interface RunOutcome {
  /** The failure that decides the next delay; undefined after a good run. */
  readonly failure: AgentError | undefined;
  /** Whether UCL was asked, which is what the floor between syncs is about. */
  readonly hasSynced: boolean;
  /** A removal is held: read again one floor later. */
  readonly isPruneHeld: boolean;
}

/** Triggers that ask for a sync themselves; the others ask to look first. */
const syncing: ReadonlySet<Trigger> = new Set(['start', 'schedule', 'retry']);

/** One run after another: observe, connect, sync, report. `run` is complete in itself; scheduling is the loop's. */
export class Reconciler {
  readonly #ports: ReconcilerPorts;
  readonly #parts: ReconcilerParts;
  #runtimeId: string | undefined;
  #sync: SyncReport | undefined;
  #lastCall: Date | undefined;
  #lastSuccessfulCall: Date | undefined;
  #connectionError: AgentError | undefined;
  #refusedSince: Date | undefined;
  #established: Date | undefined;
  #renewed: Date | undefined;
  #acquired: Date | undefined;
  #handledSync: string | undefined;
  #handledRenew: string | undefined;
  #hasRecalled = false;
  /** Whatever happened during a suspension was not looked at: the first run after it reads UCL. */
  #hasRested = false;
  readonly #events = new ConnectionEvents();

  constructor(ports: ReconcilerPorts, parts: ReconcilerParts) {
    this.#ports = ports;
    this.#parts = parts;
  }

  /** The runtime's id once it is known; the schedule's phase derives from it. */
  get runtimeId(): string | undefined {
    return this.#runtimeId;
  }

  /** Runs once for all triggers that came together. Never throws: what failed is in the outcome and in the status. */
  async run(triggers: readonly Trigger[], signal: AbortSignal): Promise<RunOutcome> {
    try {
      const resource = await this.#ports.connection.read(signal);
      this.#recall(resource);
      const requests = readRequests(resource);
      const outcome = requests.isSuspended
        ? await this.#rest(signal)
        : await this.#reconcile(resource, requests, triggers, signal);
      const unwritten = signal.aborted ? undefined : await this.#tryWriteStatus(requests, signal);
      const failure = outcome.failure ?? unwritten;
      if (failure !== undefined) this.#logFailure(failure);
      if (unwritten !== undefined && failure !== unwritten) this.#logFailure(unwritten);
      return { ...outcome, failure };
    } catch (error: unknown) {
      const failure = toAgentError(error, 'Reconciling');
      if (!signal.aborted) this.#logFailure(failure);
      return { failure, hasSynced: false, isPruneHeld: false };
    }
  }

  async #rest(signal: AbortSignal): Promise<RunOutcome> {
    this.#hasRested = true;
    await this.#parts.link.observe(signal);
    return { failure: undefined, hasSynced: false, isPruneHeld: false };
  }

  async #reconcile(
    resource: CompassConnection | undefined,
    requests: Requests,
    triggers: readonly Trigger[],
    signal: AbortSignal,
  ): Promise<RunOutcome> {
    const run = randomUUID();
    const onRuntimeId = (runtimeId: string) => this.#parts.setCorrelationId(`${runtimeId}_${run}`);
    onRuntimeId(this.#runtimeId ?? 'unpaired');
    const link = await this.#connect(resource, requests, onRuntimeId, signal);
    const isAsked = requests.sync !== undefined || requests.renew !== undefined;
    if (link instanceof AgentError) {
      await this.#tryFinishRequests(resource, requests, signal);
      return { failure: link, hasSynced: triggers.some((trigger) => syncing.has(trigger)), isPruneHeld: false };
    }
    const isNewLink = this.#noteLinkEvents();
    const isApproval = this.#sync?.held !== undefined && this.#sync.held.hash === requests.approvedHash;
    const mustSync =
      isAsked ||
      isNewLink ||
      isApproval ||
      this.#hasRested ||
      this.#sync === undefined ||
      triggers.some((trigger) => syncing.has(trigger));
    if (!mustSync) {
      await this.#mendDrift(requests, triggers, signal);
      return { failure: undefined, hasSynced: false, isPruneHeld: false };
    }
    // Failing, it must not hold up the sync; the write at the end of the run says why.
    if (isNewLink) await this.#tryWriteStatus(requests, signal);
    const failure = await this.#synchronize(link, requests, describeTrigger(triggers, requests, isNewLink), signal);
    const unfinished = await this.#tryFinishRequests(resource, requests, signal);
    return {
      failure: failure ?? unfinished,
      hasSynced: true,
      isPruneHeld: this.#sync?.held !== undefined,
    };
  }

  async #connect(
    resource: CompassConnection | undefined,
    requests: Requests,
    onRuntimeId: (runtimeId: string) => void,
    signal: AbortSignal,
  ): Promise<Link | AgentError> {
    try {
      const isRenewalForced = requests.renew !== undefined;
      const link = await this.#parts.link.ensure(resource, { isRenewalForced, onRuntimeId }, signal);
      if (link.paired.runtimeId !== this.#runtimeId) this.#parts.synchronizer.forgetLandscape();
      this.#runtimeId = link.paired.runtimeId;
      if (this.#refusedSince === undefined) this.#connectionError = undefined;
      return link;
    } catch (error: unknown) {
      signal.throwIfAborted();
      this.#connectionError = toAgentError(error, 'Connecting with UCL');
      return this.#connectionError;
    }
  }

  async #synchronize(
    link: Link,
    requests: Requests,
    trigger: string,
    signal: AbortSignal,
  ): Promise<AgentError | undefined> {
    const { synchronizer, clock, log } = this.#parts;
    const attemptedAt = clock();
    const before = this.#sync;
    const base = {
      attemptedAt,
      trigger,
      fetchedAt: before?.fetchedAt,
      appliedAt: before?.appliedAt,
      counts: before?.counts,
      failures: before?.failures ?? [],
      gaps: before?.gaps ?? 0,
      held: before?.held,
    };
    let during: 'read' | 'apply' = 'read';
    try {
      const landscape = await this.#read(link, signal);
      during = 'apply';
      const fetchedAt = clock();
      const result = await synchronizer.apply(landscape, { approvedHash: requests.approvedHash }, signal);
      const labelError = await synchronizer.updateLabels(link.director, landscape.runtimeLabels, signal);
      const error = labelError && ({ during: 'labels', error: labelError } as const);
      this.#sync = { ...base, ...toCounts(result), fetchedAt, appliedAt: clock(), error };
      this.#events.noteChanges(result.applied);
      log.info('Synchronised', {
        trigger,
        ...this.#sync.counts,
        applied: result.applied,
        held: result.held?.applicationNames.length ?? 0,
        durationMs: clock().getTime() - attemptedAt.getTime(),
      });
      // Tried again with the next sync; a label must not slow down the syncs.
      if (labelError !== undefined) this.#logFailure(labelError);
      return result.gaps > 0 ? toGapError(result.gaps) : undefined;
    } catch (error: unknown) {
      signal.throwIfAborted();
      const failure = toAgentError(error, 'Synchronising');
      this.#sync = { ...base, error: { during, error: failure } };
      return failure;
    }
  }

  async #read(link: Link, signal: AbortSignal) {
    const { synchronizer, clock } = this.#parts;
    this.#lastCall = clock();
    try {
      const landscape = await synchronizer.read(link.director, signal);
      this.#lastSuccessfulCall = clock();
      this.#refusedSince = undefined;
      this.#connectionError = undefined;
      this.#parts.link.noteAnswer(false);
      return landscape;
    } catch (error: unknown) {
      const isRefused = isAgentError(error, 'CompassRefused');
      if (isRefused) {
        this.#refusedSince ??= this.#lastCall;
        this.#connectionError = withSince(error, this.#refusedSince);
      } else if (isAgentError(error, 'InvalidAnswer', 'LandscapeMoving', 'RuntimeMismatch')) {
        this.#refusedSince = undefined;
        this.#connectionError = undefined;
      }
      this.#parts.link.noteAnswer(isRefused || isAgentError(error, 'RuntimeMismatch'));
      throw error;
    }
  }

  async #mendDrift(requests: Requests, triggers: readonly Trigger[], signal: AbortSignal): Promise<void> {
    if (!triggers.includes('drift') || this.#sync === undefined) return;
    const result = await this.#parts.synchronizer.mendDrift(requests.approvedHash, signal);
    if (result === undefined) return;
    this.#sync = { ...this.#sync, ...toCounts(result), held: result.held ?? this.#sync.held };
  }

  /** The older spec fields are taken back also after a failure: kept, they would ask again without pause. */
  async #finishRequests(
    resource: CompassConnection | undefined,
    requests: Requests,
    signal: AbortSignal,
  ): Promise<void> {
    if (typeof requests.sync === 'string') this.#handledSync = requests.sync;
    if (typeof requests.renew === 'string') this.#handledRenew = requests.renew;
    const spec: Partial<ConnectionSpec> = {
      ...(resource?.spec.resyncNow === true && { resyncNow: false }),
      ...(resource?.spec.refreshCredentialsNow === true && { refreshCredentialsNow: false }),
    };
    if (Object.keys(spec).length > 0) await this.#ports.connection.update({ spec }, signal);
  }

  /** Failing, it must not cost the status, which is where people read why. */
  async #tryFinishRequests(
    resource: CompassConnection | undefined,
    requests: Requests,
    signal: AbortSignal,
  ): Promise<AgentError | undefined> {
    try {
      await this.#finishRequests(resource, requests, signal);
      return undefined;
    } catch (error: unknown) {
      signal.throwIfAborted();
      const failure = toAgentError(error, 'Taking back a request');
      this.#parts.link.maintenanceError ??= failure;
      return failure;
    }
  }

  async #tryWriteStatus(requests: Requests, signal: AbortSignal): Promise<AgentError | undefined> {
    try {
      await this.#writeStatus(requests, signal);
      return undefined;
    } catch (error: unknown) {
      signal.throwIfAborted();
      return toAgentError(error, 'Writing the status');
    }
  }

  async #writeStatus(requests: Requests, signal: AbortSignal): Promise<void> {
    const resource =
      (await this.#ports.connection.read(signal)) ??
      (await this.#ports.connection.create({ managementInfo: { directorUrl: '', connectorUrl: '' } }, signal));
    const status = summarize(this.#toReport(resource, requests), resource.status, this.#parts.clock());
    this.#events.noteConditions(status.conditions ?? []);
    await this.#ports.connection.writeStatus(status, signal);
    this.#events.tell(this.#ports.events);
  }

  #toReport(resource: CompassConnection, requests: Requests): Report {
    const { link, synchronizer, config, nextRunAt } = this.#parts;
    const { certificate } = link;
    const runtimeId = this.#runtimeId;
    return {
      observedGeneration: resource.metadata.generation,
      runtimeId,
      isSuspended: requests.isSuspended,
      connectionError: this.#connectionError,
      maintenanceError: link.maintenanceError,
      limitations: this.#ports.reader.limitations(),
      certificate,
      renewAt: certificate && toRenewAt(certificate, config.certValidityRenewalThreshold, runtimeId ?? ''),
      established: this.#established,
      renewed: this.#renewed,
      acquired: this.#acquired,
      lastCall: this.#lastCall,
      lastSuccessfulCall: this.#lastSuccessfulCall,
      sync: this.#sync,
      nextSync: requests.isSuspended ? undefined : nextRunAt(),
      lastHandledSyncRequest: this.#handledSync,
      lastHandledRenewRequest: this.#handledRenew,
      recentRemovals: synchronizer.recentRemovals,
    };
  }

  /** What a restarted agent must know of its former life. */
  #recall(resource: CompassConnection | undefined): void {
    if (this.#hasRecalled || resource === undefined) return;
    this.#hasRecalled = true;
    const requests = readRequests(resource);
    this.#handledSync = requests.handledSync;
    this.#handledRenew = requests.handledRenew;
    const removals = resource.status?.prune?.recentRemovals ?? [];
    this.#parts.synchronizer.recallRemovals(removals.map(({ at, count }) => ({ atMs: Date.parse(at), count })));
  }

  #noteLinkEvents(): boolean {
    const events = this.#parts.link.events.splice(0);
    const now = this.#parts.clock();
    for (const event of events) {
      if (event === 'paired') this.#established = now;
      if (event === 'renewed') this.#renewed = now;
      if (event === 'paired' || event === 'renewed') this.#acquired = now;
      this.#parts.log.info(this.#events.noteLink(event), { runtimeId: this.#runtimeId });
    }
    return events.some((event) => event !== 'renewed' && event !== 'taken-over');
  }

  #logFailure(failure: AgentError): void {
    const { reason, next, details } = failure;
    // What nobody foresaw is a defect, and its frames are all there is to find it by.
    const stack = reason === 'Unexpected' ? { stack: failure.stack } : {};
    this.#parts.log.warn(explain(failure), { reason, next, details, ...stack });
  }
}

function toCounts({ desired, failures, gaps, held }: SyncResult) {
  const failed = new Set(failures.map(({ applicationId }) => applicationId)).size;
  return { counts: { desired, failed, ready: Math.max(desired - failed, 0) }, failures, gaps, held };
}

function toGapError(gaps: number): AgentError {
  return new AgentError('ReadIncomplete', `${gaps} systems could not be read whole; nothing is removed.`, {
    next: 'retry',
  });
}

function withSince(error: AgentError, since: Date): AgentError {
  const { reason, next, remedy, retryAfterMs, details } = error;
  return new AgentError(reason, `${error.message} (since ${since.toISOString().slice(0, 19)}Z)`, {
    next,
    details,
    ...(remedy === undefined ? {} : { remedy }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

function describeTrigger(triggers: readonly Trigger[], requests: Requests, isNewLink: boolean): string {
  if (requests.sync !== undefined) return 'manual';
  if (requests.renew !== undefined) return 'renewal';
  if (isNewLink) return 'connected';
  return triggers.find((trigger) => syncing.has(trigger)) ?? 'change';
}
