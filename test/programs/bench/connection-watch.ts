import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { connectionPath } from '../../servers/cluster/create-cluster-client.ts';
import { readKubeconfig } from '../../servers/kube-api/kubeconfig.ts';

const connection = z.object({
  status: z
    .object({
      conditions: z.array(z.object({ type: z.string(), status: z.string(), reason: z.string() })).default([]),
      lastHandledSyncRequest: z.string().optional(),
    })
    .optional(),
});
export type WatchedConnection = z.infer<typeof connection>;
const message = z.object({ type: z.string(), object: z.unknown() });

/** Tells of the CompassConnection the moment it changes, without asking the servers again and again. */
export interface ConnectionWatch {
  /** Resolves with the first change after this call that is so; the limit is there so that a benchmark ends. */
  until(isSo: (connection: WatchedConnection) => boolean): Promise<void>;
  close(): void;
}

const limitMs = 180_000;

/** Watches as the cluster's administrator. */
export async function watchConnection(adminKubeconfig: string): Promise<ConnectionWatch> {
  const { url, ...tls } = await readKubeconfig(adminKubeconfig);
  const waiting = new Set<(connection: WatchedConnection) => void>();
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const outgoing = request(new URL(`${connectionPath}?watch=true`, url), { ...tls, agent: false }, resolve);
  outgoing.once('error', reject).end();
  const answer = await promise;
  if (answer.statusCode !== 200) throw new Error(`Watching the CompassConnection got ${answer.statusCode}.`);
  // Ended by close(), which resets the connection.
  answer.on('error', () => undefined);
  createInterface({ input: answer })
    .on('line', (line) => {
      const { type, object } = message.parse(JSON.parse(line));
      if (type !== 'ADDED' && type !== 'MODIFIED') return;
      const parsed = connection.parse(object);
      for (const tell of waiting) tell(parsed);
    })
    .on('error', () => undefined);
  return {
    until: (isSo) =>
      new Promise((done, fail) => {
        let last: WatchedConnection | undefined;
        const end = () => {
          clearTimeout(timer);
          waiting.delete(tell);
        };
        const tell = (found: WatchedConnection) => {
          last = found;
          if (!isSo(found)) return;
          end();
          done();
        };
        const timer = setTimeout(() => {
          end();
          fail(new Error(`Not within ${limitMs / 1000} s. The last status: ${JSON.stringify(last?.status)}`));
        }, limitMs);
        waiting.add(tell);
      }),
    close: () => outgoing.destroy(),
  };
}
