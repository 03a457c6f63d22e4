import { describe, expect, it } from 'vitest';
import type { Landscape } from '../../../agent/domain/landscape.ts';
import { probeLandscape } from '../../../agent/sync/probe-landscape.ts';
import { aLandscape, aSystem } from '../../data/builders/landscape.ts';

const { signal } = new AbortController();
const known = aLandscape([aSystem('one'), aSystem('two')]);
const named = (landscape: Landscape) => landscape.applications.map(({ id, name }) => [id, name] as const);
const differs = (names: readonly (readonly [string, string])[], landscape: Landscape | undefined = known) =>
  probeLandscape({ landscape }, { readNames: async () => new Map(names) }, signal);

describe('the names of the systems', () => {
  it('are what is known, in whatever order', async () => {
    expect(await differs(named(known).toReversed())).toBe(false);
  });

  it('differ with an arrival, a departure, a rename and an exchange', async () => {
    const [one, two] = named(known);
    if (one === undefined || two === undefined) throw new Error('Both are there.');
    expect(await differs([one, two, ['three', 'three']])).toBe(true);
    expect(await differs([one])).toBe(true);
    expect(await differs([one, [two[0], 'renamed']])).toBe(true);
    expect(await differs([one, ['three', 'two']])).toBe(true);
  });

  it('are known of a system too that could not be read whole', async () => {
    const gap = { applicationId: 'gap', name: 'broken', message: 'no' };
    const landscape = { ...known, gaps: [gap] };
    expect(await differs([...named(known), ['gap', 'broken']], landscape)).toBe(false);
    expect(await differs(named(known), landscape)).toBe(true);
  });

  it('are not asked for while nothing is known', async () => {
    const readNames = () => Promise.reject(new Error('asked'));
    expect(await probeLandscape({ landscape: undefined }, { readNames }, signal)).toBe(true);
  });
});
