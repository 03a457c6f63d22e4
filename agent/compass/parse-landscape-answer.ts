import { findList } from './find-list.ts';
import { type FindKnown, Recognised, toSystemDigest } from './known-systems.ts';
import { parseAnswer } from './parse-answer.ts';

const pathToPage = ['data', 'applicationsForRuntime'];

/**
 * Reads the JSON of a page of the landscape system by system, so that of one that is known nothing stays but that it is.
 * What errors belong to is read as a whole. Throws a SyntaxError.
 */
export function parseLandscapeAnswer(text: string, findKnown: FindKnown): unknown {
  const list = findList(text, [...pathToPage, 'data']);
  if (list === undefined) return parseAnswer(text);
  const answer = parseAnswer(`${text.slice(0, list.start)}[]${text.slice(list.end)}`);
  const page = pathToPage.reduce(readField, answer);
  const items = readField(page, 'data');
  // A field that stands there twice is read by its last value.
  const isFound = Array.isArray(items) && items.length === 0;
  if (!isFound || (readField(answer, 'errors') ?? null) !== null) return parseAnswer(text);
  for (const [start, end] of list.items) items.push(parseSystem(text.slice(start, end), findKnown));
  return answer;
}

function parseSystem(text: string, findKnown: FindKnown): unknown {
  const system = parseAnswer(text);
  const [id, name] = [readField(system, 'id'), readField(system, 'name')];
  const digest = toSystemDigest(system);
  if (typeof system !== 'object' || typeof id !== 'string' || digest === undefined) return system;
  const known = findKnown(id, digest);
  const recognised = new Recognised(digest, known);
  return known === undefined ? { ...system, recognised } : { id, name, recognised };
}

function readField(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}
