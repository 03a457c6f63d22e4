/** One table of a page: the heading above it, the texts of its header, and those of each row. */
export interface MarkdownTable {
  heading: string;
  header: string[];
  rows: string[][];
}

/** The tables of a page's Markdown, outside code. */
export function readTables(markdown: string): MarkdownTable[] {
  const tables: MarkdownTable[] = [];
  let heading = '';
  let isInTable = false;
  for (const line of markdown.replaceAll(/^ *```[\s\S]*?^ *```/gm, '').split('\n')) {
    heading = /^#+ (.+)$/.exec(line)?.[1] ?? heading;
    if (!line.startsWith('|')) {
      isInTable = false;
      continue;
    }
    const cells = readCells(line);
    if (!isInTable) tables.push({ heading, header: cells, rows: [] });
    else if (!/^\|[-:| ]+\|$/.test(line)) tables.at(-1)?.rows.push(cells);
    isInTable = true;
  }
  return tables;
}

/** A bar inside code is text. */
function readCells(line: string): string[] {
  const cells = [''];
  let isCode = false;
  for (const character of line.slice(1).replace(/\|\s*$/, '')) {
    if (character === '`') isCode = !isCode;
    if (character === '|' && !isCode) cells.push('');
    else cells[cells.length - 1] += character;
  }
  return cells.map((cell) => cell.trim());
}
