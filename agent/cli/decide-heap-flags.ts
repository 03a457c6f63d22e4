export interface HeapCircumstances {
  /** Flags of Node that the process was started with. */
  execArgv: readonly string[];
  /** `NODE_OPTIONS`, in which an administrator may have decided. */
  nodeOptions: string;
  /** `APP_MAX_HEAP_MIB`; undefined: not set. */
  requestedMiB: number | undefined;
  /** Memory limit of the container in bytes; undefined: none. */
  memoryLimitBytes: number | undefined;
}

const mib = 2 ** 20;
/**
 * Up to about 384 MiB V8 lets the old space grow in small steps, so a higher limit than needed costs nothing below it:
 * measured with 1,000 systems, 96 and 384 MiB end at the same resident size, and no limit at one half more.
 */
const defaultMiB = 384;
const minMiB = 48;
/**
 * Half of the young generation. In a first sync of 1,000 systems, 4 MiB save a quarter of the time that 2 MiB take for
 * garbage, and take up to 5 MiB more after 100 unchanged syncs; 8 MiB save a third of what is left, and take 7 MiB more
 * at the peak.
 */
const semiSpaceMiB = 4;
/** What the process needs besides the old space: code, young generation, TLS and buffers. */
const besidesMiB = 64;
export const besidesBytes = besidesMiB * mib;

/**
 * The flags with which `run` starts itself anew, so that the heap stays small without help from whoever starts it.
 * undefined: somebody has decided already, which is also how the second start is known.
 */
export function decideHeapFlags(circumstances: HeapCircumstances): string[] | undefined {
  const { execArgv, nodeOptions, requestedMiB, memoryLimitBytes } = circumstances;
  if (/--max[-_](old[-_]space|semi[-_]space|heap)[-_]size/.test([...execArgv, nodeOptions].join(' '))) return undefined;
  const room = memoryLimitBytes === undefined ? defaultMiB : Math.floor(memoryLimitBytes / mib) - besidesMiB;
  const oldSpaceMiB = requestedMiB ?? Math.min(defaultMiB, Math.max(minMiB, room));
  return [`--max-old-space-size=${oldSpaceMiB}`, `--max-semi-space-size=${semiSpaceMiB}`];
}
