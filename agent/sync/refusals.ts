import type { SystemFailure } from '../domain/connection-status.ts';
import { toWholeSeconds } from '../errors/explain.ts';
import type { Instant } from '../time/time.ts';
import { type Action, type Step, toWrite } from './action.ts';
import type { ActionResult } from './apply-actions.ts';
import type { Moment } from './holds.ts';
import { toGrowingPauseMs } from './to-growing-pause-ms.ts';

/**
 * Objects whose write the API server refused for what is in it: the same would be refused again, so that it is tried ever
 * more rarely, and at once when UCL describes the system otherwise.
 */

/** The last refusal of an object, as long as the same is to be written. */
export interface RefusedWrite {
  /** Stands for what was to be written. */
  readonly wanted: string;
  readonly failure: SystemFailure;
  /** In a row, of the same. */
  readonly refusals: number;
  readonly refusedAt: Instant;
}

/** By object: `Application mp-one`, `Secret mp-one-...`. */
export type Refusals = ReadonlyMap<string, RefusedWrite>;

/** What refuses it, a policy say, may be put right meanwhile. */
const pauses = { firstMs: 4 * 60_000, longestMs: 15 * 60_000 };

/** The actions without the writes that wait, and without what would come after them in the same action. Pure. */
export function withoutRefused(actions: readonly Action[], refusals: Refusals, now: Instant): Action[] {
  return actions.flatMap((action) => {
    const first = action.steps.findIndex((step) => waits(step, refusals, now));
    if (first < 0) return [action];
    return first === 0 ? [] : [{ ...action, steps: action.steps.slice(0, first) }];
  });
}

/** What is still refused of that which was to be written, before it is tried. Pure. */
export function stillRefused(refusals: Refusals, actions: readonly Action[]): Refusals {
  const writes = actions.flatMap(({ steps }) => steps.flatMap((step) => toWrite(step) ?? []));
  const wanted = new Map(writes.map((write) => [write.object, write.wanted]));
  return new Map([...refusals].filter(([object, refused]) => wanted.get(object) === refused.wanted));
}

/** The refusals after these writes. Pure. */
export function rememberRefusals(refusals: Refusals, results: readonly ActionResult[], now: Instant): Refusals {
  const after = new Map(refusals);
  for (const { written, refused, failure } of results) {
    for (const { object } of written) after.delete(object);
    if (refused === undefined || failure === undefined) continue;
    const { object, wanted } = refused;
    const before = after.get(object);
    const count = before?.wanted === wanted ? before.refusals : 0;
    after.set(object, { wanted, failure, refusals: count + 1, refusedAt: now });
  }
  return after;
}

/** The failures of the writes that wait: those that were not tried now. Pure. */
export function explainRefusals(refusals: Refusals, { now, instant }: Moment): SystemFailure[] {
  return [...refusals.values()].flatMap((refused) => {
    const waitMs = toNextTryAt(refused) - instant;
    if (refused.refusedAt === instant || waitMs <= 0) return [];
    const nextAt = toWholeSeconds(new Date(now.getTime() + waitMs));
    const { failure } = refused;
    const nextTry = `The same is tried again at ${nextAt} at the earliest.`;
    return [{ ...failure, message: `${failure.message} ${nextTry}` }];
  });
}

/** When the first of the writes that wait may be tried; undefined: none waits. Pure. */
export function toFirstTryAt(refusals: Refusals, now: Instant): Instant | undefined {
  const ahead = [...refusals.values()].map(toNextTryAt).filter((instant) => instant > now);
  return ahead.length === 0 ? undefined : Math.min(...ahead);
}

function waits(step: Step, refusals: Refusals, now: Instant): boolean {
  const write = toWrite(step);
  const refused = write && refusals.get(write.object);
  return refused !== undefined && refused.wanted === write?.wanted && now < toNextTryAt(refused);
}

function toNextTryAt({ refusals, refusedAt }: RefusedWrite): Instant {
  return refusedAt + toGrowingPauseMs(refusals - 1, pauses);
}
