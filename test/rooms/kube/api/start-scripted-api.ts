import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { createCertificateAuthority, loopback } from '../../../data/builders/create-certificate-authority.ts';

export type ScriptedAnswer = (request: IncomingMessage, response: ServerResponse) => void;

export interface ScriptedApi {
  readonly kubeconfigFile: string;
  /** `METHOD path?query`, oldest first. */
  readonly requests: string[];
  /** Rewrites the kubeconfig, as a credential that is rotated. */
  setToken(token: string): Promise<void>;
  stop(): Promise<void>;
}

/** An HTTPS server that answers as the test says, for what no healthy API server does on demand. */
export async function startScriptedApi(answer: ScriptedAnswer): Promise<ScriptedApi> {
  const ca = await createCertificateAuthority({ name: 'CN=scripted' });
  const requests: string[] = [];
  const server = createServer(await ca.issue(loopback), (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  const folder = await mkdtemp(path.join(tmpdir(), 'ucl-agent-scripted-'));
  const kubeconfigFile = path.join(folder, 'kubeconfig');
  const cluster = {
    server: `https://127.0.0.1:${address.port}`,
    'certificate-authority-data': Buffer.from(ca.cert).toString('base64'),
  };
  const setToken = (token: string) =>
    writeFile(
      kubeconfigFile,
      stringify({
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [{ name: 'one', cluster }],
        users: [{ name: 'one', user: { token } }],
        contexts: [{ name: 'one', context: { cluster: 'one', user: 'one' } }],
        'current-context': 'one',
      }),
    );
  await setToken('first');
  return {
    kubeconfigFile,
    requests,
    setToken,
    async stop() {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
      await rm(folder, { recursive: true });
    },
  };
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
