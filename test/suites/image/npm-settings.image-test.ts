import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { buildImage } from '../../servers/image/build-image.ts';
import { prepareImageStore } from '../../servers/image/image-store.ts';

const root = path.join(import.meta.dirname, '../../..');

/** A registry that knows nobody, and keeps with what authority it is asked. */
async function startRefusingRegistry() {
  const authorizations = new Set<string | undefined>();
  const server = createServer((request, response) => {
    authorizations.add(request.headers.authorization);
    response.writeHead(403).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return { address: `127.0.0.1:${port}`, authorizations, stop: () => server.close() };
}

// npm asks for every package before it gives up.
test('the build asks the registry of this machine, with its credentials, and tells when it is refused', {
  timeout: 300_000,
}, async () => {
  const { baseImage } = await buildImage(console.error);
  const registry = await startRefusingRegistry();
  const folder = await mkdtemp(path.join(tmpdir(), 'ucl-agent-npmrc-'));
  try {
    const npmrc = path.join(folder, 'npmrc');
    await writeFile(npmrc, `registry=http://${registry.address}/\n//${registry.address}/:_authToken=known-here\n`);
    const bases = [`--build-image=${baseImage}`, `--runtime-image=${baseImage}`];
    const child = spawn('npm', ['run', '-s', 'image', '--', '--builder=buildah', '--tag=ucl-agent:refused', ...bases], {
      cwd: root,
      env: { ...process.env, ...(await prepareImageStore()), npm_config_userconfig: npmrc },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const [output, [code]] = await Promise.all([text(child.stderr), once(child, 'close') as Promise<unknown[]>]);
    expect([...registry.authorizations], output).toEqual(['Bearer known-here']);
    expect(code).toBe(1);
    expect(output.trim().split('\n').at(-1)).toBe('buildah build ended with 1; its last lines tell why.');
  } finally {
    registry.stop();
    await rm(folder, { recursive: true });
  }
});
