/**
 * The commands of a page that are marked with `<!-- run: <way> -->`, from the heading `from` up to `to`, else to its
 * end; each block is one text.
 * @throws where the page has no such headings.
 */
export function readCommands(page: string, way: string, from: string, to?: string): string[] {
  const start = page.indexOf(`\n## ${from}\n`);
  const end = to === undefined ? page.length : page.indexOf(`\n## ${to}\n`);
  if (start === -1 || end < start) throw new Error(`The page has no section from "${from}" to "${to ?? 'its end'}".`);
  const section = page.slice(start, end);
  const blocks = section.matchAll(/^( *)<!-- run: (\w+) -->\n *```sh\n([\s\S]*?)^ *```$/gm);
  return [...blocks].flatMap(([, indent = '', marked, commands = '']) =>
    marked === way ? [commands.replaceAll(new RegExp(`^${indent}`, 'gm'), '')] : [],
  );
}
