import type { Logger } from '../log/logger.ts';
import type { ConnectionStore } from '../reconcile/ports.ts';
import type { Time } from '../time/time.ts';
import type { Exchange } from './api/exchange.ts';
import { createKubeClient } from './api/kube-client.ts';
import { createConnectionStore } from './stores/connection-store.ts';
import { connectionKind } from './stores/parse-object.ts';
import { createLiveSource } from './watch/object-source.ts';
import { defaultWatchTimings } from './watch/watch-timings.ts';

export interface OpenConnectionOptions {
  exchange: Exchange;
  log: Logger;
  time: Time;
}

/** The CompassConnection for a command: every read asks the API server, and no watch is started. */
export function openConnectionStore({ exchange, log, time }: OpenConnectionOptions): ConnectionStore {
  const client = createKubeClient(exchange, time);
  return createConnectionStore(client, createLiveSource(client, connectionKind, defaultWatchTimings.pageSize), log);
}
