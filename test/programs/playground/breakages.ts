import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient, Manifest } from '../../../agent/kube/api/kube-client.ts';
import { applicationType, compassConnectionType, secretType } from '../../../agent/kube/api/resource-type.ts';
import type { SituationName } from '../../data/situations/situation-texts.ts';
import { type JsonObject, objectAt, stringAt } from '../../servers/kube-api/kube-object.ts';
import type { KubeApi } from '../../servers/kube-api/start-kube-api.ts';
import { serviceUnavailable503 } from '../../servers/ucl/fault-answers.ts';
import type { FaultEffect } from '../../servers/ucl/faults.ts';
import { reissue } from '../../servers/ucl/reissue.ts';
import type { Endpoint } from '../../servers/ucl/request-log.ts';
import type { Ucl } from '../../servers/ucl/start-ucl.ts';
import {
  connectionName,
  isManifest,
  namespace,
  readOurs,
  removeConnection,
  removeSecret,
  type SecretNames,
  writePairingInput,
} from './playground-cluster.ts';
import type { RestartableAgent } from './restartable-agent.ts';

/** What a breakage may touch. */
export interface BreakableWorld {
  readonly ucl: Ucl;
  readonly client: KubeClient;
  /** The embedded API; undefined: a person's cluster, where nothing but UCL is broken. */
  readonly api: KubeApi | undefined;
  readonly agent: RestartableAgent;
  readonly names: SecretNames;
  readonly runtimeId: string;
  readonly formation: string;
}

/** Brings a situation about; what it gives puts everything right again. */
export type Breakage = (world: BreakableWorld, signal: AbortSignal) => Promise<() => Promise<void>>;

const suspendAnnotation = 'compass.kyma-project.io/suspend';
const wallClock = join(import.meta.dirname, '../../suites/shipped/wall-clock.ts');
const yearMs = 365 * 24 * 60 * 60_000;

/** What can be broken without touching a person's cluster. */
export const uclBreakages: Readonly<Partial<Record<SituationName, Breakage>>> = {
  'ucl-503': failing(['director'], serviceUnavailable503()),
  'ucl-timeout': async (world, signal) => {
    const mend = await failing(['director'], { hang: true })(world, signal);
    // Nobody wants to wait for half a minute several times.
    await world.agent.restart(async () => undefined, {
      env: { APP_COMPASS_REQUEST_TIMEOUT: '2s', APP_COMPASS_PAGE_SIZE: '1' },
    });
    return async () => {
      await mend();
      await world.agent.restart(async () => undefined);
    };
  },
  revoked: failing(['director', 'connector-mtls'], { loseIdentity: true }),
  'systems-failing': async ({ ucl, formation }) => {
    const ids = ['Broken Shop', 'Broken Warehouse'].map((name) => registerBroken(ucl, formation, name));
    return async () => {
      for (const id of ids) ucl.landscape.deleteApplication(id);
    };
  },
  'removal-held': async ({ ucl, formation }) => {
    const ids = ucl.landscape.applications().flatMap(({ id, formations }) => (formations.has(formation) ? [id] : []));
    for (const id of ids) ucl.landscape.unassign(id, 'APPLICATION', formation);
    return async () => {
      for (const id of ids) ucl.landscape.assign(id, 'APPLICATION', formation);
    };
  },
};

/** All of them, for a cluster that is there for nothing else. */
export const breakages: Readonly<Partial<Record<SituationName, Breakage>>> = {
  ...uclBreakages,
  'no-secret': (world, signal) => pairAnew(world, undefined, signal),
  'sample-secret': (world, signal) =>
    pairAnew(
      world,
      { CONNECTOR_URL: 'https://compass-gateway.example.com/connector/graphql', TOKEN: 'replace-me' },
      signal,
    ),
  'token-used': (world, signal) =>
    pairAnew(world, { TOKEN: 'a-token-that-was-used' }, signal, { APP_PAIRING_RETRY_DELAYS: '1s,2s' }),
  'ucl-dns': (world, signal) =>
    pairAnew(world, { CONNECTOR_URL: 'https://connector.invalid/connector/graphql' }, signal),
  'ucl-tls': (world, signal) => pairAnew(world, {}, signal, { NODE_EXTRA_CA_CERTS: '' }),
  'wrong-tenant': (world, signal) => pairAnew(world, { TENANT: randomUUID() }, signal),
  'wrong-runtime': (world, signal) => pairAnew(world, { RUNTIME_ID: randomUUID() }, signal),
  'certificate-expired': (world, signal) => exchangeCertificate(world, -90, -1, signal),
  'renewal-failing': async (world, signal) => {
    const mend = await failing(['connector-mtls'], serviceUnavailable503())(world, signal);
    const restore = await exchangeCertificate(world, -70, 20, signal);
    return async () => {
      await mend();
      await restore();
    };
  },
  suspended: async ({ client }, signal) => {
    await setSuspension(client, 'true', signal);
    return () => setSuspension(client, undefined, signal);
  },
  'no-rights': async ({ api, ucl, formation }) => {
    const rules = (['create', 'update'] as const).map((verb) => api?.deny({ verb, resource: applicationType.plural }));
    // Each system changes, so that there is something to write.
    const systems = ucl.landscape.applications().filter(({ formations }) => formations.has(formation));
    const before = systems.map(({ id, description }) => ({ id, description }));
    for (const { id } of before) ucl.landscape.updateApplication(id, { description: 'Changed by the playground' });
    return async () => {
      for (const rule of rules) rule?.remove();
      for (const { id, description } of before) ucl.landscape.updateApplication(id, { description });
    };
  },
  'clock-off': async ({ agent }) => {
    await agent.restart(async () => undefined, { nodeOptions: ['--import', wallClock] });
    agent.tell(String(yearMs));
    return () => agent.restart(async () => undefined);
  },
};

const patienceMs = 60_000;

/** Waits until the agent has synchronised, so that a breakage finds the world whole; for a minute at most. */
export async function awaitWhole({ client }: BreakableWorld, signal: AbortSignal): Promise<void> {
  const endMs = performance.now() + patienceMs;
  while (performance.now() < endMs) {
    const [connection] = (await readOurs(client, signal)).connections;
    const status = objectAt(connection, 'status');
    const isHeld = Object.hasOwn(objectAt(status, 'prune') ?? {}, 'heldCount');
    if (stringAt(status, 'connectionState') === 'Synchronized' && !isHeld) return;
    await sleep(200, undefined, { signal });
  }
}

function failing(endpoints: readonly Endpoint[], effect: FaultEffect): Breakage {
  return async ({ ucl }) => {
    const faults = endpoints.map((on) => ucl.faults.add({ on, times: Number.POSITIVE_INFINITY, effect }));
    return async () => {
      for (const fault of faults) fault.remove();
    };
  };
}

function registerBroken({ landscape }: Ucl, formation: string, name: string): string {
  const credential = { clientId: 'client', certificate: 'invented', url: 'https://idp.example.test/token' };
  const bundle = { name: 'Orders', defaultInstanceAuth: { credential: { certificateOAuth: credential } } };
  const { id } = landscape.registerApplication({ name, bundles: [bundle] });
  landscape.assign(id, 'APPLICATION', formation);
  return id;
}

/** A new installation with these values in the configuration Secret; undefined: without one. The Applications stay. */
async function pairAnew(
  world: BreakableWorld,
  changes: Readonly<Record<string, string>> | undefined,
  signal: AbortSignal,
  env: Readonly<Record<string, string>> = {},
): Promise<() => Promise<void>> {
  await world.agent.restart(() => installAnew(world, changes, signal), { env });
  return () => world.agent.restart(() => installAnew(world, {}, signal));
}

async function installAnew(
  { client, ucl, names, runtimeId }: BreakableWorld,
  changes: Readonly<Record<string, string>> | undefined,
  signal: AbortSignal,
): Promise<void> {
  await removeConnection(client, signal);
  for (const name of [names.configuration, names.clientCertificate, names.pairing]) {
    await removeSecret(client, name, signal);
  }
  if (changes === undefined) return;
  const values = {
    CONNECTOR_URL: ucl.connectorUrl,
    RUNTIME_ID: runtimeId,
    TENANT: ucl.landscape.tenantId,
    TOKEN: changes.TOKEN ?? ucl.landscape.requestOneTimeToken(runtimeId).token,
    ...changes,
  };
  await writePairingInput(client, names, values, signal);
}

/** Another validity for the stored certificate, in days from now; the agent is ended meanwhile. */
async function exchangeCertificate(
  world: BreakableWorld,
  fromDays: number,
  untilDays: number,
  signal: AbortSignal,
): Promise<() => Promise<void>> {
  const { client, ucl, names, agent } = world;
  await agent.restart(async () => {
    const [, name = ''] = names.clientCertificate.split('/');
    const secret = toManifest(await client.get({ type: secretType, namespace, name }, signal));
    const pem = Buffer.from(stringAt(objectAt(secret, 'data'), 'crt'), 'base64').toString();
    const issued = await reissue(ucl.authority, pem, { fromDays, untilDays });
    const data = {
      ...objectAt(secret, 'data'),
      crt: Buffer.from(issued.clientCertificate).toString('base64'),
      crtChain: Buffer.from(issued.certificateChain).toString('base64'),
    };
    await client.update(secretType, Object.assign(secret, { data }), signal);
  });
  return () => agent.restart(() => installAnew(world, {}, signal));
}

function toManifest(value: unknown): Manifest & JsonObject {
  if (!isManifest(value)) throw new Error('What the API server gave has no name.');
  return value;
}

/** undefined takes the suspension away. */
async function setSuspension(client: KubeClient, value: 'true' | undefined, signal: AbortSignal): Promise<void> {
  const connection = toManifest(await client.get({ type: compassConnectionType, name: connectionName }, signal));
  const { [suspendAnnotation]: _present, ...others } = connection.metadata.annotations ?? {};
  const annotations = value === undefined ? others : { ...others, [suspendAnnotation]: value };
  const changed = { ...connection, metadata: { ...connection.metadata, annotations } };
  await client.update(compassConnectionType, changed, signal);
}
