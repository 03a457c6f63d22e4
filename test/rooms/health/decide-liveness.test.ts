import { describe, expect, test } from 'vitest';
import { decideLiveness, type LoopProgress } from '../../../agent/health/decide-liveness.ts';

const limits = { busyLimitMs: 900_000, lateLimitMs: 60_000, farLimitMs: 7_200_000 };
const decide = (progress: Partial<LoopProgress>) =>
  decideLiveness({
    now: 10_000_000,
    lastProgressAt: 0,
    busySince: undefined,
    nextWakeAt: undefined,
    ...limits,
    ...progress,
  });

describe('The loop is alive', () => {
  test.each<[string, Partial<LoopProgress>, string]>([
    ['in a run that began just now', { busySince: 9_999_000 }, 'A run is in progress.'],
    ['in a run at the end of its patience', { busySince: 9_100_000 }, 'A run is in progress.'],
    ['in a long run that advances', { busySince: 1, lastProgressAt: 9_100_000 }, 'A run is in progress.'],
    ['while only something that happens wakes it', {}, 'The agent waits for its next run.'],
    [
      'before its next start, as far ahead as one can be',
      { nextWakeAt: 17_200_000 },
      'The agent waits for its next run.',
    ],
    ['at a start that is as late as it may be', { nextWakeAt: 9_940_000 }, 'The agent waits for its next run.'],
    [
      'when it woke up and has not planned anew yet',
      { nextWakeAt: 1_000_000, lastProgressAt: 9_940_000 },
      'The agent waits for its next run.',
    ],
  ])('%s', (_, progress, detail) => {
    expect(decide(progress)).toEqual({ ok: true, detail });
  });
});

describe('The loop is not alive', () => {
  test.each<[string, Partial<LoopProgress>, string]>([
    ['in a run that hangs', { busySince: 9_099_000 }, 'The current run has made no progress for 901 s.'],
    [
      'in a run that advanced long ago',
      { busySince: 1, lastProgressAt: 9_000_000 },
      'The current run has made no progress for 1000 s.',
    ],
    ['when a start never came', { nextWakeAt: 9_939_000 }, 'The next run should have started 61 s ago.'],
    [
      'when its next start lies absurdly far ahead',
      { nextWakeAt: 17_201_000 },
      'The next run is planned 7201 s ahead.',
    ],
  ])('%s', (_, progress, detail) => {
    expect(decide(progress)).toEqual({ ok: false, detail });
  });
});
