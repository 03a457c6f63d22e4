// `node test/programs/run.mjs PROGRAM ARGUMENTS`: runs a program of the dependencies, or `node` itself, on the Node that
// came with them, and installs them before where that is needed. What npm would call before a script (`preSCRIPT`)
// does not run for everybody: `ignore-scripts`, `node --run` and other package managers leave it out.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { bundledNode, ensureInstalled, isWindows, projectRoot, withOwnPrograms } from './install.mjs';

const [program = '', ...args] = process.argv.slice(2);
if (await ensureInstalled()) run();
else process.exitCode = 1;

function run() {
  const env = { ...process.env, PATH: withOwnPrograms(projectRoot) };
  const file = findProgram();
  // From the second time on this is Node 24, which puts the program in its own place: no process stands in between.
  if (!isWindows && process.execve !== undefined) process.execve(file, [program, ...args], toStrings(env));
  const child = spawn(file, args, { env, stdio: 'inherit', shell: isWindows });
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
  for (const name of signals) process.on(name, () => child.kill(name));
  // Node would open its debugger.
  process.on('SIGUSR1', () => undefined);
  child.once('error', (error) => {
    process.stderr.write(`${program} cannot be started: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.once('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  });
}

function findProgram() {
  if (program !== 'node') return join(projectRoot, 'node_modules', '.bin', isWindows ? `${program}.cmd` : program);
  // A machine that npm has no build for brings its own Node 24.
  return existsSync(bundledNode(projectRoot)) ? bundledNode(projectRoot) : process.execPath;
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Record<string, string>}
 */
function toStrings(env) {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
