import { Agent as PlainAgent } from 'node:http';
import { type AgentOptions, type RequestOptions, Agent as TlsAgent } from 'node:https';
import { SocksProxyAgent } from 'socks-proxy-agent';
import { KubeError } from './kube-error.ts';
import type { LoadedKubeConfig } from './load-kube-config.ts';

/** Where the API server is, why it is trusted and by what it knows us: of one reading, never of two. */
export interface ClusterAccess {
  readonly server: URL;
  /** Host and port of the proxy in between. */
  readonly proxy: string | undefined;
  /** Hold the credentials. */
  readonly headers: Readonly<Record<string, string>>;
  /** The same text: connections of the one are as good for the other. */
  readonly connectionKey: string;
  /** `keepAlive`: whether connections are kept for the next request. */
  openAgent(keepAlive: boolean): PlainAgent;
}

/** A proxy that takes the connection and does not go on is given up. */
const proxyTimeoutMs = 15_000;

/** Reads or makes the credentials that the kubeconfig names. Throws KubeError `no-credentials`, which says what failed. */
export async function takeAccess({ kubeConfig, server, user, proxy }: LoadedKubeConfig): Promise<ClusterAccess> {
  const options: RequestOptions = {};
  try {
    await kubeConfig.applyToHTTPSOptions(options);
  } catch (error: unknown) {
    throw new KubeError({ kind: 'no-credentials', problem: explain(error, user.exec) });
  }
  // client-node has made an agent of its own, which is never used.
  if (options.agent instanceof PlainAgent) options.agent.destroy();
  const { ca, cert, key, passphrase, pfx, rejectUnauthorized, servername } = options;
  const material = { ca, cert, key, passphrase, pfx, rejectUnauthorized, servername };
  const tls: AgentOptions = Object.fromEntries(Object.entries(material).filter(([, value]) => value !== undefined));
  return {
    server,
    proxy: proxy?.address,
    headers: toHeaders(options),
    connectionKey: JSON.stringify([server.origin, proxy?.url, tls], (_, value: unknown) =>
      value instanceof Buffer ? value.toString() : value,
    ),
    openAgent(keepAlive) {
      if (proxy?.kind === 'socks') return new SocksProxyAgent(proxy.url, { ...tls, keepAlive });
      // Which proxy is decided already; Node's agent goes through the one that it is given.
      const proxied = proxy && {
        proxyEnv: { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url },
        timeout: proxyTimeoutMs,
      };
      return server.protocol === 'http:'
        ? new PlainAgent({ keepAlive, ...proxied })
        : new TlsAgent({ ...tls, keepAlive, ...proxied });
    },
  };
}

function toHeaders({ headers, auth }: RequestOptions): Record<string, string> {
  const texts = Object.entries(headers ?? {}).flatMap(([name, value]) =>
    // Files end in a line break, which no header may hold.
    typeof value === 'string' ? [[name, value.trim()] as const] : [],
  );
  const basic = typeof auth === 'string' ? { Authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {};
  return { ...Object.fromEntries(texts), ...basic };
}

/** A clause without what a plugin printed, which may be a credential. */
function explain(error: unknown, exec: unknown): string {
  const { code, path, syscall } = readSystemError(error);
  if (syscall.startsWith('spawn')) return `The exec plugin ${path} of the kubeconfig cannot be started (${code})`;
  if (path !== '') return `The file ${path} that the kubeconfig names cannot be read (${code})`;
  return exec === undefined || exec === null
    ? 'The credentials that the kubeconfig names are not available'
    : `The exec plugin ${readCommand(exec)} of the kubeconfig failed, or gave no credentials`;
}

function readSystemError(error: unknown): { code: string; path: string; syscall: string } {
  const read = (name: string): string => {
    const value: unknown = error instanceof Error ? Reflect.get(error, name) : undefined;
    return typeof value === 'string' ? value : '';
  };
  return { code: read('code'), path: read('path'), syscall: read('syscall') };
}

function readCommand(exec: unknown): string {
  return typeof exec === 'object' && exec !== null && 'command' in exec ? String(exec.command) : 'without a command';
}
