import { describe, expect, test } from 'vitest';
import { AgentError } from '../../../../agent/errors/agent-error.ts';
import { KubeError } from '../../../../agent/kube/api/kube-error.ts';
import type { Attempt, KubeFailure, Verb } from '../../../../agent/kube/api/kube-failure.ts';
import { secretType } from '../../../../agent/kube/api/resource-type.ts';
import {
  afterEnding,
  afterFailedPoll,
  afterFailure,
  afterOpening,
  afterPoll,
  describeLimitation,
  isListable,
  needsList,
  startingWatch,
  toPauseMs,
  type WatchStanding,
} from '../../../../agent/kube/watch/watch-standing.ts';
import { defaultWatchTimings } from '../../../../agent/kube/watch/watch-timings.ts';

const timings = { ...defaultWatchTimings, stableMs: 5_000 };
const synced: WatchStanding = { ...startingWatch, phase: 'synced' };
const attemptTo = (verb: Verb): Attempt => ({ verb, type: secretType });
const fail = (failure: KubeFailure) => new KubeError(failure);
const forbidden = (verb: Verb) => fail({ kind: 'forbidden', attempt: attemptTo(verb) });
const unreachable = fail({ kind: 'unreachable', attempt: attemptTo('watch'), server: 's', code: 'ECONNRESET' });
const expired = fail({ kind: 'expired', attempt: attemptTo('watch') });
const missing = fail({ kind: 'crd-missing', attempt: attemptTo('list') });

function failWith(standing: WatchStanding, error: AgentError, { livedMs = 0, polls = false } = {}): WatchStanding {
  return afterFailure(standing, error, { livedMs, polls }, timings);
}

describe('a watch', () => {
  test('is synced once its stream is open, whatever was before', () => {
    const before: WatchStanding = { phase: 'forbidden', polled: true, failures: 4, error: unreachable };
    expect(afterOpening(before)).toEqual({ phase: 'synced', polled: false, failures: 4, error: undefined });
  });

  test('counts streams that ended too soon, and forgets them after one that lived long enough', () => {
    const twice = afterEnding(afterEnding(synced, 4_999, timings), 0, timings);
    expect(twice.failures).toBe(2);
    expect(afterEnding(twice, 5_000, timings).failures).toBe(0);
  });

  test('counts failures in a row, and begins anew after a stream that lived long enough', () => {
    const twice = failWith(failWith(synced, unreachable), unreachable);
    expect(twice.failures).toBe(2);
    expect(failWith(twice, unreachable, { livedMs: 4_999 }).failures).toBe(3);
    expect(failWith(twice, unreachable, { livedMs: 5_000 }).failures).toBe(1);
  });

  test('that followed the cluster is believed until the third failure in a row', () => {
    const twice = failWith(failWith(synced, unreachable), unreachable);
    expect(twice).toMatchObject({ phase: 'synced', error: unreachable });
    expect(failWith(twice, unreachable)).toMatchObject({ phase: 'failing', error: unreachable });
  });

  test('that never followed the cluster fails at once', () => {
    expect(failWith(startingWatch, unreachable).phase).toBe('failing');
    const unforeseen = new AgentError('Unexpected', 'a defect', { next: 'retry' });
    expect(failWith(startingWatch, unforeseen).phase).toBe('failing');
  });

  test.each([forbidden('list'), fail({ kind: 'unauthenticated', attempt: attemptTo('list') })])(
    'is forbidden after %o, with the shortest pause first',
    (error) => {
      const tired: WatchStanding = { ...synced, failures: 7 };
      expect(failWith(tired, error)).toEqual({ phase: 'forbidden', polled: false, failures: 1, error });
      expect(failWith({ ...tired, phase: 'forbidden' }, error).failures).toBe(8);
    },
  );

  test.each([missing, fail({ kind: 'not-found', attempt: attemptTo('list') })])('is missing after %o', (error) => {
    const tired: WatchStanding = { phase: 'forbidden', polled: true, failures: 7, error: undefined };
    expect(failWith(tired, error)).toEqual({ phase: 'missing', polled: false, failures: 1, error });
    expect(failWith({ ...tired, phase: 'missing' }, error).failures).toBe(8);
  });

  test('stands where it stood when its version has expired and it lists at once', () => {
    const standing = failWith(synced, expired);
    expect(standing).toEqual({ ...synced, failures: 1 });
    expect(toPauseMs(standing, timings, 1)).toBe(0);
    const unsynced = failWith(synced, missing);
    expect(failWith(unsynced, expired)).toEqual({ ...unsynced, failures: 2 });
  });

  test('is out of date when its version has expired and it lists after a pause', () => {
    const standing = failWith({ ...synced, failures: 1 }, expired);
    expect(standing).toEqual({ phase: 'failing', polled: false, failures: 2, error: expired });
    expect(toPauseMs(standing, timings, 1)).toBeGreaterThan(0);
  });

  test('of one object has polled it when the list came before the refusal of the stream', () => {
    expect(failWith(synced, forbidden('watch'), { polls: true }).polled).toBe(true);
    expect(failWith(synced, forbidden('list'), { polls: true }).polled).toBe(false);
    expect(failWith(synced, forbidden('watch'), { polls: false }).polled).toBe(false);
    expect(failWith(synced, missing, { polls: true }).polled).toBe(false);
  });

  test('is as fresh as its last poll', () => {
    const refused = failWith(synced, forbidden('list'));
    expect(afterPoll(refused).polled).toBe(true);
    expect(failWith(afterPoll(refused), forbidden('list')).polled).toBe(true);
    expect(failWith(afterPoll(refused), unreachable).polled).toBe(false);
    const failed = afterFailedPoll(afterPoll(refused), unreachable);
    expect(failed).toEqual({ ...refused, polled: false });
    const other = forbidden('get');
    expect(afterFailedPoll(afterPoll(refused), other)).toEqual({ ...refused, polled: false, error: other });
  });

  test.each([
    [expired, true],
    [forbidden('watch'), true],
    [fail({ kind: 'unauthenticated', attempt: attemptTo('watch') }), true],
    [missing, true],
    [fail({ kind: 'not-found', attempt: attemptTo('watch') }), true],
    [fail({ kind: 'silent', attempt: attemptTo('watch'), server: 's' }), true],
    [unreachable, false],
    [fail({ kind: 'server-failed', attempt: attemptTo('watch'), status: 500, why: '' }), false],
    [new AgentError('Unexpected', 'a defect', { next: 'retry' }), false],
  ])('after %o lists afresh: %s', (error, lists) => {
    expect(needsList(error)).toBe(lists);
  });

  test('that is forbidden may list where only the stream was refused, and any other may', () => {
    expect(isListable(failWith(synced, forbidden('watch')))).toBe(true);
    expect(isListable(failWith(synced, fail({ kind: 'unauthenticated', attempt: attemptTo('watch') })))).toBe(true);
    expect(isListable(failWith(synced, forbidden('list')))).toBe(false);
    expect(isListable(failWith(synced, missing))).toBe(true);
    expect(isListable(startingWatch)).toBe(true);
  });
});

describe('the pause before the next stream', () => {
  const pause = (standing: Partial<WatchStanding>, chance = 0.5) =>
    toPauseMs({ ...startingWatch, ...standing }, timings, chance);

  test('is left out after a good stream, and after one short one', () => {
    expect(pause({ phase: 'synced', failures: 0 })).toBe(0);
    expect(pause({ phase: 'failing', failures: 0 })).toBe(0);
    expect(pause({ phase: 'synced', failures: 1 })).toBe(0);
    expect(pause({ phase: 'synced', failures: 2 })).toBe(1_000);
    expect(pause({ phase: 'starting', failures: 1 })).toBe(500);
  });

  test('doubles up to half a minute, and up to five where a permission is missing', () => {
    const series = (phase: 'failing' | 'forbidden') => [1, 2, 3, 7, 60].map((failures) => pause({ phase, failures }));
    expect(series('failing')).toEqual([500, 1_000, 2_000, 30_000, 30_000]);
    expect(series('forbidden')).toEqual([10_000, 20_000, 40_000, 300_000, 300_000]);
  });

  test('varies by a fifth', () => {
    expect(pause({ phase: 'failing', failures: 2 }, 0)).toBe(800);
    expect(pause({ phase: 'failing', failures: 2 }, 1)).toBeCloseTo(1_200);
  });

  test('is never shorter than the API server asks for', () => {
    const busy = fail({ kind: 'busy', attempt: attemptTo('watch'), status: 429, retryAfterMs: 7_000 });
    expect(pause({ phase: 'failing', failures: 1, error: busy })).toBe(7_000);
    expect(pause({ phase: 'failing', failures: 7, error: busy })).toBe(30_000);
  });
});

describe('the limitation that a watch tells of', () => {
  const consequences = { consequence: 'much is lost', consequenceUnwatched: 'little is lost' };

  test('is none before anything is known, and while the watch follows the cluster', () => {
    expect(describeLimitation({ ...startingWatch, error: unreachable }, consequences)).toBeUndefined();
    expect(describeLimitation({ ...synced, error: unreachable }, consequences)).toBeUndefined();
    expect(describeLimitation({ ...startingWatch, phase: 'failing' }, consequences)).toBeUndefined();
  });

  test('is a sentence of what is wrong and what that means', () => {
    expect(describeLimitation(failWith(startingWatch, unreachable), consequences)).toBe(
      'The API server s cannot be reached: ECONNRESET, so much is lost.',
    );
    expect(describeLimitation(failWith(synced, forbidden('list')), consequences)).toBe(
      'The agent may not list secrets, so much is lost.',
    );
  });

  test('is the smaller one where lists are permitted', () => {
    const refused = failWith(synced, forbidden('watch'));
    expect(describeLimitation(refused, consequences)).toBe('The agent may not watch secrets, so little is lost.');
    expect(describeLimitation(refused, { consequence: 'much is lost' })).toBe(
      'The agent may not watch secrets, so much is lost.',
    );
  });
});
