import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');

test('Each threat in docs/security.md names a test that is there', () => {
  const page = readFileSync(join(root, 'docs/security.md'), 'utf8');
  const [, section = ''] = page.split('## Threats considered');
  const rows = section
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(1);
  expect(rows.length).toBeGreaterThan(10);
  for (const row of rows) {
    const named = [...(row.split(' | ').at(-1) ?? '').matchAll(/`([^`]+)`/g)].map(([, file = '']) => file);
    expect(named.length, row).toBeGreaterThan(0);
    expect(
      named.filter((file) => !existsSync(join(root, 'test', file))),
      row,
    ).toEqual([]);
  }
});
