import type { LogFields, Logger } from '../../../agent/log/logger.ts';

/** A logger that keeps what it is told, that of its children too. */
export interface RecordedLog extends Logger {
  /** Oldest first, as long as the test does not clear it. */
  readonly entries: { level: string; message: string; fields: LogFields | undefined }[];
  /** `level message`, oldest first. */
  lines(): string[];
  /** Everything, fields included. */
  text(): string;
}

export function recordLog(): RecordedLog {
  const entries: RecordedLog['entries'] = [];
  const note = (level: string) => (message: string, fields?: LogFields) => {
    entries.push({ level, message, fields });
  };
  const log: RecordedLog = {
    entries,
    lines: () => entries.map(({ level, message }) => `${level} ${message}`),
    text: () => JSON.stringify(entries),
    debug: note('debug'),
    info: note('info'),
    warn: note('warn'),
    error: note('error'),
    child: () => log,
  };
  return log;
}
