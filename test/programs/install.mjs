// Runs on whatever Node the machine has, before any dependency exists: every npm script begins with it (run.mjs), and so
// does the image. Its output goes to stderr, so that `--output json` keeps stdout clean.
import { execFile, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createProgress } from './install-progress.mjs';

export const isWindows = process.platform === 'win32';
const npm = isWindows ? 'npm.cmd' : 'npm';
const thisFile = fileURLToPath(import.meta.url);

/** The folder with `package.json`. */
export const projectRoot = dirname(dirname(dirname(thisFile)));

/** What keeps the dependencies from being there, as one line for a person. */
export class InstallError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = 'InstallError';
  }
}

/**
 * @typedef {object} InstallOptions
 * @property {string} root The folder with `package.json` and `package-lock.json`.
 * @property {(text: string) => void} write Takes what a person is told, line breaks included.
 * @property {boolean} [isTerminal] Progress may rewrite its line.
 * @property {AbortSignal} [signal] Ends the installation.
 * @property {import('./install-progress.mjs').Patience} [patience]
 */

/**
 * Brings `node_modules` to what the lock file says, where it is not there yet. An installation that was ended half-way
 * is done anew. Throws InstallError.
 * @param {InstallOptions} options
 */
export async function install(options) {
  const { root, write } = options;
  const wasComplete = isComplete(root);
  if (findMissing(root).length > 0) {
    await installAnew(options, false);
    if (findMissing(root).length > 0 && existsSync(bundledNode(root))) {
      // npm leaves out optional packages that do not suit the Node it runs on. They suit the one that came along.
      write('Some packages need a newer Node than this one: installing again with Node 24 ...\n');
      await installAnew(options, true);
    }
    const [first, ...others] = findMissing(root);
    if (first !== undefined) {
      const more = others.length === 0 ? '' : ` and ${others.length} more`;
      throw new InstallError(`npm has left out ${nameOf(first)}${more}, which this machine needs. Run it again.`);
    }
  }
  if (!hasPrograms(root)) await linkPrograms(options);
  if (!wasComplete) replaceUnusableNode(root);
  if (!existsSync(bundledNode(root)) && !isNewEnough) throw new InstallError(noNode);
}

/**
 * Whether all is there that the lock file wants on this machine, and its programs can be called.
 * @param {string} root
 */
export function isComplete(root) {
  return findMissing(root).length === 0 && hasPrograms(root);
}

const isNewEnough = Number.parseInt(process.versions.node, 10) >= 24;
const noNode = 'Node 24 is needed, and npm has no build of it that runs on this machine: install Node 24.';

/**
 * @param {InstallOptions} options
 * @param {boolean} onBundledNode
 */
async function installAnew(options, onBundledNode) {
  prepareFolder(options.root);
  // Until npm is through `node_modules` counts as incomplete, whatever ends it before.
  rmSync(join(options.root, 'node_modules', '.package-lock.json'), { force: true });
  await runNpm(options, onBundledNode);
  if (!hasPrograms(options.root)) await linkPrograms(options);
}

/**
 * The Node that came with the dependencies.
 * @param {string} root
 */
export function bundledNode(root) {
  return join(root, 'node_modules', '.bin', isWindows ? 'node.cmd' : 'node');
}

/**
 * Whether `node_modules/.bin` has what the packages bring. Some versions of npm remove `node` again with the builds of
 * Node for other platforms, which they had linked under the same name.
 * @param {string} root
 */
function hasPrograms(root) {
  const suffix = isWindows ? '.cmd' : '';
  return Object.entries(readPackages(join(root, 'package-lock.json'))).every(
    ([path, entry]) =>
      path !== `node_modules/${nameOf(path)}` ||
      !isWanted(entry, false) ||
      Object.keys(entry.bin ?? {}).every((name) => existsSync(join(root, 'node_modules', '.bin', name + suffix))),
  );
}

/** @param {InstallOptions} options */
async function linkPrograms({ root }) {
  prepareFolder(root);
  const env = { ...process.env, PATH: withoutOwnPrograms(root) };
  const options = { cwd: root, env, shell: isWindows };
  await new Promise((resolve) => execFile(npm, ['rebuild', '--ignore-scripts'], options, () => resolve(undefined)));
}

/** @param {string} path */
function nameOf(path) {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

/**
 * What the lock file wants on this machine and is not there, as paths. npm writes down what it has installed when it
 * is at its end; file times say nothing, since every checkout sets them anew.
 * @param {string} root
 */
function findMissing(root) {
  const want = readPackages(join(root, 'package-lock.json'));
  const have = readPackages(join(root, 'node_modules', '.package-lock.json'));
  return Object.entries(want).flatMap(([path, entry]) => {
    if (path === '' || !isWanted(entry, have[path] !== undefined)) return [];
    return have[path]?.version === entry.version && existsSync(join(root, path, 'package.json')) ? [] : [path];
  });
}

/**
 * @typedef {object} LockEntry
 * @property {string} [version]
 * @property {boolean} [optional]
 * @property {Record<string, string>} [bin]
 * @property {string | string[]} [os]
 * @property {string | string[]} [cpu]
 * @property {string | string[]} [libc]
 */

/**
 * An optional package is a build for one platform, or something that only such a build needs.
 * @param {LockEntry} entry
 * @param {boolean} isThere
 */
function isWanted({ optional, os, cpu, libc }, isThere) {
  if (optional !== true) return true;
  if (os === undefined && cpu === undefined) return isThere;
  return (
    includes(os, process.platform) && includes(cpu, process.arch) && (libc === undefined || includes(libc, findLibc()))
  );
}

/**
 * @param {string | string[] | undefined} list
 * @param {string} value
 */
function includes(list, value) {
  return list === undefined || [list].flat().includes(value);
}

function findLibc() {
  /** @type {{ header?: { glibcVersionRuntime?: string } }} */
  const report = JSON.parse(JSON.stringify(process.report?.getReport() ?? {}));
  return report.header?.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}

/**
 * @param {string} file
 * @returns {Record<string, LockEntry>}
 */
function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
  } catch {
    // Absent, or cut short by an installation that was interrupted.
    return {};
  }
}

/** @param {string} root */
function prepareFolder(root) {
  const folder = join(root, 'node_modules');
  try {
    const probe = join(folder, '.can-be-written');
    mkdirSync(folder, { recursive: true });
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (error) {
    throw new InstallError(
      `The dependencies are not installed, and ${folder} cannot be written (${codeOf(error)}): ` +
        'make the folder writable, or work in a copy of it.',
    );
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

/**
 * @param {InstallOptions} options
 * @param {boolean} onBundledNode
 */
async function runNpm({ root, write, isTerminal = false, signal, patience }, onBundledNode) {
  const env = { ...process.env, PATH: onBundledNode ? withOwnPrograms(root) : withoutOwnPrograms(root) };
  const registry = describeRegistry(env);
  if (!onBundledNode) write(`Installing the dependencies from ${registry} (once, a few minutes) ...\n`);
  const child = spawn(npm, npmArguments, {
    ...{ cwd: root, env, shell: isWindows, stdio: ['ignore', 'ignore', 'pipe'] },
    // In a group of its own, so that Ctrl-C does not set npm tidying up for a minute.
    detached: !isWindows,
  });
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(codeOf(error)));
    child.once('close', (code) => resolve(code));
  });
  const total = Object.values(readPackages(join(root, 'package-lock.json'))).filter((entry) => isWanted(entry, false));
  const progress = createProgress({ write, isTerminal, registry, total: total.length - 1, patience });
  createInterface({ input: child.stderr }).on('line', progress.read);
  const stop = () => killGroup(child);
  signal?.addEventListener('abort', stop);
  const timer = setInterval(() => {
    if (progress.look() === 'hopeless') stop();
  }, 200);
  const outcome = await ended;
  clearInterval(timer);
  signal?.removeEventListener('abort', stop);
  progress.finish();
  if (signal?.aborted) throw new InstallError(interrupted);
  if (outcome === 'ENOENT') throw new InstallError('npm is not found: install it, it comes with Node.');
  if (outcome !== 0) throw new InstallError(progress.explain());
}

const interrupted = 'Interrupted: the dependencies are not complete; the next run installs them anew.';

/** What a person may have set in general (`omit`, `NODE_ENV`, `loglevel`, `-s`) does not count here. */
const npmArguments = [
  ...['ci', '--include=dev', '--include=optional', '--no-fund', '--no-audit'],
  // It is what tells each request, and each attempt that failed.
  ...['--loglevel=http', '--no-progress', '--no-color'],
];

/**
 * npm tells its scripts what it was told itself; what may stand in the address as user and password is left out.
 * @param {NodeJS.ProcessEnv} env
 */
function describeRegistry({ npm_config_registry: address = '' }) {
  try {
    const url = new URL(address);
    return url.origin + url.pathname;
  } catch {
    return 'the npm registry';
  }
}

/** @param {import('node:child_process').ChildProcess} child */
function killGroup(child) {
  try {
    if (isWindows || child.pid === undefined) child.kill();
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}

/**
 * `PATH` with the programs of the dependencies before all others.
 * @param {string} root
 */
export function withOwnPrograms(root) {
  return [join(root, 'node_modules', '.bin'), withoutOwnPrograms(root)].join(delimiter);
}

/**
 * npm removes `node_modules`, so it had better not run on the Node in there.
 * @param {string} root
 */
function withoutOwnPrograms(root) {
  const own = join(root, 'node_modules', '.bin');
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder !== own)
    .join(delimiter);
}

/**
 * npm takes a build of Node for any Linux, also where its C library is missing; the machine's own must do then.
 * @param {string} root
 */
function replaceUnusableNode(root) {
  const file = bundledNode(root);
  if (!existsSync(file) || spawnSync(file, ['--version'], { shell: isWindows }).status === 0) return;
  rmSync(file);
  if (isNewEnough) symlinkSync(process.execPath, file);
}

/**
 * The installation of this project, with what a person is told on stderr. Gives whether the dependencies are there.
 * @returns {Promise<boolean>}
 */
export async function ensureInstalled() {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
  for (const name of signals) process.on(name, onSignal);
  try {
    await install({
      root: projectRoot,
      write: (text) => process.stderr.write(text),
      isTerminal: process.stderr.isTTY,
      signal: stop.signal,
    });
    return true;
  } catch (error) {
    if (!(error instanceof InstallError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return false;
  } finally {
    for (const name of signals) process.off(name, onSignal);
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === thisFile) {
  process.exitCode = (await ensureInstalled()) ? 0 : 1;
}
