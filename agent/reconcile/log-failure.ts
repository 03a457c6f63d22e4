import type { AgentError } from '../errors/agent-error.ts';
import { explain } from '../errors/explain.ts';
import type { Doers } from './doers.ts';

/** Logs what failed and what is to be done about it. */
export function logFailure({ log }: Pick<Doers, 'log'>, failure: AgentError): void {
  const { reason, next, details } = failure;
  // What nobody foresaw is a defect, and its frames are all there is to find it by.
  const stack = reason === 'Unexpected' ? { stack: failure.stack } : {};
  log.warn(explain(failure), { reason, next, details, ...stack });
}
