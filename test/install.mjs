// Runs on whatever Node the machine has, before any dependency exists: every npm script that a newcomer
// may call first begins with it. Its output goes to stderr, so that `--output json` keeps stdout clean.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const installed = join(root, 'node_modules', '.package-lock.json');
const wanted = join(root, 'package-lock.json');

const isInstalled = existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs - 1000;
if (!isInstalled || !isSameLock()) {
  process.stderr.write('Installing the dependencies (once, a minute or two) ...\n');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { status, error } = spawnSync(npm, ['ci', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0) {
    process.stderr.write(`npm ci failed${error ? `: ${error.message}` : ''}. Check the registry access, then try again.\n`);
    process.exit(1);
  }
}

/** A checkout of another revision has the same file times, so the locked versions decide. */
function isSameLock() {
  const have = JSON.parse(readFileSync(installed, 'utf8')).packages;
  const want = JSON.parse(readFileSync(wanted, 'utf8')).packages;
  return Object.entries(want).every(
    ([path, { version, optional }]) => path === '' || optional || have[path]?.version === version,
  );
}
