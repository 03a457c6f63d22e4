import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { checkTypes } from './check-types.ts';

const project = path.join(import.meta.dirname, '../../..');
const file = 'agent/domain/duration.ts';

async function changed(id: string, from: string, to: string) {
  const text = await readFile(path.join(project, file), 'utf8');
  expect(text).toContain(from);
  return { id, file, text: text.replace(from, to) };
}

test('Changes that do not compile are found among many, also where only another file refuses them', async () => {
  const refused = await checkTypes(project, [
    await changed('same type', 'Number.NaN', '7'),
    await changed('unused', 'for (', 'const unused = 1; for ('),
    await changed('wrong inside', 'Number.NaN', "'seven'"),
    await changed('wrong for others', 'export function parseDuration', 'export function parsePeriod'),
  ]);
  expect(Object.fromEntries(refused)).toEqual({
    'wrong inside': expect.stringContaining('TS2363'),
    'wrong for others': expect.stringContaining("'parseDuration'"),
  });
});
