import { AgentError, type Reason } from '../../../agent/errors/agent-error.ts';

/**
 * Where a test cuts a call of a port: `before` its effect (it never arrived, or the agent died) or `after` it (the
 * answer was lost). It throws what the caller is to see.
 */
export type Cut = (call: string, when: 'before' | 'after') => void;

export const uncut: Cut = () => undefined;

/** Does what a port does, with the two places at which it can be cut. */
export async function cutting<T>(cut: Cut, call: string, act: () => T | Promise<T>): Promise<T> {
  cut(call, 'before');
  const answer = await act();
  cut(call, 'after');
  return answer;
}

/** Lets every such call fail; the others go on. */
export function failOn(name: string, reason: Reason, when: 'before' | 'after' = 'before'): Cut {
  return (call, at) => {
    if (call === name && at === when) throw failFor(reason);
  };
}

export function failFor(reason: Reason): AgentError {
  return new AgentError(reason, `${reason} for the test`, { next: 'retry' });
}
