import type { SystemFailure } from '../domain/connection-status.ts';
import type { Landscape } from '../domain/landscape.ts';
import { type AgentError, toAgentError } from '../errors/agent-error.ts';
import type { Logger } from '../log/logger.ts';
import type { Instant, Time } from '../time/time.ts';
import type { Action } from './action.ts';
import type { ApplicationWriter } from './application-writer.ts';
import { type ActionResult, applyActions } from './apply-actions.ts';
import { decideRemovals, rememberRemovals } from './deletion-policy.ts';
import { type Plan, planSync } from './plan-sync.ts';
import type { ClusterReader, LandscapeSource } from './ports.ts';
import type { SyncFacts, SyncResult } from './sync-facts.ts';
import type { SyncMemory } from './sync-memory.ts';
import type { SyncPolicy } from './to-desired-system.ts';

/** What a sync works with; the same for every one. */
export interface SyncParts {
  readonly reader: ClusterReader;
  readonly applications: ApplicationWriter;
  readonly settings: SyncSettings;
  readonly time: Time;
  readonly log: Logger;
}

export interface SyncSettings {
  readonly policy: SyncPolicy;
  readonly prunePolicy: 'sync' | 'upsert-only';
  /** A read confirms another that was made at least that long before. */
  readonly confirmationMs: number;
  readonly concurrency: number;
  /** Labels that the runtime has in UCL; undefined: that label is left alone. */
  readonly runtimeLabels: Readonly<Record<string, string | undefined>>;
}

export interface SyncInput {
  readonly memory: SyncMemory;
  readonly source: LandscapeSource;
  readonly trigger: string;
  /** Hash of a held removal that a person approved. */
  readonly approvedHash: string | undefined;
}

/** An object that changed under a planned write is planned for again, so often. */
const roundLimit = 3;
/** In which the watch tells what somebody else has written. */
const staleDelayMs = 200;

/**
 * Reads the landscape, plans, asks the guard, applies, and sets the runtime's labels. Whatever fails is in the facts;
 * it throws when `signal` aborts, and then alone.
 */
export async function synchronize(input: SyncInput, parts: SyncParts, signal: AbortSignal): Promise<SyncFacts> {
  const { memory, source, trigger } = input;
  const { time } = parts;
  const base = { attemptedAt: time.now(), trigger, prune: memory.prune };
  const startedAt = time.instant();
  const landscape = await orFailure(source.readLandscape(signal), 'Reading the systems from UCL', signal);
  if (!('value' in landscape)) return { ...base, outcome: { reached: 'nothing', error: landscape.error } };
  const fetchedAt = time.now();
  const read = { ...input, landscape: landscape.value, startedAt, isFreshRead: true };
  const applied = await orFailure(applyLandscape(read, parts, signal), 'Applying the systems to the cluster', signal);
  if (!('value' in applied)) {
    return { ...base, outcome: { reached: 'read', landscape: landscape.value, fetchedAt, error: applied.error } };
  }
  const result = applied.value;
  const labels = updateLabels(source, landscape.value, parts.settings, signal);
  // A label must not cost a sync: it is tried again with the next one.
  const labelled = await orFailure(labels, "Setting the runtime's labels in UCL", signal);
  return {
    ...base,
    prune: result.prune,
    outcome: {
      reached: 'cluster',
      landscape: landscape.value,
      fetchedAt,
      appliedAt: time.now(),
      result,
      labelError: 'value' in labelled ? undefined : labelled.error,
    },
  };
}

/**
 * Mends what drifted from the last complete read, without asking UCL; undefined when there is none.
 * @throws AgentError when the cluster cannot be read.
 */
export async function mendDrift(
  { memory, approvedHash }: Pick<SyncInput, 'memory' | 'approvedHash'>,
  parts: SyncParts,
  signal: AbortSignal,
): Promise<SyncResult | undefined> {
  const { landscape } = memory;
  if (landscape === undefined) return undefined;
  const startedAt = parts.time.instant();
  return applyLandscape({ memory, approvedHash, landscape, startedAt, isFreshRead: false }, parts, signal);
}

interface LandscapeToApply {
  readonly memory: SyncMemory;
  readonly approvedHash: string | undefined;
  readonly landscape: Landscape;
  readonly startedAt: Instant;
  /** false: an earlier read is applied again, which can confirm nothing. */
  readonly isFreshRead: boolean;
}

async function applyLandscape(input: LandscapeToApply, parts: SyncParts, signal: AbortSignal): Promise<SyncResult> {
  const { landscape } = input;
  const { settings, time } = parts;
  const applied = { create: 0, update: 0, rename: 0, delete: 0, collect: 0 };
  let { prune } = input.memory;
  let settled: SyncResult | undefined;
  for (let round = 1; ; round += 1) {
    const read = await orFailure(parts.reader.snapshot(signal), 'Reading the cluster', signal);
    if (!('value' in read)) {
      // What the round before did stays done, and is reported.
      if (settled !== undefined) return settled;
      throw read.error;
    }
    const plan = planSync(landscape, read.value, settings.policy);
    const now = time.now();
    const decision = decideRemovals({
      plan,
      landscapeIds: landscape.applications.map(({ id }) => id),
      isComplete: landscape.gaps.length === 0,
      policy: settings.prunePolicy,
      now,
      instant: input.startedAt,
      confirmationMs: settings.confirmationMs,
      isFreshRead: input.isFreshRead,
      approvedHash: input.approvedHash,
      memory: prune,
    });
    const { concurrency } = settings;
    const results = await applyActions(decision.actions, parts.applications, { concurrency, signal });
    const removed = results.reduce((sum, result) => sum + result.removed, 0);
    prune = rememberRemovals(decision.memory, removed, now);
    for (const { action, failure } of results) {
      if (failure === undefined) applied[action.kind] += 1;
      logAction(parts.log, action, failure);
    }
    settled = toResult(landscape, plan, results, { held: decision.held, applied: { ...applied }, prune });
    if (!results.some(({ isStale }) => isStale) || round === roundLimit || signal.aborted) return settled;
    await time.sleepUntil(time.instant() + staleDelayMs, signal);
  }
}

/** Sets the labels that differ. */
async function updateLabels(
  source: LandscapeSource,
  { runtimeLabels: present }: Landscape,
  { runtimeLabels: wanted }: SyncSettings,
  signal: AbortSignal,
): Promise<void> {
  for (const [key, value] of Object.entries(wanted)) {
    if (value !== undefined && present[key] !== value) await source.setRuntimeLabel(key, value, signal);
  }
}

/** The value, or the failure as an AgentError. @throws the reason of an aborted `signal`. */
async function orFailure<T>(
  promise: Promise<T>,
  doing: string,
  signal: AbortSignal,
): Promise<{ readonly value: T } | { readonly error: AgentError }> {
  try {
    return { value: await promise };
  } catch (error: unknown) {
    signal.throwIfAborted();
    return { error: toAgentError(error, doing) };
  }
}

function logAction(log: Logger, action: Action, failure: SystemFailure | undefined): void {
  const { kind, applicationId, applicationName, because } = action;
  if (failure !== undefined) log.warn('A system could not be applied', { ...failure });
  else if (kind === 'update') log.debug('Applied', { kind, applicationId, applicationName, because });
  else log.info('Applied', { kind, applicationId, applicationName, because });
}

function toResult(
  landscape: Landscape,
  plan: Plan,
  results: readonly ActionResult[],
  rest: Pick<SyncResult, 'held' | 'applied' | 'prune'>,
): SyncResult {
  const failures = [...plan.failures, ...results.flatMap(({ failure }) => (failure === undefined ? [] : [failure]))];
  return { desired: plan.desiredCount, failures, gaps: landscape.gaps.length, ...rest };
}
