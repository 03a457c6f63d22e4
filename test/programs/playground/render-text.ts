import stringWidth from 'string-width';

/** Columns as wide as their widest cell, for a terminal; the last one is not padded. */
export function renderTable(rows: readonly (readonly string[])[]): string[] {
  const widths = measureColumns(rows);
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - stringWidth(cell)),
      )
      .join(gap),
  );
}

const gap = '  ';

/** How many columns of a terminal each column of a table takes. */
export function measureColumns(rows: readonly (readonly string[])[]): number[] {
  const columns = rows[0]?.length ?? 0;
  return Array.from({ length: columns }, (_, column) => Math.max(...rows.map((row) => stringWidth(row[column] ?? ''))));
}

/** What is left of a line for one more column. */
export function roomBeside(widths: readonly number[], lineWidth: number): number {
  return lineWidth - widths.reduce((sum, width) => sum + width + gap.length, 0);
}

/** Names come from elsewhere: they must not steer a terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ');
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** A text that takes at maxWidth so many columns of a terminal: characters of East Asia take two. */
export function shorten(text: string, maxWidth: number): string {
  if (stringWidth(text) <= maxWidth) return text;
  let kept = '';
  for (const { segment } of graphemes.segment(text)) {
    if (stringWidth(kept + segment) > maxWidth - 1) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…`;
}
