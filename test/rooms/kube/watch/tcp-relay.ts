import { readFile, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { parse, stringify } from 'yaml';
import { z } from 'zod';

/** A relay of bytes between the agent and any API server; TLS goes through it as it is. */
export interface TcpRelay {
  /** The API server's kubeconfig with the relay's address. */
  readonly kubeconfigFile: string;
  /** Connections that are open now. */
  connections(): number;
  /** Connections that were accepted so far. */
  accepted(): number;
  /** Passes no byte on any more, in either direction; present and new connections stay open and silent. */
  freeze(): void;
  /** Resets every connection and takes no new one. */
  refuse(): void;
  /** New connections work again; the frozen ones stay silent for ever. */
  recover(): void;
  /** Resets every connection. */
  drop(): void;
  stop(): Promise<void>;
}

const kubeconfigSchema = z.looseObject({
  clusters: z.array(z.looseObject({ cluster: z.looseObject({ server: z.string() }) })),
});

/** Starts a relay on a free port of 127.0.0.1. */
export async function startTcpRelay(kubeconfigFile: string): Promise<TcpRelay> {
  const kubeconfig = kubeconfigSchema.parse(parse(await readFile(kubeconfigFile, 'utf8')));
  const [first] = kubeconfig.clusters;
  if (first === undefined) throw new Error('The kubeconfig has no cluster.');
  const target = new URL(first.cluster.server);
  const pairs = new Set<readonly [Socket, Socket]>();
  let frozen = false;
  let refusing = false;
  let accepted = 0;
  const drop = () => {
    for (const [near] of pairs) near.resetAndDestroy();
  };

  const server = createServer((near) => {
    if (refusing) {
      near.resetAndDestroy();
      return;
    }
    accepted += 1;
    const far = connect(Number(target.port), target.hostname);
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const socket of pair) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        pairs.delete(pair);
        near.destroy();
        far.destroy();
      });
    }
    if (frozen) return;
    near.pipe(far);
    far.pipe(near);
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The relay has no port.');
  first.cluster.server = `https://127.0.0.1:${address.port}`;
  const relayed = `${kubeconfigFile}.relay-${address.port}`;
  await writeFile(relayed, stringify(kubeconfig), { mode: 0o600 });

  return {
    kubeconfigFile: relayed,
    connections: () => pairs.size,
    accepted: () => accepted,
    freeze() {
      frozen = true;
      for (const [near, far] of pairs) {
        near.unpipe(far);
        far.unpipe(near);
        near.pause();
        far.pause();
      }
    },
    refuse() {
      refusing = true;
      drop();
    },
    recover() {
      frozen = false;
      refusing = false;
    },
    drop,
    async stop() {
      for (const [near] of pairs) near.destroy();
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      await closed.promise;
    },
  };
}
