import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { situationTexts } from '../../data/situations/situation-texts.ts';
import { renderTroubleshootingPage } from './render-troubleshooting-page.ts';

const root = join(import.meta.dirname, '../../..');

test('docs/troubleshooting.md shows what the golden files of the situations show', async () => {
  await expect(await renderTroubleshootingPage()).toMatchFileSnapshot(join(root, 'docs/troubleshooting.md'));
});

test('every situation has its golden file and its section, and no golden file is left over', async () => {
  const files = await readdir(join(root, 'test/data/situations/golden'));
  const names = files.map((file) => file.replace(/\.txt$/, ''));
  expect(names.sort()).toEqual(Object.keys(situationTexts).sort());
});
