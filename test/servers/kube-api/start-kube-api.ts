import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCertificateAuthority, loopback } from '../../data/builders/create-certificate-authority.ts';
import { CUSTOM_RESOURCE_DEFINITIONS, NAMESPACES } from './built-in-resources.ts';
import { createApiServer } from './create-api-server.ts';
import { type DenyRule, DenyRules } from './deny-rules.ts';
import { GarbageCollector } from './garbage-collector.ts';
import { parseJson } from './kube-object.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { Registry, type WriteOptions } from './registry.ts';
import { createRequestLog, type KubeRequests } from './request-log.ts';
import { ResourceCatalog } from './resource-catalog.ts';
import { Storage } from './storage.ts';

export type { KubeRequest, KubeRequests } from './request-log.ts';

export interface KubeApiOptions {
  /** 0, the default, takes a free one. */
  port?: number;
  /** CustomResourceDefinition manifests to install. */
  crds?: object[];
  /** Namespaces besides those that are always there: default, kube-system, kyma-system, istio-system. */
  namespaces?: string[];
  /** How often a watch that allows bookmarks gets one. 60 seconds by default, as on the real server. */
  bookmarkIntervalMs?: number;
}

/** A running embedded Kubernetes API. */
export interface KubeApi {
  url: string;
  /** A temporary file with an administrator's client certificate; kubectl can use it. */
  kubeconfigFile: string;
  /** The throwaway CA, PEM. */
  caFile: string;
  requests: KubeRequests;
  /** Writes a kubeconfig that authenticates as `user` by a bearer token, and returns the file. */
  kubeconfigFor(user: string): Promise<string>;
  /** Refuses what the rule matches with 403, to whoever asks, until it is removed. */
  deny(rule: DenyRule): { remove(): void };
  /** Forgets the history: watches that resume get 410, lists that continue too. */
  compact(): void;
  /** Drops all connections and starts anew on the same port; what is stored stays. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const ADMIN = 'kubernetes-admin';
const SEEDED_NAMESPACES = ['default', 'kube-system', 'kyma-system', 'istio-system'];
const SEED_OPTIONS: WriteOptions = { dryRun: false, fieldValidation: 'Ignore', warn: () => undefined };

/** Starts an embedded Kubernetes API on loopback, with a throwaway CA. Rejects where the port is taken. */
export async function startKubeApi(options: KubeApiOptions = {}): Promise<KubeApi> {
  const storage = new Storage();
  const catalog = new ResourceCatalog(storage);
  const registry = new Registry(storage);
  const collector = new GarbageCollector(storage, catalog, registry);
  const rules = new DenyRules();
  const log = createRequestLog();
  const userOfToken = new Map<string, string>();
  seed(registry, options);

  const ca = await createCertificateAuthority({ name: 'CN=embedded-kubernetes-ca' });
  const handler = createApiServer({
    storage,
    registry,
    catalog,
    rules,
    log,
    userOfToken,
    bookmarkIntervalMs: options.bookmarkIntervalMs ?? 60_000,
  });
  const tls = { ...(await ca.issue(loopback)), ca: ca.cert, requestCert: true, rejectUnauthorized: false };
  const listener = await listen(
    createServer(tls, (request, response) => void handler(request, response)),
    options.port ?? 0,
  );

  const folder = await mkdtemp(join(tmpdir(), 'kube-api-'));
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, ca.cert);
  const cluster = { url: `https://127.0.0.1:${listener.port}`, ca: ca.cert };
  const kubeconfigFile = join(folder, 'admin.kubeconfig');
  const certificate = await ca.issue({ subject: `O=system:masters, CN=${ADMIN}`, use: 'client' });
  await writeKubeconfig(kubeconfigFile, cluster, { certificate });

  return {
    url: cluster.url,
    kubeconfigFile,
    caFile,
    requests: log,
    async kubeconfigFor(user) {
      const token = randomBytes(24).toString('base64url');
      userOfToken.set(token, user);
      const file = join(folder, `user-${userOfToken.size}.kubeconfig`);
      await writeKubeconfig(file, cluster, { token });
      return file;
    },
    deny: (rule) => rules.add(rule),
    compact: () => storage.compact(),
    restart: () => listener.restart(),
    async stop() {
      collector.stop();
      await listener.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function seed(registry: Registry, { namespaces = [], crds = [] }: KubeApiOptions): void {
  for (const name of new Set([...SEEDED_NAMESPACES, ...namespaces])) {
    registry.create(NAMESPACES, '', { metadata: { name } }, SEED_OPTIONS);
  }
  for (const crd of crds) {
    registry.create(CUSTOM_RESOURCE_DEFINITIONS, '', parseJson(JSON.stringify(crd)), SEED_OPTIONS);
  }
}

interface Listener {
  port: number;
  restart(): Promise<void>;
  close(): Promise<void>;
}

async function listen(server: Server, wantedPort: number): Promise<Listener> {
  // Clients reuse idle connections for longer than Node keeps them by default, and would run into resets.
  server.keepAliveTimeout = 5 * 60 * 1000;
  server.requestTimeout = 0;
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const port = await bind(server, wantedPort);
  const close = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    port,
    close,
    async restart() {
      await close();
      await bind(server, port);
    },
  };
}

function bind(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('no port'));
      else resolve(address.port);
    });
  });
}
