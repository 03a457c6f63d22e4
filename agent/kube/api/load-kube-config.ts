import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { KubeError } from './kube-error.ts';

const serviceAccountToken = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/**
 * Finds the API server and the credentials: the file given, else `KUBECONFIG`, else `~/.kube/config`, else the Pod's service account.
 * Throws AgentError `ConfigurationInvalid`, naming the file and never its content.
 */
export function loadKubeConfig(file: string | undefined): KubeConfig {
  const kubeConfig = new KubeConfig();
  const source = file ?? readSource();
  try {
    if (file !== undefined) kubeConfig.loadFromFile(file);
    else if (source === 'service account') kubeConfig.loadFromCluster();
    else kubeConfig.loadFromDefault();
  } catch (error: unknown) {
    // A YAML error quotes the lines around it, which may hold a token.
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw unconfigured(`The Kubernetes configuration from ${source} cannot be read${code}`);
  }
  if (kubeConfig.getCurrentCluster() === null) {
    throw unconfigured(`The Kubernetes configuration from ${source} names no current context with a cluster`);
  }
  return kubeConfig;
}

function readSource(): string {
  const variable = process.env.KUBECONFIG;
  if (variable !== undefined && variable !== '') return `KUBECONFIG=${variable}`;
  const file = join(process.env.HOME ?? homedir(), '.kube', 'config');
  if (existsSync(file)) return file;
  if (process.env.KUBERNETES_SERVICE_HOST !== undefined && existsSync(serviceAccountToken)) return 'service account';
  throw unconfigured(
    `There is no Kubernetes configuration: KUBECONFIG is not set, ${file} does not exist, and this is no Pod`,
  );
}

function unconfigured(problem: string): KubeError {
  return new KubeError({ kind: 'unconfigured', problem });
}
