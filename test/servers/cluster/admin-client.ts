import { Agent, request } from 'node:https';
import type { CertifiedKey } from '../../data/builders/key-pairs.ts';
import { readKubeconfig } from '../kube-api/kubeconfig.ts';

/** What the API server answered. `body` is the parsed JSON, or the text where it is no JSON. */
export interface AdminAnswer {
  status: number;
  body: unknown;
}

/** Plain HTTPS requests to the API server as its administrator. */
export interface AdminClient {
  request(method: string, path: string, body?: unknown, contentType?: string): Promise<AdminAnswer>;
  close(): void;
}

/** By the client certificate of a kubeconfig. */
export async function openAdminClient(kubeconfigFile: string): Promise<AdminClient> {
  const { url, ca = '', cert = '', key = '' } = await readKubeconfig(kubeconfigFile);
  return createAdminClient(url, ca, { cert, key });
}

export function createAdminClient(url: string, caCert: string, admin: CertifiedKey): AdminClient {
  const agent = new Agent({ keepAlive: true, ca: caCert, cert: admin.cert, key: admin.key });
  return {
    request: (method, path, body, contentType = 'application/json') =>
      new Promise((resolve, reject) => {
        const payload = body === undefined ? undefined : JSON.stringify(body);
        const outgoing = request(
          new URL(path, url),
          {
            method,
            agent,
            timeout: 30_000,
            headers: payload === undefined ? {} : { 'content-type': contentType },
          },
          (answer) => {
            let text = '';
            answer.setEncoding('utf8');
            answer.on('data', (chunk: string) => {
              text += chunk;
            });
            answer.once('error', reject);
            answer.once('end', () => resolve({ status: answer.statusCode ?? 0, body: parseBody(text) }));
          },
        );
        outgoing.once('timeout', () => outgoing.destroy(new Error(`${method} ${path} got no answer in 30 s.`)));
        outgoing.once('error', reject);
        outgoing.end(payload);
      }),
    close: () => agent.destroy(),
  };
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
