import type { Instant } from '../time/time.ts';
import { type Action, type Step, toWrite, type WrittenChange } from './action.ts';
import type { ActionResult } from './apply-actions.ts';
import type { FieldPath } from './field-difference.ts';
import { toGrowingPauseMs } from './to-growing-pause-ms.ts';

/**
 * Objects that somebody changes back each time the agent writes them: another controller, or a mutating webhook. To write
 * them with each sync would help nobody, so it is done ever more rarely, and told.
 */

/** Who changes the object: known by the answer to our own write, or by what the API server noted. */
export type Rival = { readonly kind: 'admission' } | { readonly kind: 'manager'; readonly name: string | undefined };

/** What is remembered of the writes of one object, as long as the same is wanted of it. */
export interface Rivalry {
  readonly applicationId: string;
  readonly systemName: string;
  /** Stands for what is wanted. */
  readonly wanted: string;
  readonly writes: number;
  readonly lastWriteAt: Instant;
  /** How many of the writes did not last. */
  readonly futile: number;
  /** What was found changed the last time. */
  readonly fields: readonly FieldPath[];
  /** All that is wanted is there, with something beside it. */
  readonly isAddition: boolean;
  /** The object is not as it is wanted to be. */
  readonly isStanding: boolean;
  /** undefined: not found out yet. */
  readonly by: Rival | undefined;
}

/** By object: `Application mp-one`, `Secret mp-one-...`. */
export type Rivalries = ReadonlyMap<string, Rivalry>;

/** People edit too: what does not last for the second time is no person's doing. */
const patientWrites = 2;
const pauses = { firstMs: 60_000, longestMs: 15 * 60_000 };
/** Whoever has left the object alone for so long is no rival any more. */
const quietMs = 60 * 60_000;

/** The rivalries once it is known what differs now. Pure. */
export function noticeUndone(rivalries: Rivalries, actions: readonly Action[]): Rivalries {
  const differing = new Map(actions.flatMap(({ steps }) => steps.flatMap(toUpdates)));
  const notice = (object: string, rivalry: Rivalry): Rivalry => {
    const change = differing.get(object);
    if (change?.wanted !== rivalry.wanted) return { ...rivalry, isStanding: false };
    const isNews = rivalry.futile < rivalry.writes;
    const { fields, isAddition } = change;
    const by = isNews ? undefined : rivalry.by;
    return { ...rivalry, futile: rivalry.writes, fields, isAddition, isStanding: true, by };
  };
  return new Map([...rivalries].map(([object, rivalry]) => [object, notice(object, rivalry)] as const));
}

/** The actions without the writes that have to wait. Pure. */
export function withoutWaiting(actions: readonly Action[], rivalries: Rivalries, now: Instant): Action[] {
  const waits = (step: Step) =>
    toUpdates(step).some(([object, { wanted }]) => {
      const rivalry = rivalries.get(object);
      return rivalry !== undefined && rivalry.wanted === wanted && now < toNextWriteAt(rivalry);
    });
  return actions.flatMap((action) => {
    const steps = action.steps.filter((step) => !waits(step));
    return steps.length === 0 ? [] : [{ ...action, steps }];
  });
}

/** The rivalries after these writes. Pure. */
export function rememberWrites(rivalries: Rivalries, results: readonly ActionResult[], now: Instant): Rivalries {
  const kept = [...rivalries].filter(([, { isStanding, lastWriteAt }]) => isStanding || now - lastWriteAt < quietMs);
  const after = new Map(kept);
  for (const { action, written } of results) {
    for (const { object, wanted, undone, isAddition, isNew } of written) {
      const before = after.get(object);
      const isSame = before?.wanted === wanted;
      const isUndone = undone.length > 0;
      // Whoever changes what was made just now has not undone a change yet.
      const writes = (isSame ? before.writes : 0) + (isNew && !isUndone ? 0 : 1);
      if (writes === 0) {
        // Nothing follows from that, and after a first sync it would be kept of every object.
        after.delete(object);
        continue;
      }
      const base = { applicationId: action.applicationId, systemName: action.systemName, wanted };
      after.set(object, {
        ...base,
        writes,
        lastWriteAt: now,
        futile: isUndone ? writes : isSame ? before.futile : 0,
        fields: isUndone ? undone : isSame ? before.fields : [],
        isAddition: isUndone ? isAddition : isSame && before.isAddition,
        isStanding: isUndone,
        by: isUndone ? { kind: 'admission' } : isSame ? before.by : undefined,
      });
    }
  }
  return after;
}

/** Whether people are told of it: what the answer to a write shows is beyond doubt, anything else must have happened twice. */
export function isTold(rivalry: Rivalry, now: Instant): boolean {
  const { futile, by, isStanding, lastWriteAt } = rivalry;
  if (futile < (by?.kind === 'admission' ? 1 : patientWrites)) return false;
  return isStanding || now - lastWriteAt < 2 * toPauseMs(rivalry);
}

/** When the object may be written again with the same. Pure. */
export function toNextWriteAt(rivalry: Rivalry): Instant {
  return rivalry.futile < patientWrites ? rivalry.lastWriteAt : rivalry.lastWriteAt + toPauseMs(rivalry);
}

/** When the first of the writes that wait may be tried; undefined: none waits. Pure. */
export function toFirstWriteAt(rivalries: Rivalries, now: Instant): Instant | undefined {
  const waiting = [...rivalries.values()].filter(({ isStanding }) => isStanding).map(toNextWriteAt);
  const ahead = waiting.filter((instant) => instant > now);
  return ahead.length === 0 ? undefined : Math.min(...ahead);
}

function toPauseMs({ futile }: Rivalry): number {
  return toGrowingPauseMs(futile - patientWrites, pauses);
}

function toUpdates(step: Step): [string, WrittenChange][] {
  const write = toWrite(step);
  return write !== undefined && 'change' in step ? [[write.object, step.change]] : [];
}
