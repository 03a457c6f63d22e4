import type { Logger } from '../log/logger.ts';
import type { ConnectionStore } from '../loop/ports.ts';
import type { Time } from '../time/time.ts';
import { createKubeClient } from './api/kube-client.ts';
import { loadKubeConfig } from './api/kube-config.ts';
import { createKubeTransport } from './api/kube-transport.ts';
import { createConnectionStore } from './stores/connection-store.ts';
import type { StoredConnection } from './stores/parse-object.ts';
import { ResourceCache } from './watch/resource-cache.ts';
import type { ResourceWatch } from './watch/resource-watch.ts';

export interface OpenConnectionOptions {
  /** In place of `KUBECONFIG`, `~/.kube/config` and the Pod's service account. */
  kubeconfigFile: string | undefined;
  log: Logger;
  time: Time;
}

/** The CompassConnection for a command: every read asks the API server, and no watch is started. */
export function openConnectionStore({ kubeconfigFile, log, time }: OpenConnectionOptions): ConnectionStore {
  const transport = createKubeTransport(() => loadKubeConfig(kubeconfigFile), time);
  const noWatch: ResourceWatch<StoredConnection> = {
    cache: new ResourceCache(() => undefined),
    phase: () => 'starting',
    isCurrent: () => false,
    mayList: () => false,
    settled: () => Promise.resolve(),
    limitation: () => undefined,
    ended: Promise.resolve(),
  };
  return createConnectionStore(createKubeClient(transport, time), noWatch, log);
}
