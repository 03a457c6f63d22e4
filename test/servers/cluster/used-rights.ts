import { randomUUID } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { AuditEntry } from './audit-log.ts';
import type { Cluster } from './start-cluster.ts';

/** The ServiceAccount of `manifests/`, as which the agent runs. */
export const agentUser = { serviceAccount: 'compass-runtime-agent', namespace: 'kyma-system' };

const agentName = `system:serviceaccount:${agentUser.namespace}:${agentUser.serviceAccount}`;

/**
 * Keeps what the agent asked of this API server, for the comparison at the end of the suite: each test file has a
 * server of its own. Does nothing when no folder is named for it.
 */
export async function keepUsedRights(cluster: Pick<Cluster, 'auditLog'>): Promise<void> {
  const folder = process.env.UCL_USED_RIGHTS;
  if (folder === undefined) return;
  const used = toAgentEntries(await cluster.auditLog());
  await writeFile(path.join(folder, `${randomUUID()}.json`), JSON.stringify(used));
}

/** What the agent asked of all API servers of this run. */
export async function readUsedRights(folder: string): Promise<AuditEntry[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  const texts = await Promise.all(files.map((name) => readFile(path.join(folder, name), 'utf8')));
  return texts.flatMap((text): AuditEntry[] => JSON.parse(text));
}

/** The requests of the agent for resources; discovery and probes are everybody's. */
export function toAgentEntries(log: readonly AuditEntry[]): AuditEntry[] {
  return log.filter((entry) => entry.user === agentName && entry.resource !== '');
}
