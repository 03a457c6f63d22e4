import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type FakeRegistry, startFakeRegistry } from './fake-registry.ts';
import { InstallError, install, isComplete } from './install.mjs';

const elsewhere = process.platform === 'linux' ? 'darwin' : 'linux';
const here = { os: process.platform, cpu: [process.arch] };
const greeting = 'hello from the program';

let registry: FakeRegistry;
/** A project with everything installed, for copies. */
let installed: string;

beforeAll(async () => {
  registry = await startFakeRegistry({
    greeter: { programs: { greet: `echo "${greeting} $*"; exit 3` } },
    plain: {},
    'build-here': { fields: here },
    'build-elsewhere': { fields: { os: elsewhere, cpu: ['x64', 'arm64'] } },
    tester: {},
  });
  installed = createProject();
  const { code, stderr } = await start(installed, 'install.mjs').ended;
  expect(code, stderr).toBe(0);
});
afterAll(async () => {
  rmSync(installed, { recursive: true });
  await registry.stop();
});
beforeEach(() => registry.answer('', 'as usual'));

/** A project like this one: scripts, manifest and lock file; npm's cache and settings of its own. */
function createProject(): string {
  const folder = mkdtempSync(join(tmpdir(), 'install-test-'));
  for (const file of ['install.mjs', 'install-progress.mjs', 'run.mjs']) {
    cpSync(join(import.meta.dirname, file), join(folder, 'test/programs', file));
  }
  const manifest = {
    ...{ name: 'project', version: '1.0.0' },
    dependencies: { greeter: '1.0.0', plain: '1.0.0' },
    devDependencies: { tester: '1.0.0' },
    optionalDependencies: { 'build-here': '1.0.0', 'build-elsewhere': '1.0.0' },
  };
  const kinds: Record<string, object> = {
    'node_modules/tester': { dev: true },
    'node_modules/build-here': { optional: true },
    'node_modules/build-elsewhere': { optional: true },
  };
  const entries = Object.entries(registry.lockEntries).map(([path, entry]) => [path, { ...entry, ...kinds[path] }]);
  const packages = { '': manifest, ...Object.fromEntries(entries) };
  const lock = { ...{ name: 'project', version: '1.0.0' }, lockfileVersion: 3, requires: true, packages };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
  writeFileSync(join(folder, '.npmrc'), `cache=${folder}/cache\nupdate-notifier=false\n`);
  return folder;
}

function createRemovedProject(from?: string): string {
  const folder = from === undefined ? createProject() : mkdtempSync(join(tmpdir(), 'install-test-'));
  if (from !== undefined) cpSync(from, folder, { recursive: true, verbatimSymlinks: true });
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs one of the scripts on the Node of the test, with the `npm` of the machine. */
function start(folder: string, script: 'install.mjs' | 'run.mjs', args: string[] = [], flags: string[] = []) {
  const own = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_|VITEST|CI$)/i.test(name));
  const child = spawn(process.execPath, [...flags, join(folder, 'test/programs', script), ...args], {
    cwd: folder,
    // A person's settings would leave out packages that the scripts need.
    env: {
      ...{ ...Object.fromEntries(own), PATH: pathWithNpm() },
      ...{ npm_config_registry: registry.url, npm_config_omit: 'dev\n\noptional', NODE_ENV: 'production' },
    },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }>((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr })),
  );
  return { child, ended };
}

/** Without this project's own programs, which vitest was found by. */
function pathWithNpm(): string {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.endsWith('.bin'))
    .join(delimiter);
}

async function expectGreeting(folder: string, flags: string[] = []): Promise<string> {
  const { code, stdout, stderr } = await start(folder, 'run.mjs', ['greet', '--to', 'you'], flags).ended;
  expect({ code, stdout }, stderr).toEqual({ code: 3, stdout: `${greeting} --to you\n` });
  return stderr;
}

describe('a program of the dependencies', () => {
  test('is run with its arguments, its output and its exit code, after they are installed', async () => {
    const folder = createRemovedProject();
    expect(await expectGreeting(folder)).toMatch(
      /^Installing the dependencies from http:\/\/127\.0\.0\.1:\d+\/ \(once, a few minutes\) \.\.\.\n$/,
    );
    expect(existsSync(join(folder, 'node_modules/tester'))).toBe(true);
    expect(existsSync(join(folder, 'node_modules/build-here'))).toBe(true);
    expect(existsSync(join(folder, 'node_modules/build-elsewhere'))).toBe(false);
  });

  test('is run at once where they are installed, without a word and without npm', async () => {
    const before = registry.asked.length;
    expect(await expectGreeting(installed)).toBe('');
    expect(registry.asked.length).toBe(before);
  });

  test('is run likewise by an older Node, which cannot put it in its own place', async () => {
    expect(await expectGreeting(installed, ['--import', 'data:text/javascript,process.execve=undefined'])).toBe('');
  });
});

describe('an installation that is interrupted', () => {
  test.each(['/greeter', '/build-here/-/'])('while %s is fetched says so, and the next run mends it', async (part) => {
    const folder = createRemovedProject();
    registry.answer(part, 'never');
    const asked = registry.askedFor(part);
    const { child, ended } = start(folder, 'run.mjs', ['greet']);
    await asked;
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.split('\n').slice(1)).toEqual([
      'Interrupted: the dependencies are not complete; the next run installs them anew.',
      '',
    ]);
    registry.answer('', 'as usual');
    await expectGreeting(folder);
  });
});

describe('an installation that is half-done', () => {
  const hiddenLock = 'node_modules/.package-lock.json';
  const truncate = (file: string) => writeFileSync(file, readFileSync(file, 'utf8').slice(0, 99));
  const forget = (name: string) => (file: string) => {
    const lock = JSON.parse(readFileSync(file, 'utf8'));
    delete lock.packages[`node_modules/${name}`];
    writeFileSync(file, JSON.stringify(lock));
  };

  test.each<[string, string, (path: string) => void]>([
    ['no list of what is there', hiddenLock, rmSync],
    ['a list that is cut short', hiddenLock, truncate],
    ['a list without a package', hiddenLock, forget('plain')],
    ["a list without this platform's build", hiddenLock, forget('build-here')],
    ['a package that is gone', 'node_modules/plain', (path) => rmSync(path, { recursive: true })],
    ['a program that is gone', 'node_modules/.bin/greet', rmSync],
  ])('is known by %s', (_, path, harm) => {
    const folder = createRemovedProject(installed);
    expect(isComplete(folder)).toBe(true);
    harm(join(folder, path));
    expect(isComplete(folder)).toBe(false);
  });

  test('is completed by the next run, and the one after has nothing to do', async () => {
    const folder = createRemovedProject(installed);
    rmSync(join(folder, 'node_modules/plain'), { recursive: true });
    await expectGreeting(folder);
    expect(isComplete(folder)).toBe(true);
    expect(await expectGreeting(folder)).toBe('');
  });

  test('only in its programs is completed without the registry', async () => {
    const folder = createRemovedProject(installed);
    rmSync(join(folder, 'node_modules/.bin'), { recursive: true });
    const before = registry.asked.length;
    expect(await expectGreeting(folder)).toBe('');
    expect(registry.asked.length).toBe(before);
  });
});

describe('one line tells why there is no installation:', () => {
  test('a registry that refuses', async () => {
    const folder = createRemovedProject();
    registry.answer('/plain', 403);
    const { code, stderr } = await start(folder, 'run.mjs', ['greet']).ended;
    expect(code).toBe(1);
    expect(stderr.split('\n').slice(1)).toEqual([
      expect.stringMatching(
        /^The installation failed: E403: 403 .*\/plain.* Check the network, the proxy and the registry/,
      ),
      '',
    ]);
  });

  test('a folder that cannot be written', async () => {
    const folder = createRemovedProject();
    writeFileSync(join(folder, 'node_modules'), '');
    const { code, stderr } = await start(folder, 'run.mjs', ['greet']).ended;
    expect(code).toBe(1);
    expect(stderr).toBe(
      `The dependencies are not installed, and ${folder}/node_modules cannot be written (EEXIST): make the folder writable, or work in a copy of it.\n`,
    );
  });

  test('a registry that does not answer', async () => {
    registry.answer('', 'never');
    const { lines, message } = await installImpatiently(registry.url, 1_500);
    expect(lines).toContainEqual(
      expect.stringMatching(/^ {2}No answer of the registry for \d+ s; still waiting \.\.\.\n$/),
    );
    expect(message).toMatch(
      /^The installation failed: http:\/\/127\.0\.0\.1:\d+\/ does not answer\. Check the network/,
    );
  });

  test('a registry that cannot be reached', async () => {
    // Port 9 (discard) has no listener.
    const { lines, message } = await installImpatiently('http://user:secret@127.0.0.1:9/', 60_000);
    expect(lines).toEqual([
      'Installing the dependencies from http://127.0.0.1:9/ (once, a few minutes) ...\n',
      ...lines.slice(1, -1),
      '  127.0.0.1:9 does not answer as it should (ECONNREFUSED); npm tries again ...\n',
    ]);
    expect(message).toMatch(/^The installation failed: 127\.0\.0\.1:9 cannot be used \(ECONNREFUSED\)\./);
  });

  /** Gives up as soon as a request has failed. */
  async function installImpatiently(address: string, giveUpSilentMs: number) {
    const root = createRemovedProject();
    vi.stubEnv('npm_config_registry', address);
    onTestFinished(() => void vi.unstubAllEnvs());
    const lines: string[] = [];
    const patience = { silenceMs: 500, giveUpMs: 0, giveUpSilentMs, tickMs: 1_000 };
    const attempt = install({ root, write: (text) => lines.push(text), patience });
    const error = await attempt.then(() => undefined).catch((reason: unknown) => reason);
    if (!(error instanceof InstallError)) throw error;
    return { lines, message: error.message };
  }
});
