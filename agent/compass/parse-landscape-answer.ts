import { findList } from './find-list.ts';
import { notJson, parseAnswer } from './parse-answer.ts';
import type { Parsed } from './parse-with.ts';

const pathToPage = ['data', 'applicationsForRuntime'];

/** Stands in a page of the landscape for a system that is still to be read; no JSON can hold one. */
export class SystemText {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Parsed<unknown> {
    try {
      return { ok: true, value: parseAnswer(this.#text) };
    } catch {
      return { ok: false, problem: notJson };
    }
  }
}

/**
 * Reads the JSON of a page of the landscape but for its systems, so that these can be read one by one, while the next page
 * is on its way. What errors belong to is read as a whole. Throws a SyntaxError.
 */
export function parseLandscapeAnswer(text: string): unknown {
  const list = findList(text, [...pathToPage, 'data']);
  if (list === undefined) return parseAnswer(text);
  const answer = parseAnswer(`${text.slice(0, list.start)}[]${text.slice(list.end)}`);
  const page = pathToPage.reduce(readField, answer);
  const items = readField(page, 'data');
  // A field that stands there twice is read by its last value.
  const isFound = Array.isArray(items) && items.length === 0;
  if (!isFound || (readField(answer, 'errors') ?? null) !== null) return parseAnswer(text);
  for (const [start, end] of list.items) items.push(new SystemText(text.slice(start, end)));
  return answer;
}

function readField(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}
