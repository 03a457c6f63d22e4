import type { ConnectionReport } from './connection-report.ts';
import { exitCodes } from './exit-codes.ts';

/** What a script learns of a connection that was shown. */
export function toExitCode({ ready, suspended }: Pick<ConnectionReport, 'ready' | 'suspended'>): number {
  return ready.status === 'True' && !suspended ? exitCodes.ok : exitCodes.notReady;
}
