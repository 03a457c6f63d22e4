import { calledOff } from '../time/time.ts';
import type { RunFacts } from './run-facts.ts';

/**
 * Does the work, and tells while it goes on that it takes long.
 * @param untilLong Ends when that is to be told, or when its signal aborts.
 */
export async function tellingLongWork<T extends { readonly facts: RunFacts }>(
  work: () => Promise<T>,
  tell: () => Promise<RunFacts>,
  untilLong: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<T> {
  const over = new AbortController();
  const ended = AbortSignal.any([signal, over.signal]);
  const telling = untilLong(ended).then(() => (ended.aborted ? undefined : tell()));
  // It must not reject before somebody waits for it.
  telling.catch(() => undefined);
  try {
    const done = await work();
    over.abort(calledOff);
    const { told, toldAt } = (await telling) ?? {};
    return { ...done, facts: { ...done.facts, ...(told && { told }), ...(toldAt && { toldAt }) } };
  } finally {
    over.abort(calledOff);
  }
}
