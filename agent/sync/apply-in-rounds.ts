import { findManager } from '../domain/find-manager.ts';
import type { Landscape } from '../domain/landscape.ts';
import type { Logger } from '../log/logger.ts';
import type { Instant } from '../time/time.ts';
import { type Action, removesApplication } from './action.ts';
import type { ApplicationWriter, ClusterSnapshot } from './application-writer.ts';
import { type ActionResult, applyActions } from './apply-actions.ts';
import { toRemovedKeys } from './deletion-policy.ts';
import { explainRivalries } from './explain-rivalries.ts';
import { toPathText } from './field-difference.ts';
import type { Moment } from './holds.ts';
import { listApplications, listChanges, toGoneChanges } from './list-changes.ts';
import { noteChanges } from './note-changes.ts';
import { orFailure } from './or-failure.ts';
import { isOurs, isTerminating, systemIdOf } from './ownership.ts';
import type { Plan } from './plan-sync.ts';
import {
  explainRefusals,
  type Refusals,
  rememberRefusals,
  stillRefused,
  toFirstTryAt,
  withoutRefused,
} from './refusals.ts';
import {
  isTold,
  noticeUndone,
  type Rivalries,
  type Rivalry,
  rememberWrites,
  toFirstWriteAt,
  withoutWaiting,
} from './rivalries.ts';
import type { ApplicationChange, LeavingApplication, SyncResult } from './sync-facts.ts';
import type { SyncMemory } from './sync-memory.ts';
import type { SyncParts } from './sync-parts.ts';

/** An object that changed under a planned write is planned for again, so often. */
const roundLimit = 3;
/** In which the watch tells what somebody else has written. */
const staleDelayMs = 200;

export interface RoundsInput {
  readonly landscape: Landscape;
  readonly memory: Pick<SyncMemory, 'rivalries' | 'refusals' | 'leaving'>;
  /** A person asked for it: nothing waits. */
  readonly isAskedFor: boolean;
  /** After how long a write that failed is due again without a read of UCL; undefined: the next sync makes it. */
  readonly retryMs: number | undefined;
  /** What of a plan may be applied. */
  readonly select: (plan: Plan) => Promise<readonly Action[]>;
}

/**
 * Plans and applies until nobody writes in between.
 * @throws AgentError when the cluster cannot be read, and the reason of an aborted `signal`.
 */
export async function applyInRounds(input: RoundsInput, parts: SyncParts, signal: AbortSignal): Promise<SyncResult> {
  const { landscape } = input;
  const { settings, time } = parts;
  const applied = { create: 0, update: 0, rename: 0, delete: 0, collect: 0 };
  let { rivalries, refusals, leaving } = input.memory;
  const changes: ApplicationChange[] = [];
  const removed: string[] = [];
  let settled: SyncResult | undefined;
  for (let round = 1; ; round += 1) {
    const read = await orFailure(parts.reader.snapshot(signal), 'Reading the cluster', signal);
    if (!('value' in read)) {
      // What the round before did stays done, and is reported.
      if (settled !== undefined) return settled;
      throw read.error;
    }
    const plan = parts.plan(landscape, read.value, settings.policy);
    const gone = findGone(leaving, read.value);
    applied.delete += gone.length;
    changes.push(...toGoneChanges(gone));
    for (const application of gone) parts.log.info('An Application that was being deleted is gone', { ...application });
    const noticed = await nameRivals(noticeUndone(rivalries, plan.actions), parts, signal);
    const selected = await input.select(plan);
    const standing = stillRefused(refusals, selected);
    const actions = input.isAskedFor ? selected : withoutAnyWaiting(selected, noticed, standing, time.instant());
    const { concurrency } = settings;
    const at = time.now();
    // Each as it is begun: all of them at once would be a second copy of what is written.
    const toWritten = (action: Action) => noteChanges(action, at);
    // Lines that all come at the end would be more than the log can take at once.
    const onResult = (result: ActionResult) => logResult(parts.log, result);
    const results = await applyActions(actions, parts.applications, { concurrency, signal, toWritten, onResult });
    removed.push(...results.flatMap((result) => toRemovedKeys(result.action).slice(0, result.removed)));
    for (const result of results) {
      if (result.failure === undefined && !isUnderWay(result)) applied[result.action.kind] += 1;
    }
    changes.push(...listChanges(results, read.value));
    leaving = findLeaving(leaving, landscape, plan, read.value, results);
    const moment = { now: time.now(), instant: time.instant() };
    rivalries = rememberWrites(noticed, results, moment.instant);
    refusals = rememberRefusals(standing, results, moment.instant);
    logRivalries(parts.log, input.memory.rivalries, rivalries, moment);
    const applications = () => listApplications(results, read.value);
    const counted = { applied: { ...applied }, changes: [...changes], applications, removed: [...removed] };
    const done = { ...counted, actions: selected, results, rivalries, refusals, leaving };
    const isFailed = input.retryMs !== undefined && results.some(({ failure }) => failure !== undefined);
    const retryAt = isFailed ? moment.instant + input.retryMs : Number.POSITIVE_INFINITY;
    settled = toResult(landscape, plan, done, moment, retryAt);
    if (!results.some(({ isStale }) => isStale) || round === roundLimit || signal.aborted) return settled;
    await time.sleepUntil(time.instant() + staleDelayMs, signal);
  }
}

function withoutAnyWaiting(
  actions: readonly Action[],
  rivalries: Rivalries,
  refusals: Refusals,
  now: Instant,
): Action[] {
  return withoutRefused(withoutWaiting(actions, rivalries, now), refusals, now);
}

/** Finds out who changes what back, by what the API server noted; it is not worth a failure where that cannot be read. */
async function nameRivals(
  rivalries: Rivalries,
  { applications, time }: Pick<SyncParts, 'applications' | 'time'>,
  signal: AbortSignal,
): Promise<Rivalries> {
  const named = new Map(rivalries);
  for (const [object, rivalry] of rivalries) {
    if (rivalry.by !== undefined || !rivalry.isStanding || !isTold(rivalry, time.instant())) continue;
    named.set(object, { ...rivalry, by: await findRival(object, rivalry, applications, signal) });
  }
  return named;
}

async function findRival(
  object: string,
  { fields }: Rivalry,
  applications: ApplicationWriter,
  signal: AbortSignal,
): Promise<NonNullable<Rivalry['by']>> {
  const read = await orFailure(applications.readManagedFields(object, signal), 'Reading who set a field', signal);
  const managedFields = 'value' in read ? read.value : [];
  const names = fields.flatMap((path) => findManager({ name: object, managedFields }, path.map(String)) ?? []);
  return { kind: 'manager', name: names[0] };
}

/** A mere removal that finalizers keep is not done yet. */
function isUnderWay({ action, kept }: ActionResult): boolean {
  return action.kind === 'delete' && kept.length > 0;
}

function findGone(leaving: readonly LeavingApplication[], { applications }: ClusterSnapshot): LeavingApplication[] {
  if (leaving.length === 0) return [];
  const present = new Set(applications.map(({ metadata }) => metadata.uid));
  return leaving.filter(({ uid }) => !present.has(uid));
}

/** Applications on their way out: known ones, those whose deletion was asked for now, and those that an earlier life left. */
function findLeaving(
  known: readonly LeavingApplication[],
  landscape: Landscape,
  plan: Plan,
  { applications }: ClusterSnapshot,
  results: readonly ActionResult[],
): LeavingApplication[] {
  const asked = results
    .filter(isUnderWay)
    .flatMap(({ action, kept }) => kept.map(({ uid, name }) => ({ uid, name, applicationId: action.applicationId })));
  // Nobody looks at each Application where the plan is the one of before.
  if (plan.terminating.length === 0) return asked;
  const terminating = applications.filter((application) => isOurs(application) && isTerminating(application));
  const knownUids = new Set(known.map(({ uid }) => uid));
  const assigned = new Set([
    ...landscape.applications.map(({ id }) => id),
    ...landscape.gaps.map(({ applicationId }) => applicationId),
  ]);
  const present = terminating
    .map((application) => ({
      uid: application.metadata.uid ?? '',
      name: application.metadata.name,
      applicationId: systemIdOf(application),
    }))
    .filter(({ uid, applicationId }) => knownUids.has(uid) || !assigned.has(applicationId));
  return [...present, ...asked];
}

function logResult(log: Logger, result: ActionResult): void {
  const { action, failure, kept } = result;
  const { kind, applicationId, applicationName, because } = action;
  // Whoever remembers what failed before tells what is news; a later round may still mend this.
  if (failure !== undefined) log.debug('A write failed', { ...failure });
  for (const { name, finalizers } of kept)
    log.info('An Application is being deleted, and finalizers keep it', { name, finalizers });
  if (failure !== undefined || isUnderWay(result)) return;
  if (kind === 'update') log.debug('Applied', { kind, applicationId, applicationName, because });
  else log.info('Applied', { kind, applicationId, applicationName, because });
}

function logRivalries(log: Logger, before: Rivalries, after: Rivalries, { instant }: Moment): void {
  for (const [object, rivalry] of after) {
    const known = before.get(object);
    if (!isTold(rivalry, instant) || (known !== undefined && isTold(known, instant))) continue;
    const { fields, by, writes } = rivalry;
    const rival = by?.kind === 'manager' ? by.name : by?.kind;
    log.warn('Something changes back what the agent writes', {
      reason: 'ChangedByOthers',
      object,
      fields: fields.map(toPathText),
      by: rival,
      writes,
    });
  }
}

/** What of a plan was applied, and what came of it. */
interface Applied {
  readonly actions: readonly Action[];
  readonly results: readonly ActionResult[];
  readonly applied: SyncResult['applied'];
  readonly changes: SyncResult['changes'];
  readonly applications: SyncResult['applications'];
  readonly removed: readonly string[];
  readonly rivalries: Rivalries;
  readonly refusals: Refusals;
  readonly leaving: readonly LeavingApplication[];
}

function toLeftBehind(plan: Plan, actions: readonly Action[]): string[] {
  const toRenamed = (all: readonly Action[]) =>
    all.filter((action) => action.kind === 'rename' && removesApplication(action)).map((one) => one.applicationId);
  const removed = new Set(toRenamed(actions));
  return toRenamed(plan.actions).filter((id) => !removed.has(id));
}

function toResult(
  landscape: Landscape,
  plan: Plan,
  { actions, results, applied, changes, applications, removed, rivalries, refusals, leaving }: Applied,
  moment: Moment,
  retryAt: Instant,
): SyncResult {
  const kept = results.flatMap((result) => result.kept.map(({ name, finalizers }) => ({ name, finalizers })));
  const told = explainRivalries(rivalries, moment);
  const waiting = [toFirstWriteAt(rivalries, moment.instant), toFirstTryAt(refusals, moment.instant), retryAt];
  const nextWriteAt = Math.min(...waiting.filter((instant) => instant !== undefined));
  return {
    desired: plan.desiredCount,
    failures: [
      ...plan.failures,
      ...results.flatMap(({ failure }) => (failure === undefined ? [] : [failure])),
      ...told.failures,
      ...explainRefusals(refusals, moment),
    ],
    remarks: told.remarks,
    gaps: landscape.gaps.length,
    applied,
    changes,
    applications,
    removed,
    leaving,
    terminating: [...plan.terminating, ...kept],
    leftBehind: toLeftBehind(plan, actions),
    rivalries,
    refusals,
    nextWriteAt: Number.isFinite(nextWriteAt) ? nextWriteAt : undefined,
  };
}
