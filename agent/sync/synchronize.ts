import type { SystemFailure } from '../domain/connection-status.ts';
import type { Landscape } from '../domain/landscape.ts';
import { type AgentError, toAgentError } from '../errors/agent-error.ts';
import type { Logger } from '../log/logger.ts';
import type { Instant } from '../time/time.ts';
import { type Action, removesApplication } from './action.ts';
import { type ActionResult, applyActions } from './apply-actions.ts';
import { permitRemovals, withoutAnyDeletion } from './deletion-policy.ts';
import { type Permission, permit, toPruneResult } from './permit.ts';
import { type Plan, planSync } from './plan-sync.ts';
import type { LandscapeSource } from './ports.ts';
import type { SyncFacts, SyncResult } from './sync-facts.ts';
import type { SyncInput, SyncParts, SyncSettings } from './sync-parts.ts';

/** An object that changed under a planned write is planned for again, so often. */
const roundLimit = 3;
/** In which the watch tells what somebody else has written. */
const staleDelayMs = 200;

/**
 * Reads the landscape, plans, asks the guard, applies, and sets the runtime's labels. Whatever fails is in the facts;
 * it throws when `signal` aborts, and then alone.
 */
export async function synchronize(input: SyncInput, parts: SyncParts, signal: AbortSignal): Promise<SyncFacts> {
  const { source, trigger } = input;
  const { time } = parts;
  const base = { attemptedAt: time.now(), trigger };
  const startedAt = time.instant();
  const landscape = await orFailure(source.readLandscape(signal), 'Reading the systems from UCL', signal);
  if (!('value' in landscape)) return { ...base, outcome: { reached: 'nothing', error: landscape.error } };
  const fetchedAt = time.now();
  const read = { input, landscape: landscape.value, startedAt };
  const applied = await orFailure(applyRead(read, parts, signal), 'Applying the systems to the cluster', signal);
  if (!('value' in applied)) {
    return { ...base, outcome: { reached: 'read', landscape: landscape.value, fetchedAt, error: applied.error } };
  }
  const labels = updateLabels(source, landscape.value, parts.settings, signal);
  // A label must not cost a sync: it is tried again with the next one.
  const labelled = await orFailure(labels, "Setting the runtime's labels in UCL", signal);
  return {
    ...base,
    outcome: {
      reached: 'cluster',
      landscape: landscape.value,
      fetchedAt,
      appliedAt: time.now(),
      ...applied.value,
      labelError: 'value' in labelled ? undefined : labelled.error,
    },
  };
}

/**
 * Puts back what drifted from what is known of UCL, without asking it; undefined when nothing is known. It removes
 * nothing: what UCL assigns may have changed since.
 * @throws AgentError when the cluster cannot be read.
 */
export async function mendDrift(
  { memory }: Pick<SyncInput, 'memory'>,
  parts: SyncParts,
  signal: AbortSignal,
): Promise<SyncResult | undefined> {
  const { landscape } = memory;
  if (landscape === undefined) return undefined;
  return applyInRounds(landscape, async (plan) => withoutAnyDeletion(plan.actions), parts, signal);
}

interface Read {
  readonly input: SyncInput;
  readonly landscape: Landscape;
  readonly startedAt: Instant;
}

async function applyRead(read: Read, parts: SyncParts, signal: AbortSignal) {
  const { input, landscape } = read;
  let permission: Permission | undefined;
  let removed = 0;
  const result = await applyInRounds(
    landscape,
    async (plan) => {
      // What the first round created, or found in its way, is no reason to remove anything else.
      permission ??= await permit({ ...read, ...input, plan }, parts, signal);
      return landscape.gaps.length > 0
        ? withoutAnyDeletion(plan.actions)
        : permitRemovals(plan.actions, permission.allowed);
    },
    parts,
    signal,
    (count) => {
      removed += count;
    },
  );
  return { result, prune: toPruneResult(permission, removed, parts) };
}

/** Plans and applies until nobody writes in between. */
async function applyInRounds(
  landscape: Landscape,
  select: (plan: Plan) => Promise<readonly Action[]>,
  parts: SyncParts,
  signal: AbortSignal,
  onRemoved: (count: number) => void = () => undefined,
): Promise<SyncResult> {
  const { settings, time } = parts;
  const applied = { create: 0, update: 0, rename: 0, delete: 0, collect: 0 };
  let settled: SyncResult | undefined;
  for (let round = 1; ; round += 1) {
    const read = await orFailure(parts.reader.snapshot(signal), 'Reading the cluster', signal);
    if (!('value' in read)) {
      // What the round before did stays done, and is reported.
      if (settled !== undefined) return settled;
      throw read.error;
    }
    const plan = planSync(landscape, read.value, settings.policy);
    const actions = await select(plan);
    const { concurrency } = settings;
    const results = await applyActions(actions, parts.applications, { concurrency, signal });
    onRemoved(results.reduce((sum, result) => sum + result.removed, 0));
    for (const { action, failure } of results) {
      if (failure === undefined) applied[action.kind] += 1;
      logAction(parts.log, action, failure);
    }
    settled = toResult(landscape, plan, { actions, results, applied: { ...applied } });
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

/** What of a plan was applied, and what came of it. */
interface Application {
  readonly actions: readonly Action[];
  readonly results: readonly ActionResult[];
  readonly applied: SyncResult['applied'];
}

function toLeftBehind(plan: Plan, actions: readonly Action[]): string[] {
  const toRenamed = (all: readonly Action[]) =>
    all.filter((action) => action.kind === 'rename' && removesApplication(action)).map((one) => one.applicationId);
  const removed = new Set(toRenamed(actions));
  return toRenamed(plan.actions).filter((id) => !removed.has(id));
}

function toResult(landscape: Landscape, plan: Plan, { actions, results, applied }: Application): SyncResult {
  const failures = [...plan.failures, ...results.flatMap(({ failure }) => (failure === undefined ? [] : [failure]))];
  const { desiredCount: desired, terminating } = plan;
  return {
    desired,
    failures,
    gaps: landscape.gaps.length,
    applied,
    terminating,
    leftBehind: toLeftBehind(plan, actions),
  };
}
