import type { Logger } from '../log/logger.ts';
import type { ConnectionStore } from '../loop/ports.ts';
import { createConnectionStore } from './connection-store.ts';
import { createKubeClient } from './kube-client.ts';
import { loadKubeConfig } from './kube-config.ts';
import { createKubeTransport } from './kube-transport.ts';
import type { StoredConnection } from './parse-object.ts';
import { ResourceCache } from './resource-cache.ts';
import type { ResourceWatch } from './resource-watch.ts';

export interface OpenConnectionOptions {
  /** In place of `KUBECONFIG`, `~/.kube/config` and the Pod's service account. */
  kubeconfigFile: string | undefined;
  log: Logger;
  clock: () => Date;
  delay: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** The CompassConnection for a command: every read asks the API server, and no watch is started. */
export function openConnectionStore({ kubeconfigFile, log, clock, delay }: OpenConnectionOptions): ConnectionStore {
  const transport = createKubeTransport(() => loadKubeConfig(kubeconfigFile), clock);
  const noWatch: ResourceWatch<StoredConnection> = {
    cache: new ResourceCache(() => undefined),
    phase: () => 'starting',
    isCurrent: () => false,
    mayList: () => false,
    settled: () => Promise.resolve(),
    limitation: () => undefined,
    ended: Promise.resolve(),
  };
  return createConnectionStore(createKubeClient(transport, delay), noWatch, log);
}
