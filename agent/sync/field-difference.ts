import { hash } from 'node:crypto';

/** From the object down: names of fields, and places in lists. */
export type FieldPath = readonly (string | number)[];

/**
 * Where two values differ, as far down as one place can be named; undefined where they do not. What is absent and what is
 * undefined are the same, as in JSON. Pure.
 */
export function findDifference(wanted: unknown, present: unknown, path: FieldPath = []): FieldPath | undefined {
  return collectDifferences(wanted, present, 1, [...path])[0];
}

/** Every place where two values differ, each as far down as it can be named. Pure. */
export function listDifferences(wanted: unknown, present: unknown, path: FieldPath = []): FieldPath[] {
  return collectDifferences(wanted, present, Number.POSITIVE_INFINITY, [...path]);
}

/** Most values that are compared are the same, which leaves no litter: `path` is one list that grows and shrinks. */
function collectDifferences(
  wanted: unknown,
  present: unknown,
  limit: number,
  path: (string | number)[],
  found: FieldPath[] = [],
): FieldPath[] {
  if (found.length === limit || Object.is(wanted, present)) return found;
  const areLists = Array.isArray(wanted) && Array.isArray(present);
  if (!isObject(wanted) || !isObject(present) || (areLists && wanted.length !== present.length)) {
    found.push([...path]);
    return found;
  }
  const compare = (key: string | number) => {
    path.push(key);
    collectDifferences(Reflect.get(wanted, key), Reflect.get(present, key), limit, path, found);
    path.pop();
  };
  if (areLists) {
    for (const index of wanted.keys()) compare(index);
  } else {
    for (const key of Object.keys(wanted)) compare(key);
    for (const key of Object.keys(present)) if (!Object.hasOwn(wanted, key)) compare(key);
  }
  return found;
}

/** Whether all that is wanted is there, with more beside it. Pure. */
export function isContained(wanted: unknown, present: unknown): boolean {
  if (Array.isArray(wanted)) {
    return Array.isArray(present) && wanted.every((item) => present.some((other) => isContained(item, other)));
  }
  if (!isObject(wanted)) return wanted === undefined || Object.is(wanted, present);
  return (
    isObject(present) && Object.entries(wanted).every(([key, value]) => isContained(value, Reflect.get(present, key)))
  );
}

/** `spec.services[0].name`; a name with dots or slashes in brackets. */
export function toPathText(path: FieldPath): string {
  const parts = path.map((part) => {
    if (typeof part === 'number') return `[${part}]`;
    return /^\w+$/.test(part) ? `.${part}` : `["${part}"]`;
  });
  return parts.join('').replace(/^\./, '');
}

/** Stands for a value; the order of lists and of keys does not matter. Pure. */
export function toDigest(value: unknown): string {
  return hash('sha256', toCanonicalText(value), 'base64');
}

function toCanonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toCanonicalText).sort().join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  let text = '';
  for (const key of Object.keys(value).sort()) {
    const field: unknown = Reflect.get(value, key);
    if (field !== undefined) text += `${JSON.stringify(key)}:${toCanonicalText(field)},`;
  }
  return `{${text}}`;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
