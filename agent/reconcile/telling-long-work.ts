import { calledOff } from '../time/time.ts';
import type { Doers } from './doers.ts';
import type { RunFacts } from './run-facts.ts';

interface Work {
  readonly facts: RunFacts;
  /** When work was told last that took long, by the wall clock. */
  readonly before: Date | undefined;
  readonly doers: Pick<Doers, 'untilLong'>;
}

/** Where UCL is slow and fails at once, each read would be told twice. */
const pauseMs = 60_000;

/** Does the work, and tells while it goes on that it takes long, once a minute at most. */
export async function tellingLongWork<T extends { readonly facts: RunFacts }>(
  work: () => Promise<T>,
  tell: () => Promise<RunFacts>,
  { facts, before, doers }: Work,
  signal: AbortSignal,
): Promise<T> {
  if (before !== undefined && Math.abs(facts.at.getTime() - before.getTime()) < pauseMs) return work();
  const over = new AbortController();
  const ended = AbortSignal.any([signal, over.signal]);
  const telling = doers.untilLong(ended).then(() => (ended.aborted ? undefined : tell()));
  // It must not reject before somebody waits for it.
  telling.catch(() => undefined);
  try {
    const done = await work();
    over.abort(calledOff);
    const meanwhile = await telling;
    if (meanwhile === undefined) return done;
    const { told, writtenAt = [] } = meanwhile;
    const known = { ...done.facts, writtenAt };
    return { ...done, facts: told === undefined ? known : { ...known, told, longWorkToldAt: facts.at } };
  } finally {
    over.abort(calledOff);
  }
}
