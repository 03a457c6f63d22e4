import { describe, expect, it } from 'vitest';
import { listHolds } from '../../../agent/cli/list-holds.ts';
import { relativeTime } from '../../../agent/cli/relative-time.ts';
import { renderHolds } from '../../../agent/cli/render-holds.ts';
import { aConnection } from '../../data/builders/kubernetes-objects.ts';

const now = new Date('2026-11-22T12:00:00Z');
const since = '2026-11-22T11:00:00.000Z';
const until = '2026-11-22T12:10:00.000Z';
const noted = (id: string, at: string) => ({ id, since: at, keys: [`id-1/mp-${id}`] });
const connection = (ids: readonly (readonly [id: string, at: string])[], heldHash?: string) => {
  const note = JSON.stringify({ holds: ids.map(([id, at]) => noted(id, at)), removals: [] });
  return aConnection({
    metadata: { annotations: { 'compass.kyma-project.io/prune-memory': note } },
    status: heldHash === undefined ? {} : { prune: { heldHash, heldCount: 7, heldSince: since, heldUntil: until } },
  });
};

describe('the removals that are held', () => {
  it('are listed from the earliest on', () => {
    const [first, second, third] = ['2026-11-22T09:00:00Z', '2026-11-22T10:00:00Z', '2026-11-22T11:00:00Z'] as const;
    const listed = listHolds(
      connection([
        ['b', second],
        ['c', third],
        ['a', first],
      ]),
    );
    expect(listed.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(listed[0]).toEqual({
      id: 'a',
      count: 1,
      names: ['mp-a'],
      since: '2026-11-22T09:00:00.000Z',
      until: undefined,
    });
  });

  it('include the one that the status names and the note could not hold', () => {
    const holds = listHolds(connection([['b', since]], 'a'));
    expect(holds).toEqual([
      { id: 'a', count: 7, names: [], since, until },
      { id: 'b', count: 1, names: ['mp-b'], since, until: undefined },
    ]);
    expect(
      listHolds(
        connection(
          [
            ['a', since],
            ['b', since],
          ],
          'b',
        ),
      ).map(({ id }) => id),
    ).toEqual(['a', 'b']);
  });

  it('are shown with what becomes of each, and ten of their Applications', () => {
    const names = Array.from({ length: 12 }, (_, index) => `mp-${index}`);
    const hold = { id: 'abc', count: 12, names, since: undefined, until: undefined };
    expect(renderHolds([hold], now)).toBe(
      `abc  12 Applications; to be removed only when a person approves it\n${names
        .slice(0, 10)
        .map((name) => `  ${name}\n`)
        .join('')}  ... and 2 more\n`,
    );
    const ten = { ...hold, count: 10, names: names.slice(0, 10), since, until };
    expect(renderHolds([ten], now)).toBe(
      `abc  10 Applications, held since 60 min ago; to be removed in 10 min if UCL still does not assign them\n${names
        .slice(0, 10)
        .map((name) => `  ${name}\n`)
        .join('')}`,
    );
  });
});

describe('a time beside now', () => {
  it.each([
    ['2026-11-22T12:00:00Z', 'now'],
    ['2026-11-22T12:01:59Z', 'in 119 s'],
    ['2026-11-22T11:58:00Z', '2 min ago'],
    ['2026-11-22T14:00:00Z', 'in 2 h'],
    ['2026-11-24T12:00:00Z', 'in 2 days'],
    ['2026-11-20T12:00:01Z', '48 h ago'],
    ['long ago', 'unknown'],
  ])('%s is shown as %s', (instant, shown) => {
    expect(relativeTime(instant, now)).toBe(shown);
  });
});
