import { describe, expect, test } from 'vitest';
import { isFlat, judgeGrowth } from './judge-growth.ts';
import type { Sample } from './soak-record.ts';

const mebibyte = 1024 * 1024;

/** Samples of an agent that stays as it is, but for what is told; one each 5 s, of ten syncs. */
function take(count: number, changes: (at: number) => Partial<Sample> = () => ({})): Sample[] {
  return Array.from({ length: count }, (_, at) => ({
    atMs: at * 5_000,
    anonymous: (60 + (at % 3)) * mebibyte,
    workingSet: (62 + (at % 5)) * mebibyte,
    handles: 31 + (at % 2),
    sockets: 13,
    watches: 4,
    logBytes: at * 5_000,
    syncs: at * 10,
    ...changes(at),
  }));
}

const growing = (samples: readonly Sample[]) =>
  judgeGrowth(samples)
    .filter((growth) => !isFlat(growth))
    .map(({ name }) => name);

describe('What the agent takes', () => {
  test('is flat where it only goes up and down', () => {
    expect(growing(take(100))).toEqual([]);
    expect(judgeGrowth(take(100)).map(({ early, late }) => [early, late].map(Math.round))).toEqual([
      [61, 61],
      [64, 64],
      [32, 32],
      [13, 13],
      [4, 4],
      [500, 500],
    ]);
  });

  test.each<[string, (at: number) => Partial<Sample>]>([
    ['Memory, anonymous, MiB', (at) => ({ anonymous: (60 + at / 4) * mebibyte })],
    ['Memory, working set, MiB', (at) => ({ workingSet: (60 + at / 4) * mebibyte })],
    ['File handles', (at) => ({ handles: 31 + Math.floor(at / 8) })],
    ['Sockets', (at) => ({ sockets: 13 + Math.floor(at / 16) })],
    ['Watches', (at) => ({ watches: at < 60 ? 4 : 5 })],
    ['Log, bytes for each sync', (at) => ({ logBytes: at * at * 50 })],
  ])('is not where it grows: %s', (name, changes) => {
    expect(growing(take(100, changes))).toEqual([name]);
  });

  test('may grow in the first quarter, in which the process finds its size', () => {
    expect(growing(take(100, (at) => ({ anonymous: Math.min(20 + at * 2, 62) * mebibyte })))).toEqual([]);
  });

  test('may be much for a moment, which the table shows', () => {
    const samples = take(100, (at) => (at === 90 ? { sockets: 40 } : {}));
    expect(growing(samples)).toEqual([]);
    expect(judgeGrowth(samples).find(({ name }) => name === 'Sockets')?.most).toBe(40);
  });
});
