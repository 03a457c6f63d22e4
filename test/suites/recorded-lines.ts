import { appendFileSync, readFileSync } from 'node:fs';

/** Keeps a value for the end of the run, in the file that the variable names; without it nothing is kept. */
export function recordLine(variable: string, value: object): void {
  const file = process.env[variable];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(value)}\n`);
}

/** What was kept, in order. */
export function readLines<T>(file: string): T[] {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line): T => JSON.parse(line));
}
