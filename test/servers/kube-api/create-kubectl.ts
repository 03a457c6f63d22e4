import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { findBinaries } from '../cluster/cluster-binaries.ts';

/** What a kubectl left when it ended; `code` is null where it was ended from outside. */
export interface KubectlOutcome {
  code: number | null;
  /** Both streams, as they came. */
  output: string;
}

/** kubectl with a home of its own, towards one server. */
export interface Kubectl {
  /** Runs it; `input` goes to stdin as YAML, and `until` ends a command that would go on, such as a watch. */
  run(args: readonly string[], input?: object, until?: RegExp): Promise<KubectlOutcome>;
  /** Removes the home. */
  remove(): Promise<void>;
}

const limitMs = 60_000;

/**
 * Makes a kubectl for a kubeconfig: the one that the cluster tests build, or `KUBECTL` where that is set.
 * @throws where there is neither.
 */
export async function createKubectl(kubeconfigFile: string): Promise<Kubectl> {
  const program = process.env.KUBECTL ?? (await findBinaries(process.env))?.kubectl;
  if (program === undefined) throw new Error('No kubectl here: "npm run test:cluster" builds it.');
  const home = await mkdtemp(join(tmpdir(), 'kubectl-home-'));
  const env = { PATH: process.env.PATH, HOME: home, KUBECONFIG: kubeconfigFile };
  return {
    run(args, input, until) {
      const child = spawn(program, ['--cache-dir', join(home, 'cache'), ...args], { env });
      // A command that waits for what never comes must not outlive its test.
      const limit = setTimeout(() => child.kill('SIGKILL'), limitMs);
      let output = '';
      const collect = (chunk: Buffer) => {
        output += chunk.toString('utf8');
        if (until?.test(output)) child.kill();
      };
      child.stdout.on('data', collect);
      child.stderr.on('data', collect);
      // A command that does not read its input closes the pipe; that is no failure.
      child.stdin.on('error', () => undefined).end(input === undefined ? '' : stringify(input));
      return new Promise((resolve, reject) => {
        child.once('error', reject).once('close', (code) => {
          clearTimeout(limit);
          resolve({ code, output });
        });
      });
    },
    remove: () => rm(home, { recursive: true, force: true }),
  };
}
