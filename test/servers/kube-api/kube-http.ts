import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { type Json, parseJson } from './kube-object.ts';
import { readKubeconfig } from './kubeconfig.ts';

/** A response as it came; `body` is the parsed JSON, or the text where it is none. */
export interface KubeResponse {
  status: number;
  headers: IncomingHttpHeaders;
  body: Json;
}

export interface WatchEvent {
  type: string;
  object: Json;
}

/** An open watch. */
export interface OpenWatch {
  status: number;
  /** Everything received so far. */
  events: WatchEvent[];
  /** Resolves once an event passes the test, also one received before; rejects where the stream ends without it. */
  next(test: (event: WatchEvent) => boolean): Promise<WatchEvent>;
  ended: Promise<void>;
  close(): void;
}

/** A bare HTTP client for a Kubernetes API: tests say exactly what goes over the wire. */
export interface KubeHttp {
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<KubeResponse>;
  watch(path: string, headers?: Record<string, string>): Promise<OpenWatch>;
  close(): void;
}

/** A client with the credentials of a kubeconfig and keep-alive connections. */
export async function createKubeHttp(kubeconfigFile: string, maxSockets = 16): Promise<KubeHttp> {
  const { url, token, ...tls } = await readKubeconfig(kubeconfigFile);
  const agent = new Agent({ keepAlive: true, maxSockets, ...tls });
  const open = (method: string, path: string, text: string | undefined, headers: Record<string, string>) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const all = {
        accept: 'application/json',
        ...(text === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      };
      const outgoing = request(new URL(path, url), { method, agent, headers: all }, resolve);
      outgoing.once('error', reject);
      outgoing.end(text);
    });
  return {
    async send(method, path, body, headers = {}) {
      const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
      const response = await open(method, path, text, headers);
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      const answer = Buffer.concat(chunks).toString('utf8');
      return { status: response.statusCode ?? 0, headers: response.headers, body: parseAnswer(answer) };
    },
    watch: async (path, headers = {}) => readEvents(await open('GET', path, undefined, headers)),
    close: () => agent.destroy(),
  };
}

function parseAnswer(text: string): Json {
  try {
    return parseJson(text);
  } catch (error: unknown) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

function readEvents(response: IncomingMessage): OpenWatch {
  const events: WatchEvent[] = [];
  const listeners = new Set<(event: WatchEvent | undefined) => void>();
  let rest = '';
  response.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const event: WatchEvent = JSON.parse(line);
      events.push(event);
      for (const listener of [...listeners]) listener(event);
    }
  });
  // A stream that is cut ends like one that is finished: the tests tell them apart by what came before.
  response.once('error', () => undefined);
  const ended = new Promise<void>((resolve) => {
    response.once('close', () => {
      for (const listener of [...listeners]) listener(undefined);
      resolve();
    });
  });
  return {
    status: response.statusCode ?? 0,
    events,
    ended,
    next: (test) =>
      new Promise((resolve, reject) => {
        const known = events.find(test);
        if (known !== undefined) {
          resolve(known);
          return;
        }
        const listener = (event: WatchEvent | undefined) => {
          if (event !== undefined && !test(event)) return;
          listeners.delete(listener);
          if (event === undefined) reject(new Error('the watch ended without the event'));
          else resolve(event);
        };
        listeners.add(listener);
      }),
    close: () => response.destroy(),
  };
}
