import { createCompass } from './compass/create-compass.ts';
import type { OpenExchange } from './compass/exchange.ts';
import type { AskedCall } from './compass/graphql-transport.ts';
import type { ReadMemory } from './compass/landscape-sizes.ts';
import { toReadLimits } from './compass/read-limits.ts';
import type { Config } from './config/config.ts';
import { annotations } from './domain/annotations.ts';
import type { Logger } from './log/logger.ts';
import type { ConnectionStore } from './reconcile/ports.ts';
import type { Time } from './time/time.ts';

export interface CompassParts {
  readonly config: Config;
  readonly openCompassExchange: OpenExchange;
  readonly readMemory: ReadMemory;
  readonly time: Time;
  readonly log: Logger;
  readonly version: string;
  /** How large the heap may grow, in bytes: what is read of UCL is bounded by it. */
  readonly heapLimitBytes: number;
  /** The x-request-id of the next request. */
  readonly correlationId: () => string;
  /** Is told of each request once it is over; must not throw. */
  readonly onAsked: (call: AskedCall) => void;
}

/** Which sizes of pages the running agent noted, in an annotation, which both CRDs keep. */
export function createRecall({
  connection,
}: {
  readonly connection: Pick<ConnectionStore, 'read'>;
}): ReadMemory['recall'] {
  return async (signal) => {
    const resource = await connection.read(signal);
    return resource?.metadata.annotations?.[annotations.readMemory];
  };
}

/** The adapter to UCL as the settings want it. */
export function openCompass(parts: CompassParts) {
  const { config, log, readMemory, correlationId, time } = parts;
  return createCompass(
    {
      requestTimeoutMs: config.compassRequestTimeoutMs,
      maxResponseBytes: config.compassMaxResponseBytes,
      limits: toReadLimits(parts.heapLimitBytes),
      readMemory,
      pageSize: config.compassPageSize,
      nestedPageSize: config.compassNestedPageSize,
      skipTlsVerify: config.skipCompassTlsVerify,
      queryLogging: config.queryLogging,
      log,
      userAgent: `ucl-agent/${parts.version}`,
      correlationId,
      onAsked: parts.onAsked,
      time,
    },
    parts.openCompassExchange,
  );
}
