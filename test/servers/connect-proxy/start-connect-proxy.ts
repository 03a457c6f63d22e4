import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';

export interface ConnectProxy {
  readonly url: string;
  /** `host:port`. */
  readonly address: string;
  /** What it was asked for, oldest first: `CONNECT host:port`, or the method and absolute URL of a plain request. */
  readonly requests: string[];
  /** `proxy-authorization` of the last request. */
  authorization(): string | undefined;
  /** Refuses every tunnel from now on with this status. */
  refuse(status: number): void;
  stop(): Promise<void>;
}

/**
 * A proxy on loopback as companies have one: it opens tunnels by CONNECT and sees nothing of what goes through. `routes`
 * says on which port of this machine each name is served.
 */
export async function startConnectProxy(routes: Readonly<Record<string, number>>): Promise<ConnectProxy> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  let authorization: string | undefined;
  let refusal: number | undefined;
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    response.writeHead(refusal ?? 200, { 'Content-Type': 'application/json' }).end('{"from":"the proxy"}');
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('connect', (request, client) => {
    requests.push(`CONNECT ${request.url}`);
    authorization = request.headers['proxy-authorization'];
    const port = routes[(request.url ?? '').replace(/:\d+$/, '')];
    if (refusal !== undefined || port === undefined) {
      client.end(`HTTP/1.1 ${refusal ?? 502} Refused\r\n\r\n`);
      return;
    }
    const target = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.pipe(client).pipe(target);
    });
    for (const [one, other] of [
      [target, client],
      [client, target],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const address = `127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}`;
  return {
    url: `http://${address}`,
    address,
    requests,
    authorization: () => authorization,
    refuse(status) {
      refusal = status;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
