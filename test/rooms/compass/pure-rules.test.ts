import { describe, expect, it } from 'vitest';
import { CompassError } from '../../../agent/compass/compass-error.ts';
import { isCutOff, isSilent, isTooLarge, PageSize } from '../../../agent/compass/page-size.ts';
import { parseRetryAfter } from '../../../agent/compass/parse-retry-after.ts';
import { ListMoved, type Page, readToEnd } from '../../../agent/compass/read-to-end.ts';
import { SpoiltPlaces } from '../../../agent/compass/spoilt-places.ts';
import { toSafeMessage } from '../../../agent/compass/to-safe-message.ts';
import type { WireFailure } from '../../../agent/compass/wire-failure.ts';

describe('Retry-After', () => {
  const now = new Date('2026-11-22T12:00:00Z');
  it.each([
    ['30', 30_000],
    [' 0 ', 0],
    ['999999999', 3_600_000],
    ['Sun, 22 Nov 2026 12:01:00 GMT', 60_000],
    ['Sun, 22 Nov 2026 11:00:00 GMT', 0],
    ['Mon, 22 Nov 2027 12:00:00 GMT', 3_600_000],
    ['soon', undefined],
    ['30 apples', undefined],
    ['about 30', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s is %s ms', (value, expected) => {
    expect(parseRetryAfter(value, now)).toBe(expected);
  });
});

describe('a message of Compass', () => {
  it('is shown as it is where it is short and plain', () => {
    const message = 'Invalid data [reason=runtime does not exist]';
    expect(toSafeMessage(message, 22)).toBe(message);
  });

  it('loses its reason where it is an internal error, and keeps the id that support asks for', () => {
    const id = '29417d41-fa5c-4f19-9500-d7358fec41a0';
    expect(toSafeMessage(`Internal Server Error [errorID=${id}, reason: password x]`, 10)).toBe(
      `Internal Server Error [errorID=${id}]`,
    );
    expect(toSafeMessage('password x', 10)).toBe('Internal Server Error');
  });

  it('loses control characters, key material and everything beyond 200 characters', () => {
    expect(toSafeMessage('a\u0000\u001b[31m\nb\u2028c', 22)).toBe('a [31m b c');
    expect(toSafeMessage(`x ${'A'.repeat(88)}== y`, undefined)).toBe('x [cut] y');
    expect(toSafeMessage('x -----BEGIN RSA PRIVATE KEY-----\nabc', undefined)).toBe('x [cut]');
    expect(toSafeMessage('word '.repeat(100), 22)).toHaveLength(200);
  });
});

describe('the page size', () => {
  it('halves down to ten and grows back to where it was', () => {
    const size = new PageSize(200);
    const seen = [size.current];
    while (size.shrink()) seen.push(size.current);
    expect(seen).toEqual([200, 100, 50, 25, 12, 10]);
    const grown: number[] = [];
    for (let read = 0; read < 31; read += 1) {
      size.grow();
      grown.push(size.current);
    }
    expect(grown.slice(0, 15)).toEqual([10, 10, 20, 20, 20, 40, 40, 40, 80, 80, 80, 160, 160, 160, 200]);
    expect(size.current).toBe(200);
  });

  it('counts only the whole reads since it last shrank', () => {
    const size = new PageSize(40);
    size.shrink();
    size.grow();
    size.grow();
    size.shrink();
    size.grow();
    size.grow();
    expect(size.current).toBe(10);
    size.grow();
    expect(size.current).toBe(20);
  });

  it('never grows beyond what is configured, nor shrinks a size below ten', () => {
    const size = new PageSize(5);
    expect(size.shrink()).toBe(false);
    size.grow();
    expect(size.current).toBe(5);
  });
});

describe('the page size of a former life', () => {
  const recalled = (remembered: number | undefined) => {
    const size = new PageSize(200);
    size.recall(remembered);
    return [size.current, size.remembered];
  };

  it('is begun with, between ten and what is configured', () => {
    expect(recalled(undefined)).toEqual([200, undefined]);
    expect(recalled(50)).toEqual([50, 50]);
    expect(recalled(3)).toEqual([10, 10]);
    expect(recalled(1_000)).toEqual([200, undefined]);
    expect(recalled(200)).toEqual([200, undefined]);
  });

  it('is forgotten once it has grown back, and what went well before it shrank does not count', () => {
    const size = new PageSize(20);
    for (let read = 0; read < 5; read += 1) size.grow();
    size.shrink();
    expect(size.remembered).toBe(10);
    size.grow();
    size.grow();
    expect(size.remembered).toBe(10);
    size.grow();
    expect(size.remembered).toBeUndefined();
  });
});

describe('an answer that did not come through', () => {
  const failed = (failure: WireFailure) =>
    new CompassError('CompassUnreachable', 'The Director failed', { next: 'retry' }, failure);
  const transport = (cause: Extract<WireFailure, { kind: 'transport' }>['cause']) =>
    failed({ kind: 'transport', cause, errno: undefined, sent: true });
  const answer = (status: number) =>
    failed({ kind: 'answer', status, bodyEmpty: true, errors: [], retryAfterMs: undefined });

  it('is remedied by a smaller page where its size was to blame', () => {
    const cutOff = [transport('truncated'), transport('stalled'), transport('too-large'), answer(413)];
    expect(cutOff.map(isCutOff)).toEqual([true, true, true, true]);
    const others = [transport('timeout'), transport('network'), answer(500), new Error('any'), undefined];
    expect(others.map(isCutOff)).toEqual([false, false, false, false, false]);
  });

  it('is silent or too large by its cause alone', () => {
    expect([transport('timeout'), transport('too-large'), answer(413), new Error('any')].map(isSilent)).toEqual([
      ...[true, false, false, false],
    ]);
    expect([transport('timeout'), transport('too-large'), answer(413), new Error('any')].map(isTooLarge)).toEqual([
      ...[false, true, false, false],
    ]);
  });
});

describe('a list', () => {
  const pages = (...sizes: number[]): Page<{ id: string }>[] => {
    const total = sizes.reduce((sum, size) => sum + size, 0);
    let next = 0;
    return sizes.map((size, index) => ({
      items: Array.from({ length: size }, () => {
        next += 1;
        return { id: String(next) };
      }),
      totalCount: total,
      hasNextPage: index < sizes.length - 1,
      endCursor: index < sizes.length - 1 ? String(index + 1) : '',
    }));
  };
  const read = (list: Page<{ id: string }>[]) =>
    readToEnd(
      list[0] ?? { items: [], totalCount: 0, hasNextPage: false, endCursor: '' },
      async (after) => {
        const page = list[Number(after)];
        if (page === undefined) throw new Error(`no page ${after}`);
        return page;
      },
      (items) => {
        if (items > 100) throw new Error('too much is promised');
      },
    );

  it.each([[[0]], [[3]], [[3, 2]], [[2, 2, 0]]])('of pages %j is read to its end', async (sizes) => {
    const items = await read(pages(...sizes));
    expect(items).toHaveLength(sizes.reduce((sum, size) => sum + size, 0));
  });

  it('is not begun when it promises too much', async () => {
    const [first] = pages(2, 2);
    await expect(read(first === undefined ? [] : [{ ...first, totalCount: 101 }])).rejects.toThrow('too much');
  });

  const spoilt: [string, (list: Page<{ id: string }>[]) => Page<{ id: string }>[]][] = [
    ['an item comes twice', (list) => list.map((page) => ({ ...page, items: [{ id: '1' }, { id: '2' }] }))],
    ['the total grows', (list) => list.map((page, index) => ({ ...page, totalCount: page.totalCount + index }))],
    ['the total shrinks', (list) => list.map((page, index) => ({ ...page, totalCount: page.totalCount + 1 - index }))],
    ['items are missing', (list) => list.map((page) => ({ ...page, totalCount: 9 }))],
    ['there are more than the total', (list) => list.map((page) => ({ ...page, totalCount: 1 }))],
    ['a cursor repeats', (list) => list.map((page) => ({ ...page, items: [], hasNextPage: true, endCursor: '1' }))],
    ['a cursor is empty', (list) => list.map((page) => ({ ...page, hasNextPage: true, endCursor: '' }))],
  ];
  it.each(spoilt)('is not believed when %s', async (_, spoil) => {
    await expect(read(spoil(pages(2, 2)))).rejects.toBeInstanceOf(ListMoved);
  });
});

describe('the place of a system that spoils its page', () => {
  function readWith(places: SpoiltPlaces, found: readonly number[], isWhole: boolean): void {
    places.begin();
    places.found(found);
    if (isWhole) places.end();
  }
  const toSizes = (places: SpoiltPlaces) => [0, 3, 4].map((offset) => places.limit(offset, 10));

  it('is asked for alone by the next read, also where the one that found it did not come to its end', () => {
    for (const isWhole of [true, false]) {
      const places = new SpoiltPlaces();
      readWith(places, [3], isWhole);
      places.begin();
      expect(toSizes(places)).toEqual([3, 1, 10]);
    }
  });

  it('is forgotten once a whole read did not find it, but not by one that ended before it', () => {
    const places = new SpoiltPlaces();
    readWith(places, [3], true);
    readWith(places, [], false);
    places.begin();
    expect(toSizes(places)).toEqual([3, 1, 10]);
    readWith(places, [], true);
    places.begin();
    expect(toSizes(places)).toEqual([10, 10, 10]);
  });
});
