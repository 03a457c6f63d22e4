import { Agent, request } from 'node:https';
import pLimit from 'p-limit';
import { z } from 'zod';
import { applicationPath, secretPath } from '../../servers/cluster/create-cluster-client.ts';
import { readKubeconfig } from '../../servers/kube-api/kubeconfig.ts';

/** The floor: what the Kubernetes API itself takes to store the objects that the agent writes. */

const connections = 16;

const manifest = z.looseObject({
  metadata: z.object({
    name: z.string(),
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
    ownerReferences: z.array(z.looseObject({ name: z.string(), uid: z.string() })).optional(),
  }),
});
type BareManifest = z.infer<typeof manifest>;
const list = z.object({ items: z.array(manifest) });
const created = z.object({ metadata: z.object({ name: z.string(), uid: z.string() }) });

/** Applications and their Secrets, as a client creates them. */
export interface WrittenObjects {
  readonly applications: readonly BareManifest[];
  readonly secrets: readonly BareManifest[];
}

export interface BareClient {
  /** What stands in the cluster, reduced to what a creation sends. */
  readObjects(): Promise<WrittenObjects>;
  /** Creates the Applications, then the Secrets, and gives the time in milliseconds. */
  create(objects: WrittenObjects): Promise<number>;
  close(): void;
}

/** A client that does nothing but send, over 16 connections that are kept, as the user that the agent is. */
export async function createBareClient(kubeconfig: string): Promise<BareClient> {
  const { url, token, ...tls } = await readKubeconfig(kubeconfig);
  const agent = new Agent({ ...tls, keepAlive: true, maxSockets: connections });
  const send = (method: string, path: string, body?: object): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const outgoing = request(
        new URL(path, url),
        { method, agent, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (chunk: string) => {
            text += chunk;
          });
          answer.once('error', reject).once('end', () => {
            if ((answer.statusCode ?? 500) < 300) resolve(JSON.parse(text));
            else reject(new Error(`${method} ${path}: ${answer.statusCode}`));
          });
        },
      );
      outgoing.once('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
    });
  const createAll = async (path: string, objects: readonly BareManifest[]) => {
    const limit = pLimit(connections);
    const answers = await Promise.all(objects.map((object) => limit(() => send('POST', path, object))));
    return new Map(answers.map((answer) => created.parse(answer).metadata).map(({ name, uid }) => [name, uid]));
  };
  return {
    async readObjects() {
      const applications = list.parse(await send('GET', applicationPath)).items;
      const secrets = list.parse(await send('GET', `${secretPath('kyma-system')}?labelSelector=bundleId`)).items;
      return {
        applications: applications.map((object) => ({ ...object, ...applicationKind })),
        secrets: secrets.map((object) => ({ ...object, ...secretKind })),
      };
    },
    async create({ applications, secrets }) {
      const startedAt = performance.now();
      const uids = await createAll(applicationPath, applications);
      await createAll(
        secretPath('kyma-system'),
        secrets.map((secret) => withOwner(secret, uids)),
      );
      return performance.now() - startedAt;
    },
    close: () => agent.destroy(),
  };
}

/** Items of a list carry neither. */
const applicationKind = { apiVersion: 'applicationconnector.kyma-project.io/v1alpha1', kind: 'Application' };
const secretKind = { apiVersion: 'v1', kind: 'Secret' };

/** The owner is another object of the same name now; a Secret of one that is gone would be collected. */
function withOwner(secret: BareManifest, uids: ReadonlyMap<string, string>): BareManifest {
  const ownerReferences = secret.metadata.ownerReferences ?? [];
  return {
    ...secret,
    metadata: {
      ...secret.metadata,
      ownerReferences: ownerReferences.map((owner) => ({ ...owner, uid: uids.get(owner.name) ?? owner.uid })),
    },
  };
}
