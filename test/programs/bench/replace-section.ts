/**
 * Replaces what stands between the markers `<!-- bench:NAME -->` and `<!-- /bench:NAME -->`. Throws when they are not
 * there.
 */
export function replaceSection(document: string, name: string, content: string): string {
  const { from, to } = findSection(document, name);
  return `${document.slice(0, from)}\n\n${content}\n\n${document.slice(to)}`;
}

/** What stands between them. */
export function readSection(document: string, name: string): string {
  const { from, to } = findSection(document, name);
  return document.slice(from, to).trim();
}

function findSection(document: string, name: string): { from: number; to: number } {
  const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const from = document.indexOf(begin);
  const to = document.indexOf(end, from);
  if (from === -1 || to === -1) throw new Error(`The document has no section ${begin} ... ${end}.`);
  return { from: from + begin.length, to };
}
