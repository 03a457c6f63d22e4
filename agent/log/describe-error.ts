/** What a log line says of an error. */
export interface ErrorDescription {
  reason: string;
  message: string;
  remedy?: string;
  details?: unknown;
  /** Innermost stack frames, for errors that nobody foresaw. */
  at?: string[];
}

/**
 * Describes an error for the log. The agent's own errors, known by their shape, are told with message, remedy and
 * details. Of any other only class, code and frames are told: messages of libraries carry keys, headers and bodies.
 */
export function describeError(error: Error): ErrorDescription {
  if (!isAgentErrorLike(error)) {
    const code = 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
    return { reason: 'Unexpected', message: `${error.name}${code}`, ...frames(error) };
  }
  return {
    reason: error.reason,
    message: error.message,
    ...(typeof error.remedy === 'string' ? { remedy: error.remedy } : {}),
    ...(hasEntries(error.details) ? { details: error.details } : {}),
    ...(error.reason === 'Unexpected' ? frames(error) : {}),
  };
}

function isAgentErrorLike(error: Error): error is Error & { reason: string; remedy?: unknown; details?: unknown } {
  return error.name === 'AgentError' && 'reason' in error && typeof error.reason === 'string';
}

function hasEntries(details: unknown): boolean {
  return typeof details === 'object' && details !== null && Object.keys(details).length > 0;
}

function frames(error: Error): { at?: string[] } {
  const at = (error.stack ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('at '))
    .slice(0, 6)
    .map((line) => line.slice(3));
  return at.length > 0 ? { at } : {};
}
