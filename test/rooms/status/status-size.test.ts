import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ConnectionStatus, SystemFailure } from '../../../agent/domain/connection-status.ts';
import { connectionStatusSchema } from '../../../agent/domain/connection-status.ts';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import { readRequests, toHandled } from '../../../agent/status/requests.ts';
import { summarize } from '../../../agent/status/summarize.ts';
import { good, goodSync, now } from '../../data/builders/a-report.ts';
import { aConnection } from '../../data/builders/kubernetes-objects.ts';

const maxBytes = 128 * 1024;

/** The dearest characters come first: three bytes for one of UTF-16, or two in JSON. */
const character = fc.constantFrom('\uffff', '数', '\\', '"', '\u200b', '\ud800', 'x');
const hugeText = fc
  .tuple(character, fc.constantFrom(0, 1, 700, 5_000, 300_000), fc.string({ unit: 'binary' }))
  .map(([piece, times, rest]) => piece.repeat(times) + rest);

const failure: fc.Arbitrary<SystemFailure> = fc.record({
  applicationId: hugeText,
  name: hugeText,
  reason: hugeText,
  message: hugeText,
});
const error = fc
  .tuple(hugeText, hugeText, fc.constantFrom('retry', 'wait', 'stall'))
  .map(([message, remedy, next]) => new AgentError('Refused', message, { next, remedy }));

test('the status is smaller than 128 KiB, whatever UCL, the cluster and people put into it', () => {
  fc.assert(
    fc.property(
      fc.record({
        failures: fc.array(failure, { minLength: 15, maxLength: 40 }),
        names: fc.array(hugeText, { minLength: 1, maxLength: 8 }),
        connectionError: fc.option(error, { nil: undefined }),
        syncError: error,
        text: hugeText,
      }),
      ({ failures, names, connectionError, syncError, text }) => {
        const annotations = {
          'compass.kyma-project.io/sync-requested-at': text,
          'compass.kyma-project.io/renew-requested-at': text,
        };
        const requests = readRequests(aConnection({ metadata: { annotations } }));
        const sync = {
          ...goodSync,
          failures,
          gaps: failures.length,
          held: [{ id: 'abc123', applicationNames: names, since: now, actsAt: now }],
          terminating: [{ name: text, finalizers: names }],
          error: { during: 'read' as const, error: syncError },
        };
        const report = { ...good, connectionError, limitations: names, maintenance: [syncError], sync };
        const status = summarize({ ...report, handled: toHandled({}, requests) }, toFormer(text), now);
        expect(Buffer.byteLength(JSON.stringify(status))).toBeLessThan(maxBytes);
      },
    ),
    { numRuns: 60 },
  );
});

/** What somebody else may have left in the place of a status, as it is read. */
function toFormer(text: string): ConnectionStatus {
  return connectionStatusSchema.parse({
    connectionState: 'Synchronized',
    connectionStatus: { established: text, renewed: text, lastSync: text, certificateStatus: { acquired: text } },
    synchronizationStatus: { lastAttempt: text },
    runtimeId: text,
    lastSync: text,
    lastSyncTrigger: text,
    applications: { desired: 1, ready: 1, failed: 0, summary: text },
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: text }],
  });
}
