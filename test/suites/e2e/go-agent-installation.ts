import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { openAdminClient } from '../../servers/cluster/admin-client.ts';
import {
  applicationPath,
  type ClusterClient,
  connectionPath,
  type StoredConnection,
  secretPath,
} from '../../servers/cluster/create-cluster-client.ts';
import { readCrds } from '../../servers/cluster/start-test-cluster.ts';
import { type MintedIdentity, mintIdentity } from '../../servers/ucl/mint-identity.ts';
import { type RecordedApplication, toApplicationInput } from '../../servers/ucl/recorded-landscape.ts';
import type { Ucl } from '../../servers/ucl/start-ucl.ts';
import type { Stage } from './start-stage.ts';

/**
 * An installation as the Go agent leaves it: its recorded objects in the cluster, and in UCL the landscape that it read
 * last. The recording lacks the private key and has addresses of its own, so these come from the site.
 */

const recordedFormation = 'landscape-a';
const crdName = 'compassconnections.compass.kyma-project.io';
const crdPath = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crdName}`;

const text = z.string();
const metadata = z.object({
  name: text,
  namespace: text.optional(),
  labels: z.record(text, text).optional(),
  annotations: z.record(text, text).optional(),
  ownerReferences: z.array(z.looseObject({ name: text, uid: text })).optional(),
});
const item = z.looseObject({ kind: text, metadata });
type RecordedItem = z.infer<typeof item>;

const recording = {
  objects: z.object({ items: z.array(item) }).parse(readJson('objects.json')).items,
  runtime: z.object({
    data: z.object({ runtime: z.object({ id: text, name: text, labels: z.record(text, z.unknown()) }) }),
  }),
};

interface RecordedLandscape {
  answer: { data: { applicationsForRuntime: { data: RecordedApplication[] } } };
}

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../data/recordings/go-agent/${name}`, import.meta.url), 'utf8'));
}

/** Where the Go agent was: in a test's cluster, with a UCL of its own. */
export interface Site {
  readonly ucl: Ucl;
  readonly kube: ClusterClient;
  readonly cluster: { readonly kubeconfigFile: string };
  issueToken(runtimeId: string): string;
  /** Writes the configuration Secret. */
  configure(runtimeId: string, values: Readonly<Record<string, string>>): Promise<void>;
}

export interface GoAgentInstallation {
  readonly runtimeId: string;
  /** In the configuration Secret; it has not been used, so that a request with it would be seen. */
  readonly token: string;
  readonly identity: MintedIdentity;
}

/** Registers in UCL what the Director answered to the Go agent, and gives the runtime's id. */
export function registerGoAgentLandscape({ ucl: { landscape } }: Pick<Site, 'ucl'>): string {
  const landscapeFile = readJson('landscape.json');
  const { runtime } = z.object({ runtime: recording.runtime }).parse(landscapeFile).runtime.data;
  const { scenarios: _scenarios, ...labels } = runtime.labels;
  landscape.registerRuntime({ ...runtime, labels });
  landscape.createFormation(recordedFormation);
  landscape.assign(runtime.id, 'RUNTIME', recordedFormation);
  const { answer }: RecordedLandscape = JSON.parse(JSON.stringify(landscapeFile));
  for (const application of answer.data.applicationsForRuntime.data) {
    const { id } = landscape.registerApplication(toApplicationInput(application));
    landscape.assign(id, 'APPLICATION', recordedFormation);
  }
  return runtime.id;
}

/** Puts the recorded installation into the cluster of the site, the status of its CompassConnection included. */
export async function installAsGoAgent(site: Site, crds: 'ours' | 'shipped'): Promise<GoAgentInstallation> {
  const runtimeId = registerGoAgentLandscape(site);
  const identity = await mintIdentity(site.ucl, { runtimeId });
  const token = site.issueToken(runtimeId);
  for (const kind of ['Application', 'Secret']) {
    for (const object of recording.objects.filter((each) => each.kind === kind)) {
      await site.kube.create(pathOf(object), await asOnSite(site, object));
    }
  }
  const { clientCertificate, key, certificateChain, caCertificate } = identity;
  await site.kube.writeSecret('cluster-client-certificates', {
    crt: clientCertificate,
    key,
    crtChain: certificateChain,
  });
  await site.kube.writeSecret('kyma-gateway-certs-cacert', { cacert: caCertificate }, 'istio-system');
  await site.configure(runtimeId, { TOKEN: token });
  const connection = recording.objects.find(({ kind }) => kind === 'CompassConnection');
  const { directorUrl, securedConnectorUrl } = site.ucl;
  const manifest = {
    ...connection,
    metadata: { name: 'compass-connection' },
    spec: { managementInfo: { directorUrl, connectorUrl: securedConnectorUrl } },
  };
  await site.kube.create(connectionPath, manifest);
  if (crds === 'ours') {
    // A CRD that is exchanged keeps the stored status; creating the object on the new one does not take it.
    await updateConnection(site, manifest, '/status');
  }
  return { runtimeId, token, identity };
}

/** Recorded objects by kind, as the Go agent wrote them. */
export function recordedObjects(kind: 'Application' | 'Secret'): RecordedItem[] {
  return recording.objects.filter((each) => each.kind === kind);
}

/** The id in UCL of the system that a recorded Application is of. */
export function recordedIdOf(name: string): string {
  const found = recordedObjects('Application').find(({ metadata }) => metadata.name === name);
  return JSON.stringify(found).match(/"applicationId":"([^"]+)"/)?.[1] ?? '';
}

function pathOf({ kind, metadata: { namespace = 'kyma-system' } }: RecordedItem): string {
  return `${kind === 'Application' ? applicationPath : secretPath(namespace)}?fieldManager=compass-runtime-agent`;
}

/** Without what the API server assigns, and owned by the Application of this cluster. */
async function asOnSite({ kube }: Site, object: RecordedItem): Promise<object> {
  const { name, namespace, labels, annotations, ownerReferences } = object.metadata;
  const owners = await Promise.all(
    (ownerReferences ?? []).map(async (owner) => ({
      ...owner,
      uid: (await kube.application(owner.name))?.metadata.uid,
    })),
  );
  return {
    ...object,
    metadata: { name, namespace, labels, annotations, ...(ownerReferences && { ownerReferences: owners }) },
  };
}

/** A plain update of the whole CompassConnection, as the Go agent makes it, or of its status. */
export async function updateConnection({ cluster, kube }: Site, object: object, subresource = ''): Promise<void> {
  const admin = await openAdminClient(cluster.kubeconfigFile);
  try {
    const stored = (await kube.connection())?.metadata;
    const path = `${connectionPath}/compass-connection${subresource}`;
    const answer = await admin.request('PUT', path, { ...object, metadata: stored });
    if (answer.status !== 200) throw new Error(`PUT ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  } finally {
    admin.close();
  }
}

/** Exchanges the CRD of the CompassConnection while everything runs. */
export async function exchangeCrd({ kube }: Pick<Site, 'kube'>, crds: 'ours' | 'shipped'): Promise<void> {
  const manifests = z.array(z.looseObject({ metadata, spec: z.looseObject({}) })).parse(await readCrds(crds));
  const manifest = manifests.find((each) => each.metadata.name === crdName);
  await kube.patch(crdPath, { spec: manifest?.spec });
}

/** Resource versions of all Applications and Secrets: what was not written keeps its own. */
export async function readVersions({ kube }: Pick<Site, 'kube'>): Promise<Record<string, string>> {
  const [applications, secrets, authorities] = await Promise.all([
    kube.applications(),
    kube.secrets(),
    kube.secrets('istio-system'),
  ]);
  return Object.fromEntries(
    [...applications, ...secrets, ...authorities].map((each) => [each.metadata.name, each.metadata.resourceVersion]),
  );
}

/** Asks for a sync and waits for its echo, which is an annotation on the shipped CRD. */
export async function syncOnEitherCrd(stage: Stage): Promise<StoredConnection> {
  const token = await stage.requestSync();
  return stage.connection('echoes the request', ({ metadata: { annotations }, status }) =>
    [annotations['compass.kyma-project.io/last-handled-sync-request'], status?.lastHandledSyncRequest].includes(token),
  );
}

/** The environment in which the manager of the Application Connector module runs the agent. */
export function readModuleEnvironment(): Record<string, string> {
  const file = new URL('../../data/fixtures/module-manager/deployment.yaml', import.meta.url);
  const variable = z.object({ name: text, value: text });
  const pod = z.object({ containers: z.tuple([z.object({ env: z.array(variable) })]) });
  const deployment = z.object({ spec: z.object({ template: z.object({ spec: pod }) }) });
  const [document] = parseAllDocuments(readFileSync(file, 'utf8'));
  const { env } = deployment.parse(document?.toJS()).spec.template.spec.containers[0];
  return Object.fromEntries(env.map(({ name, value }) => [name, value]));
}

/** Time in which something that must not happen would. */
export function grantTime(): Promise<void> {
  return sleep(1_000);
}
