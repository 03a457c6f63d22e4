import { toShownText } from '../domain/to-shown-text.ts';
import type { Paint, Tone } from './cli-edge.ts';

export type Cell = string | { readonly text: string; readonly tone: Tone | undefined };

/** Columns as wide as their widest cell; the last one is not padded. Colours take no width. */
export function renderTable(cells: readonly (readonly Cell[])[], paint: Paint): string[] {
  const clean = cells.map((row) => row.map(toCleanCell));
  const widths = (clean[0] ?? []).map((_, column) => Math.max(...clean.map((row) => row[column]?.text.length ?? 0)));
  return clean.map((row) =>
    row
      .map(({ text, tone }, column) => {
        const shown = tone === undefined ? text : paint(tone, text);
        const width = column === row.length - 1 ? 0 : (widths[column] ?? 0) + 2;
        return shown + ' '.repeat(Math.max(0, width - text.length));
      })
      .join(''),
  );
}

/** A heading and its lines below it; nothing where there are none. */
export function renderSection(title: string, lines: readonly string[], paint: Paint): string[] {
  return lines.length === 0 ? [] : ['', paint('heading', printable(title)), ...lines.map((line) => `  ${line}`)];
}

function toCleanCell(cell: Cell): { text: string; tone: Tone | undefined } {
  const { text, tone } = typeof cell === 'string' ? { text: cell, tone: undefined } : cell;
  return { text: printable(text), tone };
}

/** Names and messages come from elsewhere: they must not steer a terminal. */
export function printable(text: string): string {
  return toShownText(text, 2_000);
}
