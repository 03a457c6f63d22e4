import type { SizeFigures } from './measure-size.ts';

const landscapePageSize = 200;
const managed = new Set(['applications', 'secrets']);
/** Whoever asks for a sync has the two Secrets of the certificates read afresh. */
const readsOfRequested = 2;

/**
 * Requests to the Kubernetes API that change something. Left out are Events, which are no part of the state, and the Lease,
 * which is renewed by the clock and not by syncs.
 */
export function listWrites(kubernetes: Readonly<Record<string, number>>): [kind: string, count: number][] {
  return Object.entries(kubernetes).filter(([kind]) => !/^(get|list|watch) | (events|leases)$/.test(kind));
}

/**
 * What a sync that somebody asked for and that changes nothing may ask, whatever the machine: one landscape request for each
 * page of 200 systems, the two Secrets of the certificates, and at most one write, of the status. Gives one sentence for each
 * excess.
 */
export function judgeRequests({ systems, syncs, unchanged }: SizeFigures): string[] {
  const { compass, kubernetes } = unchanged.requests;
  const pages = Math.ceil(systems / landscapePageSize) * syncs;
  const asked = compass.applicationsForRuntime ?? 0;
  const writes = listWrites(kubernetes);
  const total = writes.reduce((sum, [, count]) => sum + count, 0);
  const reads = Object.entries(kubernetes).filter(([kind]) => /^(get|list) (?!leases$)/.test(kind));
  const read = reads.reduce((sum, [, count]) => sum + count, 0);
  return [
    ...(asked === pages ? [] : [`${syncs} syncs of ${systems} systems asked ${asked} landscape pages, not ${pages}`]),
    ...(total <= syncs ? [] : [`${syncs} unchanged syncs of ${systems} systems wrote ${total} times`]),
    ...(read <= readsOfRequested * syncs ? [] : [`${syncs} unchanged syncs of ${systems} systems read ${read} times`]),
    ...writes
      .filter(([kind]) => managed.has(kind.split(' ')[1] ?? ''))
      .map(([kind, count]) => `Unchanged syncs of ${systems} systems did ${kind} ${count} times`),
  ];
}
