import { createLogger as createWinstonLogger, format, transports } from 'winston';
import { toShownText } from '../domain/to-shown-text.ts';
import type { LogFields, Logger } from './logger.ts';
import { createRedactor, type Redactor } from './redact.ts';

export interface LoggerOptions {
  level: 'debug' | 'info' | 'warn' | 'error';
  /** `json`: one object a line. `pretty`: for a person's terminal. */
  format: 'json' | 'pretty';
  /** Where lines go; colours are used when it is a terminal. */
  stream: NodeJS.WritableStream & { isTTY?: boolean };
  /** Shared with those who learn secrets. */
  redactor?: Redactor;
  /** For the time of each line. */
  clock: () => Date;
}

interface Line {
  time: string;
  level: string;
  message: string;
  fields: Readonly<Record<string, unknown>>;
}

/** Makes the logger of the process. Every line passes the redactor, whatever a caller put into it. */
export function createLogger(options: LoggerOptions): Logger {
  const { redactor = createRedactor(), clock } = options;
  const print = options.format === 'json' ? toJson : prettyPrinter(options.stream.isTTY === true);
  const sink = createWinstonLogger({
    level: options.level,
    format: format.printf((entry) => print(cleanLine(entry.level, entry.message, entry.fields, clock(), redactor))),
    transports: [new transports.Stream({ stream: options.stream, eol: '\n' })],
    exitOnError: false,
  });
  return withFields((level, message, fields) => {
    if (sink.isLevelEnabled(level)) sink.log({ level, message, fields });
  }, {});
}

type Write = (level: LoggerOptions['level'], message: string, fields: LogFields) => void;

function withFields(write: Write, common: LogFields): Logger {
  const at = (level: LoggerOptions['level']) => (message: string, fields?: LogFields) =>
    write(level, message, { ...common, ...fields });
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => withFields(write, { ...common, ...fields }),
  };
}

function cleanLine(level: string, message: unknown, fields: unknown, now: Date, redactor: Redactor): Line {
  const line = { time: now.toISOString(), level, message: String(redactor.redact(message)) };
  try {
    const redacted = redactor.redact(fields);
    const entries: [string, unknown][] = Object.entries(
      typeof redacted === 'object' && redacted !== null ? redacted : {},
    );
    const named = entries
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name in line ? `field_${name}` : name, value] as const);
    return { ...line, fields: Object.fromEntries<unknown>(named) };
  } catch {
    // A getter of a foreign object may throw; a log line must never cost a sync.
    return { ...line, fields: { fields: '[unreadable]' } };
  }
}

function toJson({ time, level, message, fields }: Line): string {
  return JSON.stringify({ time, level, message, ...fields });
}

const colours: Readonly<Record<string, string>> = { debug: '2', info: '36', warn: '33', error: '31' };

function prettyPrinter(coloured: boolean): (line: Line) => string {
  const paint = (code: string, text: string) => (coloured ? `\x1b[${code}m${text}\x1b[0m` : text);
  return ({ time, level, message, fields }) => {
    const head = `${paint('2', time.slice(11, 23))} ${paint(colours[level] ?? '0', level.toUpperCase().padEnd(5))}`;
    const pairs = Object.entries(fields).filter(([name]) => name !== 'error');
    const facts = pairs.map(([name, value]) => paint('2', `${name}=`) + factText(value)).join(' ');
    const lines = [`${head} ${printable(message)}${facts === '' ? '' : `  ${facts}`}`];
    if ('error' in fields) lines.push(...errorLines(fields.error).map((text) => `      ${text}`));
    return lines.join('\n');
  };
}

function factText(value: unknown): string {
  return typeof value === 'string' && /^[^\s"=]+$/.test(value) ? printable(value) : (JSON.stringify(value) ?? '');
}

function errorLines(error: unknown): string[] {
  if (typeof error !== 'object' || error === null) return [`error: ${factText(error)}`];
  const { reason, message, remedy, details, at, ...others } = Object.fromEntries<unknown>(Object.entries(error));
  return [
    ...(reason === undefined && message === undefined ? [] : [`${textOf(reason)}: ${textOf(message)}`]),
    ...(remedy === undefined ? [] : [`What to do: ${textOf(remedy)}`]),
    ...(details === undefined ? [] : [`details: ${factText(details)}`]),
    ...(Object.keys(others).length === 0 ? [] : [`error: ${factText(others)}`]),
    ...(Array.isArray(at) ? at.map((frame) => `at ${textOf(frame)}`) : []),
  ];
}

function textOf(value: unknown): string {
  return printable(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
}

/** Foreign text must not move the cursor, recolour the terminal or begin a line. */
function printable(text: string): string {
  return toShownText(text, text.length);
}
