import path from 'node:path';
import { buildGoPrograms, hasGo, MissingBinariesError } from '../cluster/build-go-programs.ts';
import { type BinariesEnvironment, cacheFolderOf, executable } from '../cluster/cluster-binaries.ts';

/** Prometheus itself, and `promtool`, its own judge of rules; by them metrics and alerts are tested. */
export interface PrometheusPrograms {
  prometheus: string;
  promtool: string;
}

const module = path.join(import.meta.dirname, 'go');

/** Folder outside the repository where they stay, one for each state of `go.sum`. */
export function prometheusCacheFolder(env: BinariesEnvironment): Promise<string> {
  return cacheFolderOf('prometheus', module, env);
}

/** @throws MissingBinariesError where they are not built yet. */
export async function findPrometheus(env: BinariesEnvironment): Promise<PrometheusPrograms> {
  const found = await find(env);
  if (found === undefined) {
    throw new MissingBinariesError('No Prometheus here: "npm run test:cluster" builds it.');
  }
  return found;
}

/**
 * Makes sure that they are there, without the ways to find targets in clouds and without the pages for browsers, of which
 * no test needs one.
 * @param report is given one line for each step that takes long.
 * @throws MissingBinariesError without them and without a way to build them.
 */
export async function buildPrometheus(env: BinariesEnvironment, report: (line: string) => void): Promise<void> {
  if ((await find(env)) !== undefined) return;
  if (!(await hasGo()))
    throw new MissingBinariesError('The tests of the alerts need Go 1.26 or later, for Prometheus.');
  report('Building prometheus and promtool from their Go module; this takes minutes, once.');
  await buildGoPrograms({
    module,
    packages: ['prometheus', 'promtool'].map((name) => `github.com/prometheus/prometheus/cmd/${name}`),
    folder: await prometheusCacheFolder(env),
    tags: ['remove_all_sd'],
  });
}

async function find(env: BinariesEnvironment): Promise<PrometheusPrograms | undefined> {
  const folder = await prometheusCacheFolder(env);
  const [prometheus, promtool] = await Promise.all([executable(folder, 'prometheus'), executable(folder, 'promtool')]);
  return prometheus !== undefined && promtool !== undefined ? { prometheus, promtool } : undefined;
}
