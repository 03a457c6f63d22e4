// Runs on whatever Node the machine has, before any dependency exists: every npm script that a newcomer
// may call first begins with it. Its output goes to stderr, so that `--output json` keeps stdout clean.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const isWindows = process.platform === 'win32';

if (!isInstalled()) {
  process.stderr.write('Installing the dependencies (once, a few minutes) ...\n');
  // Not `npm ci`: it refuses a lock file that lacks an optional package of some other platform.
  const { status, error } = spawnSync(
    isWindows ? 'npm.cmd' : 'npm',
    ['install', '--no-save', '--no-fund', '--no-audit', '--loglevel=error'],
    { cwd: root, stdio: ['ignore', 2, 2], shell: isWindows },
  );
  if (status !== 0) {
    const cause = error ? `: ${error.message}` : '';
    process.stderr.write(`npm install failed${cause}. Check the access to the npm registry, then try again.\n`);
    process.exit(1);
  }
}

const bundledNode = join(root, 'node_modules', '.bin', isWindows ? 'node.cmd' : 'node');
if (!existsSync(bundledNode) && Number.parseInt(process.versions.node, 10) < 24) {
  process.stderr.write(
    'Node 24 is needed and npm has no build of it for this machine (or optional packages are off): install Node 24.\n',
  );
  process.exit(1);
}

/** File times say nothing (every checkout sets them anew), so the locked versions decide. */
function isInstalled() {
  const have = readPackages(join(root, 'node_modules', '.package-lock.json'));
  const want = readPackages(join(root, 'package-lock.json'));
  return Object.entries(want).every(
    ([path, { version, optional }]) =>
      path === '' || have[path]?.version === version || (optional && have[path] === undefined),
  );
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    // Absent, or cut short by an installation that was interrupted.
    return {};
  }
}
