import { toWholeSeconds } from '../errors/explain.ts';
import type { Action, Step } from './action.ts';
import type { ClusterSnapshot } from './application-writer.ts';
import { findHoldRule, toRemovedKeys } from './deletion-policy.ts';
import { toPathText } from './field-difference.ts';
import { findWrongLabels } from './find-wrong-labels.ts';
import type { ForeseenChange, ForeseenObject, Foresight, HeldBy, HeldChange } from './foresight.ts';
import { isOptedOut, isOurs } from './ownership.ts';
import { type Permission, permit, selectPermitted } from './permit.ts';
import { listChangedFields } from './plan-application.ts';
import { type Plan, planSync } from './plan-sync.ts';
import type { LandscapeSource } from './ports.ts';
import { readPruneNote } from './prune-note.ts';
import { emptySyncMemory } from './sync-memory.ts';
import type { SyncParts } from './sync-parts.ts';

export interface ForesightInput {
  readonly runtimeId: string;
  readonly isSuspended: boolean;
  readonly source: Pick<LandscapeSource, 'readLandscape' | 'readIds'>;
  /** What the guard of removals noted, by `toPruneNote`. */
  readonly pruneNote: string | undefined;
  readonly approvedIds: readonly string[];
}

/**
 * What the next sync would do: read, planned and judged as by {@link synchronize}, and nothing of it done. Of what the
 * running agent remembers it knows what is written down alone, so that an object which the agent leaves alone for a while,
 * since somebody changes it back or its write was refused, counts as one that it would write.
 * @throws AgentError when UCL or the cluster cannot be read.
 */
export async function foreseeSync(
  { runtimeId, isSuspended, source, pruneNote, approvedIds }: ForesightInput,
  { reader, settings, time }: Pick<SyncParts, 'reader' | 'settings' | 'time'>,
  signal: AbortSignal,
): Promise<Foresight> {
  const startedAt = time.instant();
  const landscape = await source.readLandscape(signal);
  const cluster = await reader.snapshot(signal);
  const plan = planSync(landscape, cluster, settings.policy);
  const noted = readPruneNote(pruneNote);
  const memory = { ...emptySyncMemory, prune: { holds: [], ...noted } };
  const permission = await permit(
    { plan, landscape, startedAt, memory, approvedIds, source, keepPrune: async () => undefined },
    { settings, time },
    signal,
  );
  const permitted = selectPermitted(plan, landscape, permission);
  const { prunePolicy } = settings;
  const gaps = landscape.gaps.length;
  const known = new Set(noted.earlier.map(({ id }) => id));
  return {
    runtimeId,
    suspended: isSuspended,
    desired: plan.desiredCount,
    changes: permitted.map((action) => describeAction(action, cluster)),
    held: listWithheld(plan.actions, permitted).map(
      (action): HeldChange => ({
        ...describeAction(action, cluster),
        heldBy: findHeldBy(action, { plan, permission, known, prunePolicy, gaps }),
      }),
    ),
    labels: findWrongLabels(landscape, settings),
    failures: [...plan.failures],
    leftAlone: cluster.applications
      .filter((application) => isOurs(application) && isOptedOut(application))
      .map(({ metadata }) => metadata.name)
      .sort(),
  };
}

/** What of each action may not be done; an action that may be done in part is in both lists. */
function listWithheld(actions: readonly Action[], permitted: readonly Action[]): Action[] {
  const done = new Set(permitted.flatMap(({ steps }) => steps));
  return actions.flatMap((action) => {
    const steps = action.steps.filter((step) => !done.has(step));
    return steps.length === 0 ? [] : [{ ...action, steps }];
  });
}

interface Judgement {
  readonly plan: Plan;
  readonly permission: Permission;
  /** Ids of the holds that were there before. */
  readonly known: ReadonlySet<string>;
  readonly prunePolicy: SyncParts['settings']['prunePolicy'];
  readonly gaps: number;
}

function findHeldBy(action: Action, { plan, permission, known, prunePolicy, gaps }: Judgement): HeldBy {
  if (prunePolicy === 'upsert-only') return { rule: 'upsert-only' };
  if (gaps > 0) return { rule: 'incomplete', systems: gaps };
  if (permission.error !== undefined) return { rule: 'unsure', message: permission.error.error.message };
  const keys = toRemovedKeys(action);
  const hold = permission.memory.holds.find((each) => each.keys.some((key) => keys.includes(key)));
  if (hold === undefined) return { rule: 'still-assigned' };
  const until = hold.until === undefined ? {} : { until: toWholeSeconds(hold.until) };
  if (known.has(hold.id)) return { rule: 'hold', id: hold.id, since: toWholeSeconds(hold.since), ...until };
  return { rule: findHoldRule(plan, permission.memory.removals) ?? 'most', ...until };
}

function describeAction(action: Action, cluster: ClusterSnapshot): ForeseenChange {
  return {
    kind: action.kind,
    application: action.applicationName,
    system: action.systemName,
    systemId: action.applicationId,
    because: [...action.because],
    objects: action.steps.map((step) => describeStep(step, cluster)),
  };
}

function describeStep(step: Step, { applications }: ClusterSnapshot): ForeseenObject {
  switch (step.do) {
    case 'create-application':
      return { do: 'create', kind: 'Application', name: step.manifest.metadata.name, fields: [] };
    case 'update-application': {
      const { name } = step.resource.metadata;
      const present = applications.find(({ metadata }) => metadata.name === name);
      const paths = present === undefined ? step.change.fields : listChangedFields(step.resource, present);
      return { do: 'update', kind: 'Application', name, fields: paths.map(toPathText) };
    }
    case 'create-secret': {
      const keys = Object.keys(step.manifest.data ?? {}).sort();
      return { do: 'create', kind: 'Secret', name: step.manifest.metadata.name, fields: keys.map(toDataPath) };
    }
    case 'update-secret': {
      const { name } = step.resource.metadata;
      return { do: 'update', kind: 'Secret', name, fields: step.change.fields.map(toPathText) };
    }
    case 'delete-secret':
      return { do: 'delete', kind: 'Secret', name: step.name, fields: [] };
    case 'delete-application':
      return { do: 'delete', kind: 'Application', name: step.name, fields: [] };
  }
}

function toDataPath(key: string): string {
  return toPathText(['data', key]);
}
