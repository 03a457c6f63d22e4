import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Another way to a server on loopback: TLS goes through as it is, and what comes in is counted. */
export interface Door {
  /** `url` behind the door. `localhost` is another host than the address that the servers name. */
  through(url: string): string;
  /** Connections so far. */
  readonly count: number;
  /** Nobody is there any more. */
  close(): Promise<void>;
}

export async function openDoor(target: string, host: 'localhost' | '127.0.0.1' = 'localhost'): Promise<Door> {
  const { port } = new URL(target);
  const sockets = new Set<Socket>();
  let count = 0;
  const server = createServer((near) => {
    count += 1;
    const far = connect(Number(port), '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        near.destroy();
        far.destroy();
        sockets.delete(socket);
      });
    }
    near.pipe(far);
    far.pipe(near);
  });
  server.listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The door listens on no port.');
  return {
    through: (url) => {
      const behind = new URL(url);
      behind.host = `${host}:${address.port}`;
      return behind.href;
    },
    get count() {
      return count;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
