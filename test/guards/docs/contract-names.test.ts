import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  credentialsSecretName,
  normalizeApplicationName,
  normalizeName,
  normalizeServiceNameWithId,
  parametersSecretName,
} from '../../../agent/domain/names.ts';
import { readTables } from './read-tables.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/contracts/kubernetes.md'), 'utf8');
const bundleId = 'e4148ee9-79c0-4d81-863c-311f32aeed9b';

/** The worked examples below a heading, written out: `a×56` is 56 times a, U the id, (empty) an empty text. */
function readExamples(heading: string, header: string): string[][] {
  const table = readTables(page).find((candidate) => candidate.heading === heading && candidate.header[0] === header);
  return (table?.rows ?? []).map((row) => row.slice(0, -1).map(writeOut));
}

function writeOut(cell: string): string {
  if (cell === '(empty)') return '';
  const [, text = ''] = /^`([^`]*)`/.exec(cell) ?? [];
  return text
    .replaceAll(/(\w)×(\d+)/g, (_match, character: string, count: string) => character.repeat(Number(count)))
    .replace(/(^|-)U$/, `$1${bundleId}`);
}

test('the worked examples of docs/contracts/kubernetes.md are enough to judge by', () => {
  expect(readExamples('Service names', 'Input')).toHaveLength(12);
  expect(readExamples('Service names', 'Id')).toHaveLength(5);
  expect(readExamples('Application names', 'Input')).toHaveLength(15);
  expect(readExamples('Secret names', 'Application')).toHaveLength(10);
});

test.each(readExamples('Service names', 'Input'))('a bundle %j is called as the page says', (input, name, withId) => {
  expect([normalizeName(input ?? ''), normalizeServiceNameWithId(input ?? '', 'id')]).toEqual([name, withId]);
});

test.each(readExamples('Service names', 'Id'))('an id %j has the digits that the page says', (id, digits) => {
  expect(normalizeServiceNameWithId('x', id ?? '')).toBe(`x-${digits}`);
});

test.each(readExamples('Application names', 'Input'))('a system %j is called as the page says', (input, name) => {
  expect(normalizeApplicationName(input ?? '')).toBe(name);
});

test.each(readExamples('Secret names', 'Application'))(
  'the Secrets of %j are called as the page says',
  (application, credentials, parameters) => {
    expect(credentialsSecretName(application ?? '', bundleId)).toBe(credentials);
    expect(parametersSecretName(application ?? '', bundleId)).toBe(parameters);
  },
);
