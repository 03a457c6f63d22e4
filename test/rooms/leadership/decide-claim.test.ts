import { describe, expect, test } from 'vitest';
import {
  decideClaim,
  see,
  defaultLeaseTimings as timings,
  toCandidate,
  toClaim,
  toRelease,
} from '../../../agent/leadership/decide-claim.ts';
import type { Lease } from '../../../agent/leadership/ports.ts';

const own = toCandidate('agent-1', 'host', 'second');
const now = new Date('2026-11-22T12:00:00Z');

function lease(holder: string, changes: Partial<Lease> = {}, version = '7'): Lease {
  const metadata = { name: 'ucl-agent', namespace: 'kyma-system', resourceVersion: version };
  return { metadata, holder, durationMs: 15_000, transitions: 3, acquireTime: 'then', ...changes };
}

describe('what a candidate may do with the Lease', () => {
  test.each([
    ['there is none', undefined, 0, false, 'create'],
    ['it is its own', 'agent-1_second', 0, false, 'renew'],
    ['it is its own, and old', 'agent-1_second', 60_000, false, 'renew'],
    ['nobody holds it', '', 0, false, 'take'],
    ['another holds it', 'agent-2_first', 14_999, false, 'wait'],
    ['another has not renewed it for its duration', 'agent-2_first', 15_000, false, 'take'],
    ['an earlier life of the same pod left it', 'agent-1_first', 0, true, 'take'],
    ['another process names the same pod, and came later', 'agent-1_third', 0, false, 'wait'],
    ['another pod holds it at the first look', 'agent-11_first', 0, true, 'wait'],
    ['the holder has no pod', 'somebody', 0, true, 'wait'],
  ])('%s', (_, holder, standsForMs, isFirst, wanted) => {
    const sighting = { lease: holder === undefined ? undefined : lease(holder), at: 1_000, isFirst };
    expect(decideClaim(sighting, own, 1_000 + standsForMs, timings).do).toBe(wanted);
  });

  test('a process that nobody told its pod takes no Lease for that of an earlier life', () => {
    const unnamed = toCandidate(undefined, 'agent-1', 'second');
    expect(unnamed.identity).toBe('agent-1_second');
    expect(decideClaim({ lease: lease('agent-1_first'), at: 0, isFirst: true }, unnamed, 0, timings).do).toBe('wait');
  });

  test('waits as long as the holder says, and as long as itself would where it says nothing', () => {
    const wait = (durationMs: number | undefined) =>
      decideClaim({ lease: lease('other_1', { durationMs }), at: 500, isFirst: false }, own, 600, timings);
    expect(wait(40_000)).toEqual({ do: 'wait', holder: 'other_1', until: 40_500 });
    expect(wait(undefined)).toMatchObject({ until: 15_500 });
  });
});

describe('what is seen', () => {
  test('counts from the first sight of a version, whatever is read again', () => {
    const first = see(undefined, lease('other_1'), 1_000);
    expect(first).toMatchObject({ at: 1_000, isFirst: true });
    expect(see(first, lease('other_1'), 9_000)).toBe(first);
    expect(see(first, lease('other_1', {}, '8'), 9_000)).toMatchObject({ at: 9_000, isFirst: false });
    expect(see(first, undefined, 9_000)).toMatchObject({ lease: undefined, at: 9_000, isFirst: false });
  });
});

describe('what is written', () => {
  test('a taken Lease counts a transition and begins now; a renewed one keeps both', () => {
    expect(toClaim(lease('other_1'), 'me', now, 15_000)).toEqual({
      holder: 'me',
      durationMs: 15_000,
      transitions: 4,
      acquireTime: now,
      renewTime: now,
    });
    expect(toClaim(lease('me'), 'me', now, 15_000)).toMatchObject({ transitions: 3, acquireTime: 'then' });
    expect(toClaim(undefined, 'me', now, 15_000)).toMatchObject({ transitions: 0, acquireTime: now });
  });

  test('a Lease that is given back has no holder', () => {
    expect(toRelease(lease('me'), now)).toMatchObject({ holder: '', durationMs: 1_000, transitions: 3 });
  });
});
