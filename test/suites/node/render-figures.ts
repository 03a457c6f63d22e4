import { cpus } from 'node:os';
import type { Figure } from './record-figure.ts';

const mebibyte = 1024 * 1024;

/** What a run on the node measured, as tables, with where that was. The order does not depend on that of the tests. */
export function renderFigures(figures: readonly Figure[]): string {
  const model = cpus()[0]?.model ?? 'unknown';
  const sorted = figures.toSorted((left, right) => left.what.localeCompare(right.what, 'en'));
  return [
    `Measured with \`npm run test:node\` on ${cpus().length} cores (${model}). Memory, at most:`,
    '',
    '| When | Working set, MiB | of it anonymous, MiB |',
    '| --- | --- | --- |',
    ...sorted.flatMap((figure) => ('memory' in figure ? [toMemoryRow(figure)] : [])),
    '',
    'How long it took:',
    '',
    '| What | s |',
    '| --- | --- |',
    ...sorted.flatMap((figure) => ('durationMs' in figure ? [toDurationRow(figure)] : [])),
  ].join('\n');
}

function toMemoryRow({ what, memory }: Extract<Figure, { memory: unknown }>): string {
  return `| ${what} | ${Math.round(memory.workingSet / mebibyte)} | ${Math.round(memory.anonymous / mebibyte)} |`;
}

function toDurationRow({ what, durationMs }: Extract<Figure, { durationMs: number }>): string {
  return `| ${what} | ${(durationMs / 1000).toFixed(1)} |`;
}
