import { describe, expect, it } from 'vitest';
import { type OpenedPage, readAhead } from '../../../agent/compass/read-ahead.ts';
import { ListMoved, type Position } from '../../../agent/compass/read-to-end.ts';

interface Item {
  readonly id: string;
}

interface Staged {
  readonly ids: readonly string[];
  /** In place of what a list of these pages would say. */
  readonly head?: Partial<OpenedPage<Item>['head']>;
  /** Thrown when its items are read. */
  readonly unreadable?: Error;
  /** Thrown when it is asked for. */
  readonly missing?: Error;
  /** Comes only when it is given up. */
  readonly hangs?: boolean;
}

/** A list in such pages, and what happens to it, in order. */
function stage(pages: readonly Staged[]) {
  const happened: string[] = [];
  let open = 0;
  let mostOpen = 0;
  const total = pages.reduce((sum, { ids }) => sum + ids.length, 0);
  const openPage = async ({ after, offset }: Position, signal: AbortSignal): Promise<OpenedPage<Item>> => {
    const index = Number(after);
    const page = pages[index];
    if (page === undefined) throw new Error(`there is no page ${after}`);
    happened.push(`ask ${index}`);
    open += 1;
    mostOpen = Math.max(mostOpen, open);
    try {
      if (page.hangs === true) await aborted(signal);
      signal.throwIfAborted();
      if (page.missing !== undefined) throw page.missing;
    } catch (error: unknown) {
      happened.push(`end ${index}`);
      throw error;
    } finally {
      open -= 1;
    }
    const isLast = index === pages.length - 1;
    return {
      head: { totalCount: total, hasNextPage: !isLast, endCursor: isLast ? '' : String(index + 1), ...page.head },
      count: page.ids.length,
      takeItems() {
        happened.push(`read ${index} at ${offset}`);
        if (page.unreadable !== undefined) throw page.unreadable;
        return page.ids.map((id) => ({ id }));
      },
    };
  };
  const read = (signal = new AbortController().signal) =>
    readAhead(
      openPage,
      (items) => {
        if (items > 100) throw new Error('too much is promised');
      },
      signal,
    );
  return { happened, read, mostOpen: () => mostOpen };
}

/** Ends a turn of the event loop after the signal, as a connection does that is given up. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => setImmediate(resolve), { once: true }));
}

describe('a list that is read ahead', () => {
  it('asks for each page before the one before is read, and for no more than one', async () => {
    const { happened, read, mostOpen } = stage([{ ids: ['a', 'b'] }, { ids: ['c'] }, { ids: ['d', 'e'] }]);
    expect(await read()).toEqual(['a', 'b', 'c', 'd', 'e'].map((id) => ({ id })));
    expect(happened).toEqual(['ask 0', 'ask 1', 'read 0 at 0', 'ask 2', 'read 1 at 2', 'read 2 at 3']);
    expect(mostOpen()).toBe(1);
  });

  it.each<[string, Staged, string]>([
    ['promises too much', { ids: ['a'], head: { totalCount: 101 } }, 'too much is promised'],
    ['has no cursor', { ids: ['a'], head: { endCursor: '' } }, 'a page led nowhere'],
    ['is empty', { ids: [] }, 'an empty page promised more'],
    ['holds more than the total', { ids: ['a', 'b'], head: { totalCount: 1 } }, 'there are more items than the total'],
  ])('asks for nothing after a page that %s', async (_, page, message) => {
    const { happened, read } = stage([page, { ids: ['z'] }]);
    await expect(read()).rejects.toThrow(message);
    expect(happened).toEqual(['ask 0']);
  });

  it('asks for no page twice', async () => {
    const { happened, read } = stage([{ ids: ['a'] }, { ids: ['b'], head: { endCursor: '1' } }, { ids: ['c'] }]);
    await expect(read()).rejects.toThrow('a page led nowhere');
    expect(happened).toEqual(['ask 0', 'ask 1', 'read 0 at 0']);
  });

  it('gives the next page up, and waits for its end, where this one cannot be read', async () => {
    const { happened, read } = stage([
      { ids: ['a'], unreadable: new Error('unreadable') },
      { ids: ['b'], hangs: true },
    ]);
    await expect(read()).rejects.toThrow('unreadable');
    expect(happened).toEqual(['ask 0', 'ask 1', 'read 0 at 0', 'end 1']);
  });

  it('gives the next page up where an item of this one came before', async () => {
    const { happened, read } = stage([{ ids: ['a'] }, { ids: ['a'] }, { ids: ['b'], hangs: true }]);
    await expect(read()).rejects.toBeInstanceOf(ListMoved);
    expect(happened).toEqual(['ask 0', 'ask 1', 'read 0 at 0', 'ask 2', 'read 1 at 1', 'end 2']);
  });

  it('tells what is wrong with this page, whatever the next one came to meanwhile', async () => {
    const next = { ids: ['b'], missing: new Error('missing') };
    await expect(stage([{ ids: ['a'], unreadable: new Error('unreadable') }, next]).read()).rejects.toThrow(
      'unreadable',
    );
    const { happened, read } = stage([{ ids: ['a'] }, next]);
    await expect(read()).rejects.toThrow('missing');
    expect(happened).toEqual(['ask 0', 'ask 1', 'end 1', 'read 0 at 0']);
  });

  it('ends with the signal', async () => {
    const leaving = new AbortController();
    const { happened, read } = stage([{ ids: ['a'] }, { ids: ['b'], hangs: true }]);
    const reading = read(leaving.signal);
    await new Promise(setImmediate);
    leaving.abort(new Error('leaving'));
    await expect(reading).rejects.toThrow('leaving');
    expect(happened).toEqual(['ask 0', 'ask 1', 'read 0 at 0', 'end 1']);
  });
});
