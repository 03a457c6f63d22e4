import type { Config } from './config/config.ts';
import type { ConnectionParts } from './connection/connection-parts.ts';
import { toRenewAt } from './connection/decide-renewal.ts';
import { keepConnection } from './connection/keep-connection.ts';
import { observeCertificate } from './connection/observe-certificate.ts';
import type { Connectors, Directors, KeySource } from './connection/ports.ts';
import { annotations } from './domain/annotations.ts';
import type { Cluster } from './kube/create-cluster.ts';
import type { Logger } from './log/logger.ts';
import { toRefreshMs, toStaleAfter, toStaleAt } from './pace/to-stale-at.ts';
import type { Doers, StatusStandards } from './reconcile/doers.ts';
import { createPlanner } from './sync/create-planner.ts';
import type { KeepPrune } from './sync/ports.ts';
import { probeLandscape } from './sync/probe-landscape.ts';
import { toPruneNote } from './sync/prune-note.ts';
import type { SyncParts } from './sync/sync-parts.ts';
import { mendDrift, synchronize } from './sync/synchronize.ts';
import type { Time } from './time/time.ts';

/** Whoever waits for a sync that takes longer wants to know that it is under way. */
const longWorkMs = 10_000;

export interface DoerParts {
  readonly cluster: Cluster;
  readonly compass: { readonly connectors: Connectors; readonly directors: Directors };
  readonly config: Config;
  readonly time: Time;
  readonly keys: KeySource;
  readonly uniqueId: () => string;
  readonly log: Logger;
  readonly registerSecret: (secret: string) => void;
  readonly announceRun: (id: string) => void;
}

/** What a run can do, out of the adapters and the rooms. */
export function createDoers(parts: DoerParts): Doers {
  const { cluster, compass, config, time, log } = parts;
  const connection: Omit<ConnectionParts, 'onRuntimeId'> = {
    ports: { ...compass, configuration: cluster.configuration, credentials: cluster.credentials },
    settings: config,
    time,
    keys: parts.keys,
    log,
    registerSecret: parts.registerSecret,
  };
  const sync: SyncParts = {
    reader: cluster.reader,
    applications: cluster.applications,
    settings: toSyncSettings(config),
    plan: createPlanner(),
    time,
    log,
  };
  const keepPrune: KeepPrune = async (memory, signal) => {
    await cluster.connection.update(
      { annotations: { [annotations.pruneMemory]: toPruneNote(memory) ?? null } },
      signal,
    );
  };
  return {
    resource: cluster.connection,
    keepPrune,
    events: cluster.events,
    keepConnection: (input, onRuntimeId, signal) => keepConnection(input, { ...connection, onRuntimeId }, signal),
    observeConnection: (memory, signal) => observeCertificate(memory, cluster.credentials, signal),
    synchronize: (link, input, signal) =>
      synchronize({ ...input, source: compass.directors.current(link), keepPrune }, sync, signal),
    probe: (link, { memory }, signal) => probeLandscape(memory, compass.directors.current(link), signal),
    mendDrift: (input, signal) => mendDrift(input, sync, signal),
    limitations: cluster.limitations,
    toRenewAt: (certificate, runtimeId) => toRenewAt(certificate, config.certValidityRenewalThreshold, runtimeId),
    standards: toStandards(config),
    announceRun: parts.announceRun,
    now: time.now,
    toInstant: (moment) => time.instant() + moment.getTime() - time.now().getTime(),
    untilLong: (signal) => time.sleepUntil(time.instant() + longWorkMs, signal),
    uniqueId: parts.uniqueId,
    log,
  };
}

function toStandards({ schedule, readyMaxFailedShare }: Config): StatusStandards {
  return {
    toOverdueAt: (runtimeId, since) => toStaleAt(schedule, runtimeId, since),
    toStaleAfter: (runtimeId, now) => toStaleAfter(schedule, runtimeId, now),
    toRefreshMs: (runtimeId, now) => toRefreshMs(schedule, runtimeId, now),
    maxFailedShare: readyMaxFailedShare,
  };
}

/** What of the settings a sync needs. */
export function toSyncSettings(config: Config): SyncParts['settings'] {
  return {
    policy: {
      integrationNamespace: config.integrationNamespace,
      centralGatewayServiceUrl: config.centralGatewayServiceUrl,
      skipAppsTlsVerify: config.skipAppsTlsVerify,
    },
    prunePolicy: config.prunePolicy,
    holdMs: config.pruneHoldMs === 'approve' ? undefined : config.pruneHoldMs,
    concurrency: config.applyConcurrency,
    runtimeLabels: {
      runtime_eventServiceUrl: config.runtimeEventsUrl,
      runtime_consoleUrl: config.runtimeConsoleUrl,
    },
  };
}
