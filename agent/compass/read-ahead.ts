import { ListInPages, type PageHead, type Position } from './read-to-end.ts';

/** A page that has come; what it holds is still to be read. */
export interface OpenedPage<T> {
  readonly head: PageHead;
  readonly count: number;
  /** Reads the items, once: the page lets go of them. */
  takeItems(): readonly T[];
}

/**
 * Reads a list to its end, as `readToEnd` does, and asks for each page while the one before is read. What fails first in
 * the order of the pages is what it throws; by then no request is under way.
 */
export async function readAhead<T extends { readonly id: string }>(
  open: (position: Position, signal: AbortSignal) => Promise<OpenedPage<T>>,
  checkPromise: (items: number) => void,
  signal: AbortSignal,
): Promise<T[]> {
  const list = new ListInPages<T>(checkPromise);
  const failure = new AbortController();
  const untilFailure = AbortSignal.any([signal, failure.signal]);
  let underWay: Promise<OpenedPage<T>> | undefined = open({ after: '', offset: 0 }, untilFailure);
  try {
    while (underWay !== undefined) {
      const page: OpenedPage<T> = await underWay;
      const next = list.follow(page.head, page.count);
      underWay = next && open(next, untilFailure);
      // It may fail while this page is read; its turn to be told comes after that.
      underWay?.catch(() => undefined);
      await writeOut();
      list.take(page.takeItems());
    }
  } catch (error: unknown) {
    failure.abort();
    await underWay?.catch(() => undefined);
    throw error;
  }
  return list.items;
}

/** A request stands on a kept connection once what is ready to run has run; reading a page holds everything up. */
function writeOut(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
