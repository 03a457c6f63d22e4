import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { expect, test } from 'vitest';
import { parseConfig } from '../../../agent/config/parse-config.ts';
import { settings } from '../../../agent/config/settings.ts';
import { renderConfigurationPage, renderEnvironmentExample } from './render-settings.ts';

const root = join(import.meta.dirname, '../../..');

test('docs/configuration.md tells every setting as the code has it', async () => {
  await expect(renderConfigurationPage()).toMatchFileSnapshot(join(root, 'docs', 'configuration.md'));
});

test('.env.example tells every setting as the code has it', async () => {
  await expect(renderEnvironmentExample()).toMatchFileSnapshot(join(root, '.env.example'));
});

test('.env.example sets nothing as it stands, and the defaults when everything in it is uncommented', () => {
  const text = readFileSync(join(root, '.env.example'), 'utf8');
  expect(parseEnv(text)).toEqual({});
  const uncommented = parseEnv(text.replaceAll(/^#(?=APP_)/gm, ''));
  expect(Object.keys(uncommented).sort()).toEqual(
    Object.values(settings)
      .map((setting) => setting.name)
      .sort(),
  );
  expect(parseConfig(uncommented)).toEqual(parseConfig({}));
});
