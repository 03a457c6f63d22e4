import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface SocksProxy {
  readonly url: string;
  /** `host:port`, oldest first. */
  readonly requests: string[];
  stop(): Promise<void>;
}

/** A SOCKS5 proxy on loopback (RFC 1928) that resolves names itself; `routes` as for the proxy beside it. */
export async function startSocksProxy(routes: Readonly<Record<string, number>>): Promise<SocksProxy> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const serve = async (client: Socket) => {
    sockets.add(client);
    client.on('error', () => client.destroy());
    await once(client, 'data');
    client.write(Buffer.from([5, 0]));
    const [request]: Buffer[] = await once(client, 'data');
    // Version, command, 0, kind of address (3: a name), its length, the name, the port.
    const length = request?.[4] ?? 0;
    const host = request?.subarray(5, 5 + length).toString() ?? '';
    requests.push(`${host}:${request?.readUInt16BE(5 + length)}`);
    const target = connect(routes[host] ?? 1, '127.0.0.1', () => {
      client.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]));
      target.pipe(client).pipe(target);
    });
    target.on('error', () => client.destroy());
    client.on('close', () => target.destroy());
  };
  const server = createServer((client) => void serve(client));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  return {
    url: `socks5h://127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}`,
    requests,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
