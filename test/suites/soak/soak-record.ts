import { readLines, recordLine } from '../recorded-lines.ts';

/** The file to which the run adds what it measured, and how long it is to last. */
export const recordVariable = 'UCL_SOAK_RECORD';
export const minutesVariable = 'UCL_SOAK_MINUTES';

/** What the agent takes at one instant; memory and log in bytes. */
export interface Sample {
  /** Since the start. */
  readonly atMs: number;
  readonly anonymous: number;
  readonly workingSet: number;
  /** Open file descriptors of its process, and those of them that are sockets. */
  readonly handles: number;
  readonly sockets: number;
  /** Watches of the API server for Applications and CompassConnections; as they were before where it does not answer. */
  readonly watches: number;
  /** Written since the start, as are these. */
  readonly logBytes: number;
  readonly syncs: number;
}

/** Something that was done, and when it was over. */
export interface Deed {
  readonly what: DeedKind;
  readonly atMs: number;
}

export type DeedKind = keyof typeof deedNames;

/** As the page counts them. */
export const deedNames = {
  day: 'Days: systems came, left, changed, were renamed and got other credentials',
  drift: 'Times that somebody edited and deleted objects of the agent',
  renewal: 'Renewals of the certificate (the agent makes three an hour at most)',
  pairing: 'Revocations of the certificate, each followed by a pairing with a new token',
  replacement: 'Times that somebody put another valid certificate and key in their place',
  ucl: 'Restarts of UCL',
  'kube-apiserver': 'Kills of the API server',
  etcd: 'Kills of etcd',
  kubelet: 'Kills of the kubelet',
} as const;

export type SoakRecord = { readonly sample: Sample } | { readonly deed: Deed };

export function recordSoak(record: SoakRecord): void {
  recordLine(recordVariable, record);
}

export function readSoak(file: string): { samples: Sample[]; deeds: Deed[] } {
  const records = readLines<SoakRecord>(file);
  return {
    samples: records.flatMap((record) => ('sample' in record ? [record.sample] : [])),
    deeds: records.flatMap((record) => ('deed' in record ? [record.deed] : [])),
  };
}
