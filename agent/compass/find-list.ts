/** Where a list stands in a JSON text, and each of its items; the ends are behind the last character. */
export interface ListPlace {
  readonly start: number;
  readonly end: number;
  readonly items: readonly (readonly [start: number, end: number])[];
}

const code = { quote: 0x22, comma: 0x2c, colon: 0x3a, bracket: 0x5b, backslash: 0x5c, brace: 0x7b } as const;
const closing = { bracket: 0x5d, brace: 0x7d } as const;

/**
 * Finds the list of objects at `path` without reading the text, so that it can be read item by item. undefined where it is
 * not found for certain: then the text has to be read as a whole, which also tells what is wrong with it.
 */
export function findList(text: string, path: readonly string[]): ListPlace | undefined {
  let at: number | undefined = skipSpace(text, 0);
  for (const name of path) {
    at = findField(text, at, name);
    if (at === undefined) return undefined;
  }
  return findItems(text, at);
}

function findItems(text: string, start: number): ListPlace | undefined {
  if (text.charCodeAt(start) !== code.bracket) return undefined;
  const items: (readonly [number, number])[] = [];
  let at = skipSpace(text, start + 1);
  if (text.charCodeAt(at) === closing.bracket) return { start, end: at + 1, items };
  for (;;) {
    if (text.charCodeAt(at) !== code.brace) return undefined;
    const end = skipValue(text, at);
    if (end === undefined) return undefined;
    items.push([at, end]);
    at = skipSpace(text, end);
    if (text.charCodeAt(at) === closing.bracket) return { start, end: at + 1, items };
    if (text.charCodeAt(at) !== code.comma) return undefined;
    at = skipSpace(text, at + 1);
  }
}

/** Where the value of the field begins, in the object that begins at `start`. */
function findField(text: string, start: number, name: string): number | undefined {
  if (text.charCodeAt(start) !== code.brace) return undefined;
  let at = skipSpace(text, start + 1);
  while (text.charCodeAt(at) === code.quote) {
    const end = skipText(text, at);
    if (end === undefined) return undefined;
    const isIt = text.slice(at + 1, end - 1) === name;
    at = skipSpace(text, end);
    if (text.charCodeAt(at) !== code.colon) return undefined;
    at = skipSpace(text, at + 1);
    if (isIt) return at;
    const after = skipValue(text, at);
    if (after === undefined) return undefined;
    at = skipSpace(text, after);
    if (text.charCodeAt(at) !== code.comma) return undefined;
    at = skipSpace(text, at + 1);
  }
  return undefined;
}

function skipValue(text: string, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (character === code.quote) {
      const end = skipText(text, at);
      if (end === undefined || depth === 0) return end;
      at = end - 1;
    } else if (character === code.brace || character === code.bracket) depth += 1;
    else if (character === closing.brace || character === closing.bracket) {
      // A number, or a word, ends where what holds it ends.
      if (depth === 0) return at;
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (character === code.comma && depth === 0) return at;
  }
  return undefined;
}

function skipText(text: string, start: number): number | undefined {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let escapes = 0;
    while (text.charCodeAt(at - 1 - escapes) === code.backslash) escapes += 1;
    if (escapes % 2 === 0) return at + 1;
  }
  return undefined;
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (' \t\n\r'.includes(text.charAt(at)) && at < text.length) at += 1;
  return at;
}
