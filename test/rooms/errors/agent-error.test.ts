import { expect, test } from 'vitest';
import { AgentError } from '../../../agent/errors/agent-error.ts';

test('what an error quotes from outside is cleaned and cut', () => {
  const hostile = `\u001b[2J\u202e${'x'.repeat(3_000_000)}`;
  const { message, remedy = '' } = new AgentError('Refused', hostile, { next: 'wait', remedy: hostile });
  for (const text of [message, remedy]) expect(text).toBe(` [2J\ufffd${'x'.repeat(1_992)}...`);
});
