import type { SizeFigures } from './measure-size.ts';
import type { Counts } from './server-messages.ts';

const landscapePageSize = 200;
/** Whoever asks for a sync has the two Secrets of the certificates read afresh. */
const readsOfRequested = 2;
const statusWrite = 'update compassconnections/status';
const applicationWrite = 'update applications';

/**
 * Requests to the Kubernetes API that change something. Left out are Events, which are no part of the state, and the Lease,
 * which is renewed by the clock and not by syncs.
 */
export function listWrites(kubernetes: Readonly<Record<string, number>>): [kind: string, count: number][] {
  return Object.entries(kubernetes).filter(([kind]) => !/^(get|list|watch) | (events|leases)$/.test(kind));
}

/**
 * What syncs that somebody asked for may ask, whatever the machine: one landscape request for each page of 200 systems, the
 * two Secrets of the certificates, at most one write of the status, and one update of an Application where its system has
 * changed. Each change was seen in the cluster: so as many updates as changes are one of each, and none of any other. Gives
 * one sentence for each excess.
 */
export function judgeRequests({ systems, syncs, unchanged, changed: { changes, requests } }: SizeFigures): string[] {
  const withoutChange = `${syncs} unchanged syncs of ${systems} systems`;
  const withChange = `${changes} syncs of ${systems} systems, one of which had changed,`;
  return [
    ...judgeReads(withoutChange, systems, syncs, unchanged.requests),
    ...judgeWrites(withoutChange, { [statusWrite]: syncs }, unchanged.requests),
    ...judgeReads(withChange, systems, changes, requests),
    ...judgeWrites(withChange, { [statusWrite]: changes, [applicationWrite]: changes }, requests),
  ];
}

function judgeReads(what: string, systems: number, syncs: number, { compass, kubernetes }: Counts): string[] {
  const pages = Math.ceil(systems / landscapePageSize) * syncs;
  const asked = compass.applicationsForRuntime ?? 0;
  const reads = Object.entries(kubernetes).filter(([kind]) => /^(get|list) (?!leases$)/.test(kind));
  const read = reads.reduce((sum, [, count]) => sum + count, 0);
  return [
    ...(asked === pages ? [] : [`${what} asked ${asked} landscape pages, not ${pages}`]),
    ...(read <= readsOfRequested * syncs + countOpened(kubernetes) ? [] : [`${what} read ${read} times`]),
  ];
}

/** The API server ends each watch after some minutes, and one that is opened again looks first whether the cluster has gone back. */
function countOpened(kubernetes: Counts['kubernetes']): number {
  const watches = Object.entries(kubernetes).filter(([kind]) => kind.startsWith('watch '));
  return watches.reduce((sum, [, count]) => sum + count, 0);
}

function judgeWrites(what: string, most: Readonly<Record<string, number>>, { kubernetes }: Counts): string[] {
  return listWrites(kubernetes).flatMap(([kind, count]) =>
    count <= (most[kind] ?? 0) ? [] : [`${what} did ${kind} ${count} times`],
  );
}
