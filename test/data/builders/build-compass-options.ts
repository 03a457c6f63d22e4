import type { CompassOptions } from '../../../agent/compass/create-compass.ts';
import { recordLog } from './record-log.ts';

/** Options with which nothing waits; `delays` collects what would have been waited for. */
export function buildCompassOptions(changes: Partial<CompassOptions> = {}, delays: number[] = []): CompassOptions {
  let count = 0;
  return {
    skipTlsVerify: false,
    requestTimeoutMs: 20_000,
    maxResponseBytes: 50_000_000,
    limits: { maxAnswerWeight: 400_000_000, maxReadWeight: 400_000_000 },
    readMemory: { recall: async () => undefined, keep: async () => undefined },
    pageSize: 200,
    nestedPageSize: 200,
    queryLogging: false,
    onAsked: () => undefined,
    log: recordLog(),
    userAgent: 'ucl-agent/test',
    correlationId: () => {
      count += 1;
      return `runtime_${count}`;
    },
    time: { now: () => new Date(), instant: () => 0, sleepUntil: async (ms) => void delays.push(ms) },
    ...changes,
  };
}
