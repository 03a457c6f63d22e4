/** Columns as wide as their widest cell, for a terminal; the last one is not padded. */
export function renderTable(rows: readonly (readonly string[])[]): string[] {
  const clean = rows.map((row) => row.map(printable));
  const columns = clean[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...clean.map((row) => widthOf(row[column] ?? ''))),
  );
  return clean.map((row) =>
    row
      .map((cell, column) =>
        column === columns - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell) + 2),
      )
      .join(''),
  );
}

/** Names come from elsewhere: they must not steer a terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ');
}

/** A text of at most so many characters. */
export function shorten(text: string, most: number): string {
  const characters = Array.from(text);
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`;
}

/** Columns that a text takes; East Asian characters take two. */
function widthOf(text: string): number {
  return Array.from(text).reduce(
    (sum, character) =>
      sum + (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]/.test(character) ? 2 : 1),
    0,
  );
}
