import { appendFileSync, readFileSync } from 'node:fs';
import type { ContainerMemory } from '../../servers/node/container-cgroup.ts';
import { figuresVariable } from './run-variables.ts';

/** One line of a table: what was measured, and how much. Bytes, and milliseconds. */
export type Figure = { what: string; memory: ContainerMemory } | { what: string; durationMs: number };

/** Keeps what a test measured for the tables at the end of the run. Nothing is asserted: figures are the machine's too. */
function recordFigure(figure: Figure): void {
  const file = process.env[figuresVariable];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(figure)}\n`);
}

export function recordMemory(what: string, memory: ContainerMemory): void {
  recordFigure({ what, memory });
}

export async function recordDuration<T>(what: string, step: () => Promise<T>): Promise<T> {
  const sinceMs = performance.now();
  const result = await step();
  recordTime(what, performance.now() - sinceMs);
  return result;
}

export function recordTime(what: string, durationMs: number): void {
  recordFigure({ what, durationMs });
}

export function readFigures(file: string): Figure[] {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line): Figure => JSON.parse(line));
}
