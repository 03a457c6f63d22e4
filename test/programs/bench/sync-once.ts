import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClusterClient, connectionPath } from '../../servers/cluster/create-cluster-client.ts';
import type { MeasuredAgent } from './measured-agent.ts';
import type { Servers } from './start-servers.ts';
import type { ObjectWatch, WatchedConnection } from './watch-objects.ts';

/** What an agent is measured on. */
export interface Stage {
  readonly servers: Servers;
  readonly kube: ClusterClient;
  readonly watch: ObjectWatch<WatchedConnection>;
}

/** What is asked for sooner after the sync before waits in the agent, which is no work of its. */
const requestFloorMs = 1_050;

/** Asks for a sync and gives the time until its echo, in milliseconds. Returns once the next one may be asked for. */
export async function syncOnce({ kube, watch }: Stage, agent: MeasuredAgent): Promise<number> {
  const token = randomUUID();
  const echoed = watch.until(({ status }) => status?.lastHandledSyncRequest === token);
  const askedAt = performance.now();
  const asked = kube.patch(`${connectionPath}/compass-connection`, {
    metadata: { annotations: { 'compass.kyma-project.io/sync-requested-at': token } },
  });
  await Promise.race([Promise.all([asked, echoed]), agent.unexpectedEnd]);
  const tookMs = performance.now() - askedAt;
  await sleep(Math.max(requestFloorMs - tookMs, 0));
  return tookMs;
}
