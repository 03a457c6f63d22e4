import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import type { NodeHandle } from '../../servers/node/start-node.ts';

/**
 * Runs commands as a person does who has this cluster as the current one. What they leave in the background ends with
 * them. Gives what they printed.
 * @param folder where they run, and the home of that person, with further programs in `.local/bin`.
 * @throws where one fails.
 */
export function runCommands(node: NodeHandle, folder: string, commands: string): Promise<string> {
  const env = {
    PATH: [path.join(folder, '.local/bin'), path.dirname(node.kubectl), process.env.PATH].join(':'),
    HOME: folder,
    KUBECONFIG: node.kubeconfigFile,
  };
  return new Promise((resolve, reject) => {
    // A group of its own: its background processes, which hold its output open, can be ended with it.
    const child = spawn('sh', ['-e', '-c', commands], { cwd: folder, env, detached: true });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
      });
    }
    child.once('error', reject);
    child.once('exit', () => endGroup(child));
    child.once('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${commands}\nended with ${code}: ${output}`));
    });
  });
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing of it runs any more.
  }
}
