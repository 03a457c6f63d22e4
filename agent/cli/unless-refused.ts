import { isAgentError } from '../errors/agent-error.ts';
import type { Check } from './check.ts';

/** Nothing can be asked then. */
const noCluster: ReadonlySet<string> = new Set(['ClusterUnreachable', 'ConfigurationInvalid']);

/** What cannot be asked is unknown, and costs no other check. `fatal`: the reasons that cost all of them. */
export async function unlessRefused(
  name: string,
  signal: AbortSignal,
  check: () => Promise<Check | Check[]>,
  fatal: ReadonlySet<string> = noCluster,
): Promise<Check[]> {
  try {
    return [await check()].flat();
  } catch (error: unknown) {
    if (!isAgentError(error) || fatal.has(error.reason)) throw error;
    return [toCheck(name, 'unknown', error, signal)];
  }
}

/** What went wrong as the outcome of a check. Whatever nobody foresaw is thrown on, and so is the end of the command. */
export function toCheck(name: string, verdict: Check['verdict'], error: unknown, signal: AbortSignal): Check {
  if (signal.aborted || !isAgentError(error)) throw error;
  const { message, remedy } = error;
  return { name, verdict, message: `${message}.`, ...(remedy === undefined ? {} : { remedy }) };
}
