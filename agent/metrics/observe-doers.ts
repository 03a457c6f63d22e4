import type { Doers } from '../reconcile/doers.ts';
import type { Time } from '../time/time.ts';
import type { Observer } from './observer.ts';
import { toRenewalResult } from './to-renewal-result.ts';
import { toSyncVerdict } from './to-sync-verdict.ts';

/** The same doers, and `observer` is told what they came to. What an abort cuts short is not counted. */
export function observeDoers(doers: Doers, observer: Observer, time: Pick<Time, 'instant'>): Doers {
  return {
    ...doers,
    async keepConnection(input, onRuntimeId, signal) {
      const facts = await doers.keepConnection(input, onRuntimeId, signal);
      const renewal = toRenewalResult(facts);
      if (renewal !== undefined) observer.onRenewal(renewal);
      return facts;
    },
    async synchronize(link, input, signal) {
      const startedAt = time.instant();
      const facts = await doers.synchronize(link, input, signal);
      observer.onSync(toSyncVerdict(facts), time.instant() - startedAt);
      if (facts.outcome.reached === 'cluster') observer.onChanges(facts.outcome.result.applied);
      return facts;
    },
    async mendDrift(input, signal) {
      const result = await doers.mendDrift(input, signal);
      if (result !== undefined) observer.onChanges(result.applied);
      return result;
    },
  };
}
