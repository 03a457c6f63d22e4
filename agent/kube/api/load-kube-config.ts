import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import type { Cluster, User } from '@kubernetes/client-node/dist/config_types.js';
import { load as parseYaml } from 'js-yaml';
import { type ProxyServer, parseProxy, readProxies } from '../../domain/read-proxies.ts';
import { KubeError } from './kube-error.ts';
import { isRecord } from './kube-object.ts';

/** One reading of the kubeconfig: one cluster and one user, who belong together. */
export interface LoadedKubeConfig {
  /** Holds that cluster and that user alone, and no proxy. */
  readonly kubeConfig: KubeConfig;
  readonly server: URL;
  readonly user: User;
  /** Name of the context, which a later reading stays with. */
  readonly context: string;
  /** The service account of this Pod, for which no file was read. */
  readonly isServiceAccount: boolean;
  /** What was read: the same text is the same configuration. */
  readonly text: string;
  readonly proxy: ClusterProxy | undefined;
}

export type ClusterProxy = ProxyServer & { readonly kind: 'http' | 'socks' };

const serviceAccountToken = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/**
 * Finds the API server and the credentials: the file given, else `KUBECONFIG`, else `~/.kube/config`, else the Pod's
 * service account. With `context` it stays with the context of that name for as long as there is one: whoever switches
 * kubectl to another cluster does not mean the agent. Throws AgentError `ConfigurationInvalid`, naming the file and never
 * its content.
 * @param required Whoever names a context wants no other one: fails where it is not there.
 */
export function loadKubeConfig(file: string | undefined, context?: string, required = false): LoadedKubeConfig {
  const { label, names } = file === undefined ? findSource() : { label: file, names: [file] };
  const files = names?.map((name) => ({ name, text: readText(name) }));
  const whole = files === undefined ? loadServiceAccount() : merge(files, context);
  if (required && whole.getCurrentContext() !== context) {
    const known = whole.getContexts().map(({ name }) => name);
    throw unconfigured(
      `The Kubernetes configuration from ${label} has no context "${context}"`,
      known.length === 0 ? 'It names none.' : `It has: ${known.join(', ')}.`,
    );
  }
  const cluster = whole.getCurrentCluster();
  if (cluster === null) {
    throw unconfigured(`The Kubernetes configuration from ${label} names no current context with a cluster`);
  }
  const server = URL.parse(cluster.server);
  if (server === null || !['http:', 'https:'].includes(server.protocol)) {
    throw unconfigured(`The server in the Kubernetes configuration from ${label} is no http or https URL`);
  }
  const user = whole.getCurrentUser() ?? { name: 'nobody' };
  return {
    kubeConfig: toSingle(cluster, user, server),
    server,
    user,
    context: whole.getCurrentContext(),
    isServiceAccount: files === undefined,
    text: JSON.stringify(files ?? null),
    proxy: chooseProxy(cluster, server, label),
  };
}

/** `names`: files; undefined: the Pod's service account. */
function findSource(): { label: string; names: string[] | undefined } {
  const variable = process.env.KUBECONFIG;
  if (variable !== undefined && variable !== '') {
    return { label: `KUBECONFIG=${variable}`, names: variable.split(delimiter).filter((name) => name !== '') };
  }
  const file = join(process.env.HOME ?? homedir(), '.kube', 'config');
  if (existsSync(file)) return { label: file, names: [file] };
  if (process.env.KUBERNETES_SERVICE_HOST !== undefined && existsSync(serviceAccountToken)) {
    return { label: 'service account', names: undefined };
  }
  throw unconfigured(
    `There is no Kubernetes configuration: KUBECONFIG is not set, ${file} does not exist, and this is no Pod`,
  );
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error: unknown) {
    throw unreadable(file, error);
  }
}

function unreadable(source: string, error: unknown): KubeError {
  // A YAML error quotes the lines around it, which may hold a token.
  const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
  return unconfigured(`The Kubernetes configuration from ${source} cannot be read${code}`);
}

function loadServiceAccount(): KubeConfig {
  const kubeConfig = new KubeConfig();
  try {
    kubeConfig.loadFromCluster();
  } catch (error: unknown) {
    throw unreadable('the service account', error);
  }
  return kubeConfig;
}

/** Several files are one configuration; as with kubectl, the first that names a context names it for all. */
function merge(files: readonly { name: string; text: string }[], context: string | undefined): KubeConfig {
  const whole = new KubeConfig();
  for (const { name, text } of files) {
    try {
      const part = new KubeConfig();
      part.loadFromString(JSON.stringify(withTokenFiles(parseYaml(text), dirname(name))));
      part.makePathsAbsolute(dirname(name));
      whole.mergeConfig(part, whole.getCurrentContext() !== undefined && whole.getCurrentContext() !== '');
    } catch (error: unknown) {
      throw unreadable(name, error);
    }
  }
  if (context !== undefined && whole.getContextObject(context) !== null) whole.setCurrentContext(context);
  return whole;
}

/**
 * client-node reads `tokenFile` not at all, but keeps the token of a service account fresh, whose file it knows by an
 * auth provider. A token file takes precedence over a token, as with kubectl.
 */
function withTokenFiles(document: unknown, folder: string): unknown {
  if (!isRecord(document) || !Array.isArray(document.users)) return document;
  const users = document.users.map((entry: unknown) => {
    if (!isRecord(entry) || !isRecord(entry.user) || typeof entry.user.tokenFile !== 'string') return entry;
    const { tokenFile, token: _, ...user } = entry.user;
    const file = tokenFile.startsWith('/') ? tokenFile : join(folder, tokenFile);
    return { ...entry, user: { ...user, 'auth-provider': { name: 'tokenFile', config: { tokenFile: file } } } };
  });
  return { ...document, users };
}

function toSingle(cluster: Cluster, user: User, server: URL): KubeConfig {
  const { proxyUrl: _, ...direct } = cluster;
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(
    // client-node refuses plain HTTP where nobody says that certificates are not looked at.
    { ...direct, skipTLSVerify: direct.skipTLSVerify || server.protocol === 'http:' },
    user,
  );
  return kubeConfig;
}

/** As with kubectl: that of the cluster, else that of the environment. */
function chooseProxy({ proxyUrl }: Cluster, server: URL, source: string): ClusterProxy | undefined {
  if (proxyUrl !== undefined && proxyUrl !== '') {
    const socks = /^socks(?:4a?|5h?)?:\/\//.test(proxyUrl) ? URL.parse(proxyUrl) : null;
    if (socks !== null) return { kind: 'socks', url: proxyUrl, address: socks.host };
    const proxy = parseProxy(proxyUrl);
    if (proxy !== undefined) return toHttpProxy(proxy);
    throw unconfigured(
      `The proxy-url in the Kubernetes configuration from ${source} is no http, https or socks5 proxy`,
    );
  }
  const proxies = readProxies(process.env);
  if (!proxies.ok) {
    const problems = proxies.problems.map(({ problem }) => problem).join(' ');
    throw unconfigured(problems.replace(/\.$/, ''), 'Correct the variable, or remove it.');
  }
  const proxy = proxies.choose(server);
  return proxy === undefined ? undefined : toHttpProxy(proxy);
}

/** The commands run on an older Node than the agent, whose connections would go past the proxy unsaid. */
function toHttpProxy(proxy: ProxyServer): ClusterProxy {
  if (knowsProxies(process.versions.node)) return { kind: 'http', ...proxy };
  throw unconfigured(
    `Node ${process.version} cannot go through a proxy, and ${proxy.address} is one on the way to the API server`,
    'Use Node 24.5 or newer, or 22.21 or newer of version 22.',
  );
}

/** Whether the agents of Node's connections go through a proxy in that version. Pure. */
export function knowsProxies(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21);
}

function unconfigured(problem: string, remedy?: string): KubeError {
  return new KubeError({ kind: 'unconfigured', problem, ...(remedy === undefined ? {} : { remedy }) });
}
