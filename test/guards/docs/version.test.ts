import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';

function read(file: string): string {
  return readFileSync(join(import.meta.dirname, '../../..', file), 'utf8');
}

const versioned = z.object({ version: z.string() });
const { version } = versioned.parse(JSON.parse(read('package.json')));

/** Where the version stands, besides package.json: all that docs/releasing.md tells to change. */
const places: Record<string, RegExp> = {
  'package-lock.json': /^\{\s*"name": "ucl-agent",\s*"version": "([^"]+)"/,
  'CHANGELOG.md': /^## (\d[^ ]*) - \d{4}-\d\d-\d\d$/m,
  'manifests/deployment.yaml': /image: ucl-agent:(\S+)/,
  'manifests/samples/overlay-kustomization.yaml': /newTag: (\S+)/,
  'manifests/chart/Chart.yaml': /^version: (\S+)\nappVersion: \1$/m,
  'docs/installation.md': /npm run image -- --tag registry\.example\.com\/ucl-agent:(\S+)$/m,
  'docs/cli.md': /--archive=dist\/ucl-agent-(\d.*)\.tgz$/m,
  Dockerfile: /image\.version="([^"]+)"/,
};

test.each(Object.entries(places))('%s has the version of package.json', (file, pattern) => {
  expect(pattern.exec(read(file))?.[1]).toBe(version);
});

test('docs/installation.md names no image of another version', () => {
  const named = [...read('docs/installation.md').matchAll(/ucl-agent:(\d[\w.-]*)/g)].map(([, tag = '']) => tag);
  expect(named.length).toBeGreaterThan(2);
  expect(named.filter((tag) => tag !== version)).toEqual([]);
});
