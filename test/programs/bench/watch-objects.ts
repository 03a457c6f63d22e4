import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { openAdminClient } from '../../servers/cluster/admin-client.ts';
import { applicationPath, connectionPath } from '../../servers/cluster/create-cluster-client.ts';
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
const application = z.object({ spec: z.object({ description: z.string().default('') }) });
export type WatchedApplication = z.infer<typeof application>;
const message = z.object({ type: z.string(), object: z.unknown() });
const listed = z.object({ metadata: z.object({ resourceVersion: z.string() }) });

/** Tells of objects of one kind the moment they change, without asking the servers again and again. */
export interface ObjectWatch<T> {
  /** Resolves with the first change after this call that is so; the limit is there so that a benchmark ends. */
  until(isSo: (object: T) => boolean): Promise<void>;
  close(): void;
}

const limitMs = 180_000;

/** Watches the CompassConnection as the cluster's administrator. */
export function watchConnection(adminKubeconfig: string): Promise<ObjectWatch<WatchedConnection>> {
  return watchObjects(adminKubeconfig, connectionPath, connection);
}

/** Watches all Applications as the cluster's administrator. */
export function watchApplications(adminKubeconfig: string): Promise<ObjectWatch<WatchedApplication>> {
  return watchObjects(adminKubeconfig, applicationPath, application);
}

async function watchObjects<T>(adminKubeconfig: string, path: string, schema: z.ZodType<T>): Promise<ObjectWatch<T>> {
  const waiting = new Set<(object: T) => void>();
  const outgoing = await openWatch(adminKubeconfig, path, (object) => {
    const parsed = schema.parse(object);
    for (const tell of waiting) tell(parsed);
  });
  return {
    until: (isSo) =>
      new Promise((done, fail) => {
        let last: T | undefined;
        const end = () => {
          clearTimeout(timer);
          waiting.delete(tell);
        };
        const tell = (found: T) => {
          last = found;
          if (!isSo(found)) return;
          end();
          done();
        };
        const timer = setTimeout(() => {
          end();
          fail(new Error(`Not within ${limitMs / 1000} s in ${path}. The last change: ${JSON.stringify(last)}`));
        }, limitMs);
        waiting.add(tell);
      }),
    close: () => outgoing.close(),
  };
}

/** From now on: what is there already would be thousands of lines. */
async function openWatch(
  adminKubeconfig: string,
  path: string,
  onChange: (object: unknown) => void,
): Promise<{ close(): void }> {
  const from = await readVersion(adminKubeconfig, path);
  const { url, ...tls } = await readKubeconfig(adminKubeconfig);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const target = new URL(`${path}?watch=true&resourceVersion=${from}`, url);
  const outgoing = request(target, { ...tls, agent: false }, resolve);
  outgoing.once('error', reject).end();
  const answer = await promise;
  if (answer.statusCode !== 200) throw new Error(`Watching ${path} got ${answer.statusCode}.`);
  // Ended by close(), which resets the connection.
  answer.on('error', () => undefined);
  createInterface({ input: answer })
    .on('line', (line) => {
      const { type, object } = message.parse(JSON.parse(line));
      if (type === 'ADDED' || type === 'MODIFIED') onChange(object);
    })
    .on('error', () => undefined);
  return { close: () => void outgoing.destroy() };
}

async function readVersion(adminKubeconfig: string, path: string): Promise<string> {
  const admin = await openAdminClient(adminKubeconfig);
  try {
    const { body } = await admin.request('GET', `${path}?limit=1`);
    return listed.parse(body).metadata.resourceVersion;
  } finally {
    admin.close();
  }
}
