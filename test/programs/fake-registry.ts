import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A package of the registry, beyond its name and the version 1.0.0. */
export interface FakePackage {
  /** Programs by name, each a shell script. */
  programs?: Readonly<Record<string, string>>;
  /** Fields of `package.json`. */
  fields?: Readonly<Record<string, unknown>>;
}

/** An npm registry on loopback. */
export interface FakeRegistry {
  readonly url: string;
  /** Entries of a lock file for all its packages. */
  readonly lockEntries: Readonly<Record<string, Record<string, unknown>>>;
  /** Paths that were asked for, in that order. */
  readonly asked: readonly string[];
  /** What happens to requests for a path of which this is a part; the last rule counts. */
  answer(part: string, how: 'as usual' | 'never' | 403): void;
  /** Resolves when a path with this part is asked for from now on. */
  askedFor(part: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a registry with these packages. */
export async function startFakeRegistry(packages: Readonly<Record<string, FakePackage>>): Promise<FakeRegistry> {
  const tarballs = new Map(Object.entries(packages).map(([name, content]) => [name, pack(name, content)]));
  const rules: { part: string; how: 'as usual' | 'never' | 403 }[] = [];
  const asked: string[] = [];
  const watchers = new Set<(path: string) => void>();
  let url = '';
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    for (const watcher of watchers) watcher(path);
    const how = rules.findLast(({ part }) => path.includes(part))?.how ?? 'as usual';
    if (how === 403) response.writeHead(403).end('{}');
    if (how === 'as usual') send(path, response);
  });
  const send = (path: string, response: ServerResponse) => {
    const name = path.replace(/^\//, '').replace(/\/-\/.*$/, '');
    const tarball = tarballs.get(name);
    if (tarball === undefined) return response.writeHead(404).end('{}');
    if (path.endsWith('.tgz')) return response.end(tarball.bytes);
    const dist = { tarball: `${url}${name}/-/${name}-1.0.0.tgz`, integrity: tarball.integrity };
    const versions = { '1.0.0': { ...packages[name]?.fields, ...tarball.manifest, dist } };
    return response.end(JSON.stringify({ name, 'dist-tags': { latest: '1.0.0' }, versions }));
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`;
  const lockEntries = Object.fromEntries(
    [...tarballs].map(([name, { manifest, integrity }]) => [`node_modules/${name}`, { ...manifest, integrity }]),
  );
  return {
    url,
    lockEntries,
    asked,
    answer: (part, how) => void rules.push({ part, how }),
    askedFor: (part) =>
      new Promise((resolve) => {
        const watcher = (path: string) => {
          if (!path.includes(part)) return;
          watchers.delete(watcher);
          resolve();
        };
        watchers.add(watcher);
      }),
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function pack(name: string, { programs = {}, fields = {} }: FakePackage) {
  const folder = mkdtempSync(join(tmpdir(), 'fake-package-'));
  try {
    const bin = Object.fromEntries(Object.keys(programs).map((program) => [program, `bin/${program}`]));
    const manifest = { name, version: '1.0.0', ...(Object.keys(bin).length === 0 ? {} : { bin }), ...fields };
    mkdirSync(join(folder, 'package/bin'), { recursive: true });
    writeFileSync(join(folder, 'package/package.json'), JSON.stringify(manifest));
    for (const [program, script] of Object.entries(programs)) {
      writeFileSync(join(folder, 'package/bin', program), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    }
    execFileSync('tar', ['czf', 'package.tgz', 'package'], { cwd: folder });
    const bytes = readFileSync(join(folder, 'package.tgz'));
    return { manifest, bytes, integrity: `sha512-${createHash('sha512').update(bytes).digest('base64')}` };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
