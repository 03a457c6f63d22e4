import { createServer } from 'node:http';

/** The answer to a probe. */
export interface Verdict {
  ok: boolean;
  /** Why, a full sentence; it is sent to whoever asks, so no secrets and no names of systems. */
  detail: string;
}

export interface HealthServerOptions {
  /** 0: any free one. */
  port: number;
  /** Every address of the pod by default, since the kubelet probes from outside. */
  host?: string | undefined;
  liveness: () => Verdict;
  readiness: () => Verdict;
  /** In Prometheus' text format; no secrets and no names of systems either. */
  metrics: () => Promise<MetricsText>;
}

export interface MetricsText {
  readonly contentType: string;
  readonly text: string;
}

export interface HealthServer {
  port: number;
  stop(): Promise<void>;
}

/**
 * Serves `/healthz` and `/readyz`, 200 or 503 with a small JSON body, and `/metrics`. Rejects when it cannot listen on the
 * port.
 */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const probes = new Map([
    ['/healthz', options.liveness],
    ['/readyz', options.readiness],
  ]);
  const server = createServer({ requestTimeout: 10_000, keepAliveTimeout: 5000 }, (request, response) => {
    const answer = (status: number, body: Record<string, unknown>) => {
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(request.method === 'HEAD' ? undefined : `${JSON.stringify(body)}\n`);
    };
    const path = request.url?.split('?', 1)[0] ?? '';
    const probe = probes.get(path);
    if (probe === undefined && path !== '/metrics') {
      return answer(404, { detail: 'There are only /healthz, /readyz and /metrics.' });
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, { detail: 'Only GET is allowed.' });
    if (probe === undefined) {
      const failed = () => answer(500, { detail: 'The metrics could not be read.' });
      options.metrics().then(({ contentType, text }) => {
        response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store' });
        response.end(request.method === 'HEAD' ? undefined : text);
      }, failed);
      return;
    }
    const verdict = judge(probe);
    answer(verdict.ok ? 200 : 503, { status: verdict.ok ? 'ok' : 'failing', detail: verdict.detail });
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function judge(probe: () => Verdict): Verdict {
  try {
    return probe();
  } catch {
    return { ok: false, detail: 'The check itself failed.' };
  }
}
