import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readTables } from './read-tables.ts';

const folder = join(import.meta.dirname, '../../../docs/design');
const index = readFileSync(join(folder, 'README.md'), 'utf8');
const notes = readdirSync(folder).filter((file) => file.endsWith('.md') && file !== 'README.md');
const sections = (readTables(index).find(({ heading }) => heading === 'Form')?.rows ?? []).map(([cell = '']) =>
  cell.replaceAll(/[`#]/g, '').trim(),
);

test('the form of a design note names its sections', () => {
  expect(sections).toEqual(expect.arrayContaining(['Goals', 'Non-goals', 'Alternatives']));
});

test('each design note has the sections of the form, in their order', () => {
  const headings = notes.map((note) => {
    const found = readFileSync(join(folder, note), 'utf8').matchAll(/^## (.+)$/gm);
    return [...found].map(([, heading = '']) => heading).filter((heading) => sections.includes(heading));
  });
  expect(headings).toEqual(notes.map(() => sections));
});

test('each design note is in the list of notes', () => {
  expect(notes.filter((note) => !index.includes(`](${note})`))).toEqual([]);
});
