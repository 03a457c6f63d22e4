import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';

/** What a program run to its end left. */
export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * Runs kubectl as the administrator; `--kubeconfig` among the arguments makes it another user.
 * Rejects when it does not end within a minute: no `get -w` without an end.
 */
export type Kubectl = (args: string[], input?: string) => Promise<CommandResult>;

const kubectlTimeoutMs = 60_000;

export interface KubectlOptions {
  /** The program. */
  file: string;
  kubeconfigFile: string;
  /** Where it keeps what it learned of the API server. */
  folder: string;
  /** Is given each process, so that none outlives its cluster. */
  adopt?: (child: ChildProcess) => void;
}

export function createKubectl({ file, kubeconfigFile, folder, adopt }: KubectlOptions): Kubectl {
  const env = { ...process.env, KUBECONFIG: kubeconfigFile, KUBECACHEDIR: path.join(folder, 'kubectl-cache') };
  return (args, input = '') =>
    new Promise((resolve, reject) => {
      const child = spawn(file, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
      // A command may wait for ever; it must outlive neither its test nor its cluster.
      const limit = setTimeout(() => {
        child.kill('SIGKILL');
        reject(new Error(`kubectl ${args.join(' ')} did not end in ${kubectlTimeoutMs / 1000} s: ${stderr}`));
      }, kubectlTimeoutMs);
      adopt?.(child);
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        stdout += chunk;
      });
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        stderr += chunk;
      });
      // A command that does not read its input closes the pipe; that is no failure.
      child.stdin.on('error', () => undefined);
      child.once('error', reject);
      child.once('close', (code) => {
        clearTimeout(limit);
        resolve({ code: code ?? 1, stdout, stderr });
      });
      child.stdin.end(input);
    });
}
