import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

/** The process of `npm run image`, with programs of our own in the places of the builders. */

const program = join(import.meta.dirname, 'main.ts');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ucl-agent-image-main-'));
  for (const name of ['bin', 'tmp']) mkdirSync(join(folder, name));
});

afterEach(() => rmSync(folder, { recursive: true }));

function install(name: string, script: string): void {
  const file = join(folder, 'bin', name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

function run(...args: string[]) {
  writeFileSync(join(folder, 'npmrc'), '//registry.example.com/:_authToken=a-secret\n');
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    env: { PATH: join(folder, 'bin'), TMPDIR: join(folder, 'tmp'), npm_config_userconfig: join(folder, 'npmrc') },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('npm run image', () => {
  test('says in one line what is missing where nothing can build', () => {
    install('docker', 'exit 1');
    const { status, stdout, stderr } = run();
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toBe(
      'Nothing here can build an image (docker is installed, but its engine does not answer; podman is not installed; buildah is not installed). Install Docker, Podman or Buildah (Debian: apt-get install buildah).\n',
    );
  });

  test('hands the settings of npm to the builder as a secret, and removes them after that', () => {
    const seen = join(folder, 'seen');
    // Keeps its arguments, and the file that it is given as the secret.
    install(
      'buildah',
      `echo "$@" >> ${seen}; for a; do case $a in *id=npmrc,src=*) while read -r l; do echo "$l" >> ${seen}.secret; done < "\${a#*src=}"; esac; done`,
    );
    const { status, stdout } = run('--tag=example:1', '--runtime-image=base:1', '--output=/tmp/none.tar');
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: 'Built example:1 with buildah, also in /tmp/none.tar.\n',
    });
    const commands = readFileSync(seen, 'utf8');
    expect(commands).toContain('--build-arg=RUNTIME_IMAGE=base:1');
    expect(commands).toContain('push example:1 oci-archive:/tmp/none.tar:example:1');
    expect(commands).not.toContain('a-secret');
    expect(readFileSync(`${seen}.secret`, 'utf8')).toBe('//registry.example.com/:_authToken=a-secret\n');
    expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
  });

  test('ends with 1 and one line after what the builder says, and leaves no secret, when the build fails', () => {
    install('podman', '[ "$1" = info ] || { echo "no space left" >&2; exit 125; }');
    const { status, stdout, stderr } = run();
    expect({ status, stdout, stderr }).toEqual({
      status: 1,
      stdout: '',
      stderr: 'no space left\npodman build ended with 125; its last lines tell why.\n',
    });
    expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
  });

  test('refuses an option that it does not know', () => {
    expect(run('--nonsense')).toEqual({
      status: 2,
      stdout: '',
      stderr: "error: unknown option '--nonsense' (--help tells the options)\n",
    });
  });
});
