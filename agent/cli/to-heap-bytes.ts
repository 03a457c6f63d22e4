import { besidesBytes, type HeapCircumstances } from './decide-heap-flags.ts';

type Circumstances = Omit<HeapCircumstances, 'requestedMiB'> & {
  /** The limit of all of V8's heap, the young generation included. */
  readonly heapSizeLimitBytes: number;
};

/** Three times the semi-space that Node 24 takes by itself where nobody says how large it may be. */
const defaultYoungBytes = 192 * 2 ** 20;
const oldSpaceFlag = /--max[-_]old[-_]space[-_]size=(\d{1,7})/g;
const heapFlag = /--max[-_]heap[-_]size=/;

/**
 * How many bytes of what lives long the heap takes before the process ends, or its container is killed. V8 counts the young
 * generation in, where nothing stays. Pure.
 */
export function toHeapBytes({ execArgv, nodeOptions, heapSizeLimitBytes, memoryLimitBytes }: Circumstances): number {
  // Of two flags the last counts, and the command line comes after NODE_OPTIONS.
  const said = [...[nodeOptions, ...execArgv].join(' ').matchAll(oldSpaceFlag)].at(-1)?.[1];
  const oldBytes =
    said === undefined
      ? heapSizeLimitBytes -
        (heapFlag.test([nodeOptions, ...execArgv].join(' ')) ? heapSizeLimitBytes / 4 : defaultYoungBytes)
      : Number(said) * 2 ** 20;
  return Math.min(oldBytes, (memoryLimitBytes ?? Number.POSITIVE_INFINITY) - besidesBytes);
}
