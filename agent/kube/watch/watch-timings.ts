/** How a watch is supervised; all in milliseconds but for the page size. */
export interface WatchTimings {
  readonly pageSize: number;
  /** The API server ends each stream after one to two times this. */
  readonly serverTimeoutMs: number;
  readonly connectTimeoutMs: number;
  /** A stream without a byte for so long is given up; the API server sends bookmarks about once a minute. */
  readonly silenceMs: number;
  /** A stream that lived so long was a good one: the next may follow at once. */
  readonly stableMs: number;
  readonly backoffMs: { readonly first: number; readonly most: number };
  /** Pauses while a permission is missing. */
  readonly forbiddenMs: { readonly first: number; readonly most: number };
  /** How often an object that may not be watched is read. */
  readonly pollMs: number;
}

export const defaultWatchTimings: WatchTimings = {
  pageSize: 500,
  serverTimeoutMs: 300_000,
  connectTimeoutMs: 15_000,
  silenceMs: 120_000,
  stableMs: 5_000,
  backoffMs: { first: 500, most: 30_000 },
  forbiddenMs: { first: 10_000, most: 300_000 },
  pollMs: 10_000,
};
