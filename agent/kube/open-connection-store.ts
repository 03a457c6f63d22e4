import type { Logger } from '../log/logger.ts';
import type { ConnectionStore } from '../loop/ports.ts';
import type { Time } from '../time/time.ts';
import type { Exchange } from './api/exchange.ts';
import { createKubeClient } from './api/kube-client.ts';
import { createConnectionStore } from './stores/connection-store.ts';
import type { StoredConnection } from './stores/parse-object.ts';
import { ResourceCache } from './watch/resource-cache.ts';
import type { ResourceWatch } from './watch/resource-watch.ts';

export interface OpenConnectionOptions {
  exchange: Exchange;
  log: Logger;
  time: Time;
}

/** The CompassConnection for a command: every read asks the API server, and no watch is started. */
export function openConnectionStore({ exchange, log, time }: OpenConnectionOptions): ConnectionStore {
  const noWatch: ResourceWatch<StoredConnection> = {
    cache: new ResourceCache(() => undefined),
    phase: () => 'starting',
    isCurrent: () => false,
    isListable: () => true,
    settled: () => Promise.resolve(),
    limitation: () => undefined,
    ended: Promise.resolve(),
  };
  return createConnectionStore(createKubeClient(exchange, time), noWatch, log);
}
