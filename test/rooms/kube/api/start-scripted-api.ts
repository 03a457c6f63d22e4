import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createPlainServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TLSSocket } from 'node:tls';
import { stringify } from 'yaml';
import { createCertificateAuthority } from '../../../data/builders/create-certificate-authority.ts';

export type ScriptedAnswer = (request: IncomingMessage, response: ServerResponse) => void;

export interface ScriptedApi {
  readonly port: number;
  /** How a kubeconfig names the server. */
  readonly cluster: Readonly<Record<string, string>>;
  /** Where the kubeconfig stands. */
  readonly folder: string;
  readonly kubeconfigFile: string;
  /** `METHOD path?query`, oldest first. */
  readonly requests: string[];
  /** The `Authorization` of each of them, and the subject of the client's certificate where it came with one. */
  readonly callers: string[];
  /** Rewrites the kubeconfig, as a credential that is rotated. */
  setToken(token: string): Promise<void>;
  /** Writes one context for each entry; the first is the current one unless another is named. */
  setContexts(contexts: Readonly<Record<string, KubeContext>>, current?: string): Promise<void>;
  /** The server shows a certificate of a new authority from now on; gives how a kubeconfig names it then. */
  replaceAuthority(): Promise<Readonly<Record<string, string>>>;
  stop(): Promise<void>;
}

export interface KubeContext {
  readonly cluster: object;
  readonly user: object;
}

/** `host`: the name by which it is called. */
export interface ScriptedApiOptions {
  readonly host?: string;
  readonly plain?: boolean;
  /** Also takes certificates of this authority. */
  readonly clientCa?: string;
}

/** A server that answers as the test says, for what no healthy API server does on demand. */
export async function startScriptedApi(
  answer: ScriptedAnswer,
  { host = '127.0.0.1', plain = false, clientCa }: ScriptedApiOptions = {},
): Promise<ScriptedApi> {
  const requests: string[] = [];
  const callers: string[] = [];
  const handle: ScriptedAnswer = (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const subject = request.socket instanceof TLSSocket ? request.socket.getPeerX509Certificate()?.subject : undefined;
    callers.push([request.headers.authorization, subject].filter((part) => part !== undefined).join(' '));
    answer(request, response);
  };
  const issue = async () => {
    const ca = await createCertificateAuthority({ name: `CN=scripted ${randomUUID()}` });
    const pair = await ca.issue({ subject: `CN=${host}`, use: { server: [host, '127.0.0.1'] } });
    return { pair, pem: ca.cert };
  };
  const { pair, pem } = await issue();
  const mutual = clientCa === undefined ? {} : { ca: clientCa, requestCert: true };
  const secure = plain ? undefined : createServer({ ...pair, ...mutual }, handle);
  const server = secure ?? createPlainServer(handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  const { port } = address;
  const toCluster = (ca: string) => ({
    server: `${plain ? 'http' : 'https'}://${host}:${port}`,
    ...(plain ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
  });
  const folder = await mkdtemp(path.join(tmpdir(), 'ucl-agent-scripted-'));
  const kubeconfigFile = path.join(folder, 'kubeconfig');
  const setContexts: ScriptedApi['setContexts'] = (contexts, current) =>
    writeFile(kubeconfigFile, toKubeconfig(contexts, current));
  const cluster = toCluster(pem);
  const setToken = (token: string) => setContexts({ one: { cluster, user: { token } } });
  await setToken('first');
  return {
    port,
    cluster,
    folder,
    kubeconfigFile,
    requests,
    callers,
    setToken,
    setContexts,
    async replaceAuthority() {
      const next = await issue();
      secure?.setSecureContext(next.pair);
      server.closeAllConnections();
      return toCluster(next.pem);
    },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await rm(folder, { recursive: true });
    },
  };
}

function toKubeconfig(contexts: Readonly<Record<string, KubeContext>>, current = Object.keys(contexts)[0]): string {
  const entries = Object.entries(contexts);
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: entries.map(([name, { cluster }]) => ({ name, cluster })),
    users: entries.map(([name, { user }]) => ({ name, user })),
    contexts: entries.map(([name]) => ({ name, context: { cluster: name, user: name } })),
    'current-context': current,
  });
}

/** Answers with JSON. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body));
}
