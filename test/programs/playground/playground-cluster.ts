import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { isAgentError } from '../../../agent/errors/agent-error.ts';
import { createKubeTransport } from '../../../agent/kube/api/create-kube-transport.ts';
import { createKubeClient, type KubeClient, type Manifest } from '../../../agent/kube/api/kube-client.ts';
import {
  applicationType,
  compassConnectionType,
  type ResourceType,
  secretType,
} from '../../../agent/kube/api/resource-type.ts';
import { systemTime } from '../../../agent/time/system-time.ts';
import { isJsonObject, type JsonObject, objectAt, stringAt } from '../../servers/kube-api/kube-object.ts';
import { PlaygroundError } from './playground-error.ts';

/** On everything that a playground made in a cluster of a person; the value is `true`. */
export const playgroundLabel = 'compass.kyma-project.io/playground';
/** Where all Secrets are. */
export const namespace = 'kyma-system';
export const connectionName = 'compass-connection';
const marks = { [playgroundLabel]: 'true' };

const namespaceType: ResourceType = { group: '', version: 'v1', plural: 'namespaces', custom: false };
const crdType: ResourceType = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  custom: false,
};
const crdFolder = join(import.meta.dirname, '../../../manifests/crds');
const crdFiles = [
  'applications.applicationconnector.kyma-project.io.yaml',
  'compassconnections.compass.kyma-project.io.yaml',
];

/** Names of the Secrets that the agent is told to use, as its variables take them. */
export interface SecretNames {
  configuration: string;
  clientCertificate: string;
  ca: string;
  pairing: string;
}

/** The names of a real installation. */
export const installedNames: SecretNames = {
  configuration: 'kyma-system/compass-agent-configuration',
  clientCertificate: 'kyma-system/cluster-client-certificates',
  ca: 'istio-system/kyma-gateway-certs-cacert',
  pairing: 'kyma-system/ucl-agent-pairing',
};

/** Names of its own for a person's cluster: there, those of an installation are read by Istio and Kyma's modules. */
export const playgroundNames: SecretNames = {
  configuration: 'kyma-system/ucl-playground-configuration',
  clientCertificate: 'kyma-system/ucl-playground-client-certificate',
  ca: 'kyma-system/ucl-playground-ca',
  pairing: 'kyma-system/ucl-playground-pairing',
};

/** A client for the cluster of a kubeconfig. Throws AgentError `ConfigurationInvalid` for one that cannot be read. */
export function openCluster(kubeconfigFile: string): KubeClient {
  const transport = createKubeTransport(kubeconfigFile, systemTime);
  return createKubeClient(transport, systemTime);
}

/**
 * Throws where the cluster holds what an agent would take for its own and no playground has marked. Writes nothing.
 */
export async function refuseForeignCluster(client: KubeClient, signal: AbortSignal): Promise<void> {
  const { connections, applications } = await readOurs(client, signal);
  const foreign = [
    ...connections.filter(isUnmarked).map((object) => `CompassConnection ${nameOf(object)}`),
    ...applications.filter(isUnmarked).map((object) => `Application ${nameOf(object)}`),
  ];
  if (foreign.length === 0) return;
  const more = foreign.length > 3 ? ` and ${foreign.length - 3} more` : '';
  throw new PlaygroundError(
    `The cluster ${client.server} holds ${foreign.slice(0, 3).join(', ')}${more}, which no playground made: ` +
      'the agent would take that for its own and could remove it. Nothing was written. Use another cluster, or leave --kubeconfig out.',
  );
}

/** What the cluster holds of an agent's objects, without the Secrets; an absent CRD means none. */
export async function readOurs(client: KubeClient, signal: AbortSignal) {
  const [connections, applications] = await Promise.all([
    listObjects(client, compassConnectionType, signal),
    listObjects(client, applicationType, signal),
  ]);
  return { connections, applications: applications.filter(isFromCompass) };
}

/** The Secrets with systems' credentials. */
export async function readApplicationSecrets(client: KubeClient, signal: AbortSignal): Promise<JsonObject[]> {
  const { items } = await client.list({ type: secretType, namespace, labelSelector: 'bundleId' }, 500, signal);
  return items.filter(isJsonObject);
}

async function listObjects(client: KubeClient, type: ResourceType, signal: AbortSignal): Promise<JsonObject[]> {
  try {
    return (await client.list({ type }, 500, signal)).items.filter(isJsonObject);
  } catch (error: unknown) {
    if (isAgentError(error, 'CrdMissing', 'NotFound')) return [];
    throw error;
  }
}

/** Installs what the cluster lacks: CRDs and the namespace. Gives the names of what was made. */
export async function installMissing(client: KubeClient, signal: AbortSignal): Promise<string[]> {
  const made: string[] = [];
  for (const file of crdFiles) {
    const crd: unknown = parse(await readFile(join(crdFolder, file), 'utf8'));
    if (!isManifest(crd)) throw new Error(`${file} is no manifest.`);
    if (await createMissing(client, crdType, crd, signal)) made.push(`crd/${crd.metadata.name}`);
  }
  const manifest = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
  if (await createMissing(client, namespaceType, manifest, signal)) made.push(`namespace/${namespace}`);
  for (const type of [applicationType, compassConnectionType]) await awaitServed(client, type, signal);
  return made;
}

async function createMissing(client: KubeClient, type: ResourceType, manifest: Manifest, signal: AbortSignal) {
  try {
    await client.get({ type, name: manifest.metadata.name }, signal);
    return false;
  } catch (error: unknown) {
    if (!isAgentError(error, 'NotFound')) throw error;
  }
  await client.create(type, manifest, signal);
  return true;
}

/** A new CRD is served a moment after it is made. */
async function awaitServed(client: KubeClient, type: ResourceType, signal: AbortSignal): Promise<void> {
  for (let tries = 0; tries < 150; tries += 1) {
    if ((await client.discover(type, signal)).includes(type.plural)) return;
    await sleep(200, undefined, { signal });
  }
  throw new PlaygroundError(`The cluster does not serve ${type.plural}.${type.group}, though the CRD is installed.`);
}

/** Writes what starts the agent's work: the Secret with the one-time token, and the marked CompassConnection. */
export async function writePairingInput(
  client: KubeClient,
  names: SecretNames,
  values: Readonly<Record<'CONNECTOR_URL' | 'TOKEN' | 'RUNTIME_ID' | 'TENANT', string>>,
  signal: AbortSignal,
): Promise<void> {
  const connection = {
    apiVersion: `${compassConnectionType.group}/${compassConnectionType.version}`,
    kind: 'CompassConnection',
    metadata: { name: connectionName, labels: marks },
    spec: { managementInfo: { directorUrl: '', connectorUrl: '' } },
  };
  await client.create(compassConnectionType, connection, signal);
  const [, name = ''] = names.configuration.split('/');
  const data = Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, labels: marks },
    data: Object.fromEntries(data),
  };
  await client.create(secretType, secret, signal);
}

/** Puts the mark on an Application that the agent has made. Somebody else's write at the same time brings another try. */
export async function markApplication(client: KubeClient, application: JsonObject, signal: AbortSignal): Promise<void> {
  if (!isUnmarked(application) || !isManifest(application)) return;
  const labels = { ...application.metadata.labels, ...marks };
  const marked = { ...application, metadata: { ...application.metadata, labels } };
  try {
    await client.update(applicationType, marked, signal);
  } catch (error: unknown) {
    if (!isAgentError(error, 'Conflict', 'NotFound')) throw error;
  }
}

/**
 * Removes what playgrounds left: the marked objects, the Applications of the given systems, their Secrets, and the
 * Secrets under the playground's own names. CRDs and namespaces stay. Gives the number of Applications removed.
 */
export async function removeLeftovers(
  client: KubeClient,
  systemIds: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<number> {
  const { connections, applications } = await readOurs(client, signal);
  const ours = applications.filter((object) => !isUnmarked(object) || systemIds.has(systemIdOf(object)));
  const owners = new Set(ours.map(uidOf));
  const owned = (await readApplicationSecrets(client, signal)).filter(({ metadata }) =>
    owners.has(ownerUidOf(metadata)),
  );
  await removeAll(
    client,
    compassConnectionType,
    connections.filter((object) => !isUnmarked(object)),
    signal,
  );
  await removeAll(client, secretType, owned, signal);
  await removeAll(client, applicationType, ours, signal);
  for (const reference of Object.values(playgroundNames)) {
    await removeSecret(client, reference, signal);
  }
  return ours.length;
}

/** Removes the Secret of that name, written as `namespace/name`, where it is there. */
export async function removeSecret(client: KubeClient, reference: string, signal: AbortSignal): Promise<void> {
  const [, name = ''] = reference.split('/');
  const secret = await client.get({ type: secretType, namespace, name }, signal).catch(ignoreAbsence);
  if (isJsonObject(secret)) await removeAll(client, secretType, [secret], signal);
}

/** Removes the CompassConnection where there is one. */
export async function removeConnection(client: KubeClient, signal: AbortSignal): Promise<void> {
  await removeAll(client, compassConnectionType, await listObjects(client, compassConnectionType, signal), signal);
}

async function removeAll(client: KubeClient, type: ResourceType, objects: readonly JsonObject[], signal: AbortSignal) {
  for (const object of objects) {
    const inNamespace = stringAt(object.metadata, 'namespace');
    const target = { type, name: nameOf(object), ...(inNamespace === '' ? {} : { namespace: inNamespace }) };
    await client.delete(target, { uid: uidOf(object) }, signal).catch(ignoreAbsence);
  }
}

function ignoreAbsence(error: unknown): undefined {
  if (isAgentError(error, 'NotFound', 'CrdMissing')) return undefined;
  throw error;
}

function isFromCompass({ spec }: JsonObject): boolean {
  return isJsonObject(spec) && isJsonObject(spec.compassMetadata);
}

function isUnmarked({ metadata }: JsonObject): boolean {
  return stringAt(objectAt(metadata, 'labels'), playgroundLabel) !== 'true';
}

export function isManifest(value: unknown): value is Manifest & JsonObject {
  return isJsonObject(value) && stringAt(value.metadata, 'name') !== '';
}

/** UCL's id of the system that an Application stands for. */
export function systemIdOf({ spec }: JsonObject): string {
  return stringAt(objectAt(spec, 'compassMetadata'), 'applicationId');
}

/** The name of an object. */
export function nameOf({ metadata }: JsonObject): string {
  return stringAt(metadata, 'name');
}

function uidOf({ metadata }: JsonObject): string {
  return stringAt(metadata, 'uid');
}

function ownerUidOf(metadata: JsonObject[string] | undefined): string {
  const owners = isJsonObject(metadata) && Array.isArray(metadata.ownerReferences) ? metadata.ownerReferences : [];
  return stringAt(owners[0], 'uid');
}
