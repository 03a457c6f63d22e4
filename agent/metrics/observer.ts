import type { AskedCall } from '../compass/graphql-transport.ts';
import type { SyncResult } from '../sync/sync-facts.ts';
import type { RenewalResult } from './to-renewal-result.ts';
import type { SyncVerdict } from './to-sync-verdict.ts';

/** Port: is told of what happens and leaves no trace in what the agent knows. It never throws. */
export interface Observer {
  onCall(call: AskedCall): void;
  onSync(verdict: SyncVerdict, durationMs: number): void;
  onChanges(applied: SyncResult['applied']): void;
  onRenewal(result: RenewalResult): void;
}
