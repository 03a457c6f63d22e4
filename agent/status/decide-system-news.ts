import type { SystemFailure } from '../domain/connection-status.ts';
import type { HeldRemoval } from '../sync/sync-facts.ts';

/** What is known of the systems one by one. */
export interface KnownSystems {
  readonly failures: readonly SystemFailure[];
  readonly holds: readonly Pick<HeldRemoval, 'id' | 'applicationNames'>[];
}

/** The same after a sync, and what tells an end from a removal. */
export interface SystemsNow extends Pick<KnownSystems, 'failures'> {
  readonly held: readonly HeldRemoval[];
  /** Ids of the holds that ended, so that what was held goes. */
  readonly ended: ReadonlySet<string>;
  /** Ids of the systems that UCL assigns. */
  readonly assigned: ReadonlySet<string>;
}

/** What became otherwise with one system or one hold. */
export type SystemNews =
  /** It begins to fail, or fails for a reason that it did not have before. */
  | { readonly news: 'failing'; readonly failure: SystemFailure; readonly formerReasons: readonly string[] }
  | { readonly news: 'recovered'; readonly failure: SystemFailure; readonly formerReasons: readonly string[] }
  /** UCL does not assign it any more; until then it failed. */
  | { readonly news: 'left'; readonly failure: SystemFailure; readonly formerReasons: readonly string[] }
  | { readonly news: 'held'; readonly hold: HeldRemoval }
  /** These are not to be removed any more. */
  | { readonly news: 'kept'; readonly holdId: string; readonly applicationNames: readonly string[] };

/** What people have to be told of the difference, each thing once for its cause. Pure. */
export function decideSystemNews(before: KnownSystems, after: SystemsNow): SystemNews[] {
  return [...decideFailing(before, after), ...decideEnded(before, after), ...decideHeld(before, after)];
}

function decideFailing(before: KnownSystems, after: SystemsNow): SystemNews[] {
  const known = bySystem(before.failures);
  return [...bySystem(after.failures)].flatMap(([id, failures]) => {
    const formerReasons = toReasons(known.get(id));
    const reasons = new Set(formerReasons);
    return failures
      .filter(({ reason }, index) => {
        const isFirst = failures.findIndex((other) => other.reason === reason) === index;
        return isFirst && !reasons.has(reason);
      })
      .map((failure): SystemNews => ({ news: 'failing', failure, formerReasons }));
  });
}

function decideEnded(before: KnownSystems, after: SystemsNow): SystemNews[] {
  const failing = bySystem(after.failures);
  return [...bySystem(before.failures)].flatMap(([id, [failure, ...others]]): SystemNews[] => {
    if (failure === undefined || failing.has(id)) return [];
    const formerReasons = toReasons([failure, ...others]);
    return [{ news: after.assigned.has(id) ? 'recovered' : 'left', failure, formerReasons }];
  });
}

function decideHeld(before: KnownSystems, after: SystemsNow): SystemNews[] {
  const known = new Map(before.holds.map(({ id, applicationNames }) => [id, applicationNames]));
  const present = new Map(after.held.map(({ id, applicationNames }) => [id, new Set(applicationNames)]));
  const begun = after.held.filter(({ id }) => !known.has(id)).map((hold): SystemNews => ({ news: 'held', hold }));
  const kept = [...known].flatMap(([holdId, names]): SystemNews[] => {
    if (after.ended.has(holdId)) return [];
    const gone = names.filter((name) => present.get(holdId)?.has(name) !== true);
    return gone.length === 0 ? [] : [{ news: 'kept', holdId, applicationNames: gone }];
  });
  return [...begun, ...kept];
}

function bySystem(failures: readonly SystemFailure[]): Map<string, SystemFailure[]> {
  return Map.groupBy(failures, ({ applicationId }) => applicationId);
}

function toReasons(failures: readonly SystemFailure[] = []): string[] {
  return [...new Set(failures.map(({ reason }) => reason))];
}
