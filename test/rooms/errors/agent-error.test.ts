import { describe, expect, test } from 'vitest';
import { AgentError, isAgentError, toAgentError } from '../../../agent/errors/agent-error.ts';
import { explain } from '../../../agent/errors/explain.ts';

test('what an error quotes from outside is cleaned and cut', () => {
  const hostile = `\u001b[2J\u202e${'x'.repeat(3_000_000)}`;
  const { message, remedy = '' } = new AgentError('Refused', hostile, { next: 'wait', remedy: hostile });
  for (const text of [message, remedy]) expect(text).toBe(` [2J\ufffd${'x'.repeat(1_992)}...`);
});

const at = new Date('2026-11-22T12:00:00.700Z');

describe('an error that is told', () => {
  test('keeps what its maker said, and is harmless where nothing was', () => {
    const error = new AgentError('Refused', 'no', { next: 'wait', retryAfterMs: 5, since: at, nextTryAt: at });
    expect(error).toMatchObject({ name: 'AgentError', reason: 'Refused', retryAfterMs: 5, since: at, nextTryAt: at });
    expect(error).toMatchObject({ remedy: undefined, effect: 'none', details: {} });
    const options = { next: 'retry', effect: 'possible', details: { status: 500 } } as const;
    expect(new AgentError('Unexpected', 'no', options)).toMatchObject(options);
  });

  test('is known by its reason, or as any', () => {
    const error = new AgentError('Refused', 'no', { next: 'wait' });
    expect([isAgentError(error), isAgentError(error, 'Conflict', 'Refused'), isAgentError(error, 'Conflict')]).toEqual([
      ...[true, true, false],
    ]);
    expect(isAgentError(new Error('no'))).toBe(false);
  });

  test('is a sentence, with since when, what to do, and when the next try is', () => {
    expect(explain(new AgentError('Refused', 'It is refused', { next: 'wait' }))).toBe('It is refused.');
    const options = { next: 'wait', since: at, remedy: 'Ask somebody.', nextTryAt: at } as const;
    expect(explain(new AgentError('Refused', 'It was 7.5. No more.', options))).toBe(
      'It was 7.5. No more (since 2026-11-22T12:00:00Z). Ask somebody. The next try is at 2026-11-22T12:00:00Z.',
    );
  });
});

describe('whatever else was thrown', () => {
  test('is told by its class and code, without its words', () => {
    const coded = Object.assign(new TypeError('hunter2'), { code: 'ERR_CODE' });
    const told = toAgentError(coded, 'Reading');
    expect(told).toMatchObject({ reason: 'Unexpected', next: 'retry' });
    expect(told.message).toBe('Reading failed unexpectedly: TypeError (ERR_CODE)');
    expect(toAgentError(Object.assign(new RangeError('hunter2'), { code: 7 }), 'Reading').message).toBe(
      'Reading failed unexpectedly: RangeError',
    );
    expect(toAgentError('hunter2', 'Reading').message).toBe('Reading failed unexpectedly: string');
  });

  test('keeps the places it came from, and no word beside them', () => {
    const error = new TypeError('hunter2\nat home');
    error.stack = 'TypeError: hunter2\nin two lines\n    at one (a.ts:1:2)\n    at two (b.ts:3:4)';
    expect(toAgentError(error, 'Reading').stack).toBe('    at one (a.ts:1:2)\n    at two (b.ts:3:4)');
  });

  test('is left as it is where it is told already', () => {
    const error = new AgentError('Refused', 'no', { next: 'wait' });
    expect(toAgentError(error, 'Reading')).toBe(error);
  });
});
