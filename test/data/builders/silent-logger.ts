import type { Logger } from '../../../agent/log/logger.ts';

/** For tests that have nothing to say about the log. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};
