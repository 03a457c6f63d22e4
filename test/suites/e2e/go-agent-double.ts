import { type AdminClient, openAdminClient } from '../../servers/cluster/admin-client.ts';
import { applicationPath, connectionPath, secretPath } from '../../servers/cluster/create-cluster-client.ts';
import { isJsonObject, type JsonObject } from '../../servers/kube-api/kube-object.ts';
import { recordedObjects } from './go-agent-installation.ts';
import type { Stage } from './start-stage.ts';

export interface GoAgentDouble {
  /** Ends after the sync that runs. Gives how many of its writes were taken, and how many were refused as conflicts. */
  stop(): Promise<{ readonly taken: number; readonly conflicts: number }>;
}

/**
 * A Go agent that still runs, and knows what was recorded of it: one sync after the other, each object read and then
 * written whole as it has it, changed or not, and at the end the status (docs/contracts/kubernetes.md). It
 * takes no Lease and looks at nobody else.
 */
export async function startGoAgentDouble(stage: Stage): Promise<GoAgentDouble> {
  const admin = await openAdminClient(stage.cluster.kubeconfigFile);
  const counts = { taken: 0, conflicts: 0 };
  const status = (await stage.kube.connection())?.status;
  let isStopped = false;
  const write = async (path: string, change: (stored: JsonObject) => object) => {
    const answer = await readThenWrite(admin, path, change);
    if (answer === 409) counts.conflicts += 1;
    else counts.taken += 1;
  };
  const run = async () => {
    while (!isStopped) {
      for (const { metadata, spec, kind: _ } of recordedObjects('Application')) {
        const known = isJsonObject(spec) ? spec : {};
        const { description, labels, services, compassMetadata } = known;
        const own = { description, labels, services, compassMetadata };
        await write(`${applicationPath}/${metadata.name}`, (stored) => ({
          ...stored,
          spec: { ...(isJsonObject(stored.spec) ? stored.spec : {}), ...own },
        }));
      }
      const credentials = recordedObjects('Secret').filter(({ metadata }) => metadata.labels?.bundleId !== undefined);
      for (const { metadata, data } of credentials) {
        await write(`${secretPath('kyma-system')}/${metadata.name}`, (stored) => ({ ...stored, data }));
      }
      await write(`${connectionPath}/compass-connection`, (stored) => ({ ...stored, status }));
    }
  };
  const running = run();
  // Whoever stops it hears of it.
  running.catch(() => undefined);
  return {
    async stop() {
      isStopped = true;
      await running.finally(() => admin.close());
      return counts;
    },
  };
}

async function readThenWrite(
  admin: AdminClient,
  path: string,
  change: (stored: JsonObject) => object,
): Promise<number> {
  const { status, body } = await admin.request('GET', path);
  if (status !== 200 || !isJsonObject(body)) throw new Error(`GET ${path}: ${status}`);
  const answer = await admin.request('PUT', path, change(body));
  if (answer.status !== 200 && answer.status !== 409) {
    throw new Error(`PUT ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  }
  return answer.status;
}
