import type { Landscape } from '../domain/landscape.ts';
import type { Instant } from '../time/time.ts';
import { applyInRounds } from './apply-in-rounds.ts';
import { withoutAnyDeletion } from './deletion-policy.ts';
import { findWrongLabels } from './find-wrong-labels.ts';
import { orFailure } from './or-failure.ts';
import { type Permission, permit, selectPermitted, toPruneResult } from './permit.ts';
import type { Plan } from './plan-sync.ts';
import type { LandscapeSource } from './ports.ts';
import type { SyncFacts, SyncResult } from './sync-facts.ts';
import type { SyncInput, SyncParts, SyncSettings } from './sync-parts.ts';

/** Without a connection no sync comes that would make up for it. */
const driftRetryMs = 5 * 60_000;

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
  const select = async (plan: Plan) => withoutAnyDeletion(plan.actions);
  return applyInRounds({ landscape, memory, isAskedFor: false, retryMs: driftRetryMs, select }, parts, signal);
}

interface Read {
  readonly input: SyncInput;
  readonly landscape: Landscape;
  readonly startedAt: Instant;
}

async function applyRead(read: Read, parts: SyncParts, signal: AbortSignal) {
  const { input, landscape } = read;
  let permission: Permission | undefined;
  const select = async (plan: Plan) => {
    // What the first round created, or found in its way, is no reason to remove anything else.
    permission ??= await permit({ ...read, ...input, plan }, parts, signal);
    return selectPermitted(plan, landscape, permission);
  };
  const isAskedFor = input.trigger === 'manual';
  const rounds = { landscape, memory: input.memory, isAskedFor, retryMs: undefined, select };
  const result = await applyInRounds(rounds, parts, signal);
  return { result, prune: toPruneResult(permission, result.removed, parts) };
}

/** Sets the labels that differ. */
async function updateLabels(
  source: LandscapeSource,
  landscape: Landscape,
  settings: SyncSettings,
  signal: AbortSignal,
): Promise<void> {
  for (const { key, value } of findWrongLabels(landscape, settings)) await source.setRuntimeLabel(key, value, signal);
}
