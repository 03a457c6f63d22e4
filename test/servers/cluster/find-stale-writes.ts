import type { AuditEntry } from './audit-log.ts';

const writes = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

/**
 * Judges by the audit log alone whether several agents kept to their Lease: a write that the API server accepted from one of
 * them is stale when another one had written since it last took or renewed the Lease. One sentence for each; the log is
 * in the order in which requests were answered.
 */
export function findStaleWrites(log: readonly AuditEntry[]): string[] {
  const heldAt = new Map<string, number>();
  const wroteAt = new Map<string, number>();
  const found: string[] = [];
  for (const [index, entry] of log.entries()) {
    if (!isAcceptedWrite(entry)) continue;
    const { client = '', verb, resource, name = '' } = entry;
    if (resource === 'leases') {
      heldAt.set(client, index);
      continue;
    }
    const other = [...wroteAt].find(([each, at]) => each !== client && at > (heldAt.get(client) ?? -1));
    if (other !== undefined) found.push(`${client}: ${verb} ${resource} ${name} after a write of ${other[0]}`);
    wroteAt.set(client, index);
  }
  return found;
}

/** Who has written anything but the Lease. */
export function findWriters(log: readonly AuditEntry[]): string[] {
  const written = log.filter((entry) => isAcceptedWrite(entry) && entry.resource !== 'leases');
  return [...new Set(written.map(({ client = '' }) => client))];
}

function isAcceptedWrite({ verb, code, requestUri }: AuditEntry): boolean {
  return writes.has(verb) && code >= 200 && code < 300 && !requestUri.includes('dryRun=');
}
