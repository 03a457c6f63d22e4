import type { ContainerMemory } from '../../servers/node/container-cgroup.ts';
import { readLines, recordLine } from '../recorded-lines.ts';
import { figuresVariable } from './run-variables.ts';

/** One line of a table: what was measured, and how much. Bytes, and milliseconds. */
export type Figure = { what: string; memory: ContainerMemory } | { what: string; durationMs: number };

/** Keeps what a test measured for the tables at the end of the run. Nothing is asserted: figures are the machine's too. */
function recordFigure(figure: Figure): void {
  recordLine(figuresVariable, figure);
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
  return readLines(file);
}
