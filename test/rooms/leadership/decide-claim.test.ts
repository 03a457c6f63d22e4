import { describe, expect, test } from 'vitest';
import {
  decideClaim,
  hold,
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
    ['there is none', undefined, 0, 'create', {}],
    ['it is its own', 'agent-1_second', 0, 'renew', {}],
    ['it is its own, and old', 'agent-1_second', 60_000, 'renew', {}],
    ['nobody holds it', '', 0, 'take', {}],
    ['another holds it', 'agent-2_first', 14_999, 'wait', {}],
    ['another has not renewed it for its duration', 'agent-2_first', 15_000, 'take', {}],
    ['an earlier life of the same pod left it', 'agent-1_first', 0, 'take', { isFirst: true }],
    ['another process names the same pod, and came later', 'agent-1_third', 0, 'wait', {}],
    ['another pod holds it at the first look', 'agent-11_first', 0, 'wait', { isFirst: true }],
    ['the holder has no pod', 'somebody', 0, 'wait', { isFirst: true }],
    ['it is gone, and another held it', undefined, 14_999, 'wait', { isInterrupted: true }],
    ['it has been gone for its duration', undefined, 15_000, 'create', { isInterrupted: true }],
    [
      'it names this process again, and another has held it since',
      'agent-1_second',
      14_999,
      'wait',
      { isInterrupted: true },
    ],
    ['it has named this process again for its duration', 'agent-1_second', 15_000, 'take', { isInterrupted: true }],
    ['another has given it back', '', 0, 'take', { isInterrupted: true }],
  ])('%s', (_, holder, standsForMs, wanted, changes) => {
    const found = holder === undefined ? undefined : lease(holder);
    const sighting = { lease: found, at: 1_000, isFirst: false, isInterrupted: false, ...changes };
    expect(decideClaim(sighting, own, 1_000 + standsForMs, timings).do).toBe(wanted);
  });

  test('a process that nobody told its pod takes no Lease for that of an earlier life', () => {
    const unnamed = toCandidate(undefined, 'agent-1', 'second');
    expect(unnamed.identity).toBe('agent-1_second');
    const sighting = see(undefined, lease('agent-1_first'), unnamed, 0);
    expect(decideClaim(sighting, unnamed, 0, timings).do).toBe('wait');
  });

  test('waits as long as the holder says, and as long as itself would where it says nothing', () => {
    const wait = (durationMs: number | undefined) =>
      decideClaim(see(undefined, lease('other_1', { durationMs }), own, 500), own, 600, timings);
    expect(wait(40_000)).toEqual({ do: 'wait', holder: 'other_1', until: 40_500 });
    expect(wait(undefined)).toMatchObject({ until: 15_500 });
  });
});

describe('what is seen', () => {
  test('counts from the first sight of a version, whatever is read again', () => {
    const first = see(undefined, lease('other_1'), own, 1_000);
    expect(first).toMatchObject({ at: 1_000, isFirst: true });
    expect(see(first, lease('other_1'), own, 9_000)).toBe(first);
    expect(see(first, lease('other_1', {}, '8'), own, 9_000)).toMatchObject({ at: 9_000, isFirst: false });
    expect(see(first, undefined, own, 9_000)).toMatchObject({ lease: undefined, at: 9_000, isFirst: false });
  });

  const { identity } = own;
  const held = hold(lease(identity), 1_000);
  test.each([
    ['what another holds', see(held, lease('other_1', {}, '8'), own, 2_000), true],
    [
      'what it had to leave to another, once it is gone',
      see(see(undefined, lease('other_1'), own, 0), undefined, own, 2_000),
      true,
    ],
    ['an own write whose answer was lost', see(held, lease(identity, {}, '8'), own, 2_000), false],
    [
      'a claim of its own whose answer was lost',
      see(see(undefined, lease('other_1'), own, 0), lease(identity, { transitions: 4 }, '8'), own, 2_000),
      false,
    ],
    [
      'what names it as a backup does',
      see(see(undefined, lease('other_1'), own, 0), lease(identity, {}, '8'), own, 2_000),
      true,
    ],
    ['what it has given back', see(held, lease('', {}, '8'), own, 2_000), false],
    ['what is deleted while it leads', see(held, undefined, own, 2_000), false],
    ['what it has taken from another', hold(lease(identity, {}, '9'), 3_000), false],
  ])('tells of %s whether somebody else may lead', (_, { isInterrupted }, wanted) => {
    expect(isInterrupted).toBe(wanted);
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
