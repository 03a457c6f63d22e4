import type { CacheChange, Cached } from './resource-cache.ts';
import type { WatchPhase } from './watch-standing.ts';

/**
 * Whether a change in the cache of a watch concerns what the fingerprint covers, and is news to readers: they wait for
 * the first list anyway.
 */
export function isNews<T extends Cached>(
  change: CacheChange<T>,
  phase: WatchPhase,
  toFingerprint: (object: T | undefined) => string,
): boolean {
  if (change.initial && phase === 'starting') return false;
  const before = change.kind === 'added' ? undefined : change.previous;
  const after = change.kind === 'deleted' ? undefined : change.object;
  return toFingerprint(before) !== toFingerprint(after);
}
