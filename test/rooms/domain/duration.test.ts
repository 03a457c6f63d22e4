import { describe, expect, it } from 'vitest';
import { formatDuration, longestTimerMs, parseAnyDuration, parseDuration } from '../../../agent/domain/duration.ts';

describe('a duration as Go writes it', () => {
  it.each([
    ['0', 0],
    ['180s', 180_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['10.25s', 10_250],
    ['1.s', 1_000],
    ['+3m', 180_000],
    ['300ms', 300],
    ['1500us', 2],
    ['1500µs', 2],
    ['1500μs', 2],
    ['2000000ns', 2],
    [`${longestTimerMs}ms`, 2_147_483_647],
    [`${longestTimerMs + 1}ms`, undefined],
    ['-3m', undefined],
    ['', undefined],
    ['-', undefined],
    ['3', undefined],
    ['3x', undefined],
    ['3m ', undefined],
    [' 3m', undefined],
    ['3m-', undefined],
    ['1h-3m', undefined],
    ['s', undefined],
    ['.s', undefined],
  ])('%j is %s milliseconds', (text, durationMs) => {
    expect(parseDuration(text)).toBe(durationMs);
  });

  it('may be negative, or longer than a timer, for whoever takes the nearest', () => {
    expect(parseAnyDuration('-1h30m')).toBe(-5_400_000);
    expect(parseAnyDuration('1000h')).toBe(3_600_000_000);
  });

  it.each([
    [0, '0s'],
    [300, '300ms'],
    [999, '999ms'],
    [1_000, '1s'],
    [1_500, '1.5s'],
    [180_000, '3m'],
    [5_400_000, '1h30m'],
    [3_600_000, '1h'],
    [3_661_000, '1h1m1s'],
    [90_000_000, '25h'],
  ])('of %i milliseconds is written %s, and read as the same', (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
    expect(parseDuration(text)).toBe(durationMs);
  });
});
