import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { type AdminAnswer, openAdminClient } from './admin-client.ts';

/** What the tests read and write themselves, as the cluster's administrator and without any code of the agent. */

const text = z.string();
const metadata = z.looseObject({
  name: text,
  uid: text,
  resourceVersion: text,
  labels: z.record(text, text).default({}),
  annotations: z.record(text, text).default({}),
  ownerReferences: z.array(z.looseObject({ kind: text, name: text, uid: text })).default([]),
});

const application = z.looseObject({
  metadata,
  spec: z.looseObject({
    description: text.default(''),
    compassMetadata: z.looseObject({ applicationId: text.default('') }).optional(),
    services: z
      .array(z.looseObject({ id: text, displayName: text, entries: z.array(z.looseObject({ type: text })) }))
      .default([]),
  }),
});
export type StoredApplication = z.infer<typeof application>;

const secret = z.object({ metadata, data: z.record(text, text).default({}) }).transform(({ metadata: meta, data }) => ({
  metadata: meta,
  /** Decoded. */
  data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()])),
}));
export type StoredSecret = z.infer<typeof secret>;

const condition = z.object({ type: text, status: text, reason: text, message: text });
const connection = z.looseObject({
  metadata,
  spec: z.looseObject({ managementInfo: z.looseObject({ directorUrl: text, connectorUrl: text }) }),
  status: z
    .looseObject({
      connectionState: text,
      connectionStatus: z.looseObject({ error: text.optional() }),
      synchronizationStatus: z.looseObject({ error: text.optional() }).nullish(),
      conditions: z.array(condition).default([]),
      applications: z.looseObject({ desired: z.number(), ready: z.number(), failed: z.number() }).optional(),
      failures: z.array(z.object({ applicationId: text, name: text, reason: text, message: text })).default([]),
      certificate: z.looseObject({ notAfter: text.nullish(), notBefore: text.nullish() }).optional(),
      lastHandledSyncRequest: text.optional(),
      lastHandledRenewRequest: text.optional(),
      lastSync: text.nullish(),
      lastSyncTrigger: text.optional(),
      nextSync: text.nullish(),
      prune: z.looseObject({ heldHash: text.optional(), heldCount: z.number().optional() }).optional(),
    })
    .optional(),
});
export type StoredConnection = z.infer<typeof connection>;

const event = z.looseObject({ metadata, type: text, reason: text, message: text });
export type StoredEvent = z.infer<typeof event>;

const lease = z.object({ spec: z.object({ holderIdentity: text.default('') }) });

const listed = z.looseObject({ items: z.array(z.looseObject({ metadata: z.looseObject({ name: text }) })) });

export const connectionPath = '/apis/compass.kyma-project.io/v1alpha1/compassconnections';
export const applicationPath = '/apis/applicationconnector.kyma-project.io/v1alpha1/applications';
export const secretPath = (namespace: string) => `/api/v1/namespaces/${namespace}/secrets`;
const leasePath = (namespace: string) => `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/ucl-agent`;
const namespacePath = '/api/v1/namespaces';
const eventPath = '/api/v1/namespaces/default/events';
const crdPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

export interface ClusterClient {
  applications(): Promise<StoredApplication[]>;
  application(name: string): Promise<StoredApplication | undefined>;
  secrets(namespace?: string): Promise<StoredSecret[]>;
  secret(name: string, namespace?: string): Promise<StoredSecret | undefined>;
  connection(): Promise<StoredConnection | undefined>;
  /** Who leads; empty: nobody, undefined: there is no Lease. */
  leader(): Promise<string | undefined>;
  events(): Promise<StoredEvent[]>;
  create(path: string, manifest: object): Promise<void>;
  /** JSON merge patch; null removes. */
  patch(path: string, change: object): Promise<void>;
  /** Also well when there is nothing of that name. */
  remove(path: string): Promise<void>;
  /** Creates the Secret or replaces the keys named. */
  writeSecret(name: string, values: Readonly<Record<string, string>>, namespace?: string): Promise<void>;
  createCrd(manifest: object): Promise<void>;
  /** Also well when it is there. */
  ensureNamespace(name: string): Promise<void>;
  /** Removes everything that an agent or a test leaves. */
  clean(): Promise<void>;
  close(): void;
}

export async function createClusterClient(kubeconfigFile: string): Promise<ClusterClient> {
  const admin = await openAdminClient(kubeconfigFile);
  // Connections that an API server left behind when it was started again fail one by one.
  const send = async (method: string, path: string, body?: object, contentType?: string): Promise<AdminAnswer> => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await admin.request(method, path, body, contentType);
      } catch (error: unknown) {
        if (method === 'POST' || tries === 20) throw error;
        await sleep(50);
      }
    }
  };
  const call = async (method: string, path: string, body?: object, contentType?: string): Promise<unknown> => {
    const answer = await send(method, path, body, contentType);
    if (answer.status === 404 && method !== 'POST') return undefined;
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const read = async <T>(schema: z.ZodType<T>, path: string): Promise<T | undefined> => {
    const body = await call('GET', path);
    return body === undefined ? undefined : schema.parse(body);
  };
  const list = async <T>(schema: z.ZodType<T>, path: string): Promise<T[]> => {
    const body = await call('GET', path);
    return body === undefined ? [] : listed.parse(body).items.map((item) => schema.parse(item));
  };
  const removeAll = async (path: string): Promise<void> => {
    const body = await call('GET', path);
    const names = body === undefined ? [] : listed.parse(body).items.map((item) => item.metadata.name);
    for (let start = 0; start < names.length; start += 16) {
      await Promise.all(names.slice(start, start + 16).map((name) => call('DELETE', `${path}/${name}`)));
    }
  };
  return {
    applications: () => list(application, applicationPath),
    application: (name) => read(application, `${applicationPath}/${name}`),
    secrets: (namespace = 'kyma-system') => list(secret, secretPath(namespace)),
    secret: (name, namespace = 'kyma-system') => read(secret, `${secretPath(namespace)}/${name}`),
    connection: () => read(connection, `${connectionPath}/compass-connection`),
    leader: async () => (await read(lease, leasePath('kyma-system')))?.spec.holderIdentity,
    events: () => list(event, eventPath),
    create: async (path, manifest) => void (await call('POST', path, manifest)),
    patch: async (path, change) => void (await call('PATCH', path, change, 'application/merge-patch+json')),
    remove: async (path) => void (await call('DELETE', path)),
    async writeSecret(name, values, namespace = 'kyma-system') {
      const data = Object.fromEntries(
        Object.entries(values).map(([field, value]) => [field, Buffer.from(value).toString('base64')]),
      );
      const changed = await call('PATCH', `${secretPath(namespace)}/${name}`, { data }, 'application/merge-patch+json');
      if (changed === undefined) {
        await call('POST', secretPath(namespace), { apiVersion: 'v1', kind: 'Secret', metadata: { name }, data });
      }
    },
    createCrd: async (manifest) => void (await call('POST', crdPath, manifest)),
    async ensureNamespace(name) {
      if ((await call('GET', `${namespacePath}/${name}`)) !== undefined) return;
      await call('POST', namespacePath, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    },
    async clean() {
      const namespaces = listed.parse(await call('GET', namespacePath)).items.map(({ metadata: { name } }) => name);
      const own = namespaces.filter((name) => !name.startsWith('kube-'));
      for (const path of [connectionPath, applicationPath, ...own.map(secretPath), eventPath]) await removeAll(path);
      // The agents of the test before have ended, and not all of them by themselves.
      await Promise.all(own.map((namespace) => call('DELETE', leasePath(namespace))));
    },
    close: () => admin.close(),
  };
}
