import { median } from '../../programs/bench/statistics.ts';
import type { Sample } from './soak-record.ts';

/** One figure over the whole run: typical values of its second quarter and of its last one, and the most. */
export interface Growth {
  readonly name: string;
  readonly early: number;
  readonly late: number;
  readonly most: number;
  /** Up to which `late` counts as flat. */
  readonly allowed: number;
}

const mebibyte = 1024 * 1024;

interface Measure {
  readonly name: string;
  readonly read: (sample: Sample, before: Sample) => number;
  /** A tenth is always allowed; this beside it. */
  readonly slack: number;
}

/** In the first quarter a process finds its size: code is compiled, caches fill. So it does not count. */
const measures: readonly Measure[] = [
  { name: 'Memory, anonymous, MiB', read: ({ anonymous }) => anonymous / mebibyte, slack: 4 },
  { name: 'Memory, working set, MiB', read: ({ workingSet }) => workingSet / mebibyte, slack: 4 },
  { name: 'File handles', read: ({ handles }) => handles, slack: 1 },
  { name: 'Sockets', read: ({ sockets }) => sockets, slack: 1 },
  { name: 'Watches', read: ({ watches }) => watches, slack: 0 },
  {
    name: 'Log, bytes for each sync',
    read: (sample, before) => (sample.logBytes - before.logBytes) / Math.max(1, sample.syncs - before.syncs),
    slack: 50,
  },
];

/** Judges each figure; samples are in the order of time, the more of them the better. Pure. */
export function judgeGrowth(samples: readonly Sample[]): Growth[] {
  return measures.map(({ name, read, slack }) => {
    const values = samples.flatMap((sample, index) => {
      const before = samples[index - 1];
      return before === undefined ? [] : [read(sample, before)];
    });
    const quarter = Math.floor(values.length / 4);
    const early = median(values.slice(quarter, 2 * quarter));
    return {
      name,
      early,
      late: median(values.slice(values.length - quarter)),
      most: Math.max(...values),
      allowed: early * 1.1 + slack,
    };
  });
}

export function isFlat({ late, allowed }: Growth): boolean {
  return late <= allowed;
}
