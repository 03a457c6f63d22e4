import { describe, expect, test } from 'vitest';
import { annotations } from '../../../agent/domain/annotations.ts';
import type { CompassConnection } from '../../../agent/domain/connection.ts';
import { requestKinds } from '../../../agent/domain/request-kinds.ts';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import {
  runCommandLine as cli,
  connectionWith,
  legacyStatus,
  start,
  connectedStatus as status,
} from './run-command-line.ts';

describe('sync', () => {
  const token = `${new Date(start).toISOString()}-abc`;
  const echoing = (connection: CompassConnection, reads: number): CompassConnection =>
    reads < 4 ? connection : { ...connection, status: { ...status, lastHandledSyncRequest: token } };

  test('writes a new token and does not wait', async () => {
    const { updates, stdout, exitCode } = await cli(['sync']);
    expect(updates).toEqual([{ annotations: { [requestKinds.sync.annotation]: token } }]);
    expect([exitCode, stdout]).toEqual([0, `Synchronization requested (${token}).\n`]);
  });

  test('waits until the agent echoes the token, through failing reads, and tells the outcome', async () => {
    const { exitCode, stdout, elapsedMs } = await cli(['sync', '--wait'], {
      onRead: (connection, reads) => {
        if (reads === 3) throw new AgentError('ClusterUnreachable', 'Gone.', { next: 'retry' });
        return echoing(connection, reads);
      },
    });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('9 of 10 ready, 1 failed');
    expect(elapsedMs).toBe(1000);
  });

  test('takes the echo from the annotation, where the CRD has no field for it', async () => {
    const { exitCode } = await cli(['sync', '-w'], {
      connection: connectionWith({ status: { ...legacyStatus, connectionState: 'SynchronizationFailed' } }),
      onRead: (connection, reads) => ({
        ...connection,
        metadata: {
          ...connection.metadata,
          annotations: {
            ...connection.metadata.annotations,
            [requestKinds.sync.echoAnnotation]: reads < 3 ? 'older' : token,
          },
        },
      }),
    });
    expect(exitCode).toBe(1);
  });

  test('gives up after the timeout with a code of its own', async () => {
    const { exitCode, stderr, elapsedMs } = await cli(['sync', '--wait', '--timeout', '90s']);
    expect(exitCode).toBe(124);
    expect(stderr).toContain('did not answer within 1m30s');
    expect(elapsedMs).toBe(90_000);
  });

  test('asks nothing of a suspended connection', async () => {
    const { exitCode, stderr, updates } = await cli(['sync', '--wait'], {
      connection: connectionWith({
        metadata: { name: 'compass-connection', annotations: { [annotations.suspend]: 'true' } },
      }),
    });
    expect([exitCode, updates]).toEqual([1, []]);
    expect(stderr).toContain('kubectl annotate compassconnection compass-connection compass.kyma-project.io/suspend-');
  });
});

describe('renew', () => {
  const token = `${new Date(start).toISOString()}-abc`;

  test('asks for a renewal, and for no synchronization', async () => {
    const { updates, stdout, exitCode } = await cli(['renew']);
    expect(updates).toEqual([{ annotations: { [requestKinds.renew.annotation]: token } }]);
    expect([exitCode, stdout]).toEqual([0, `Renewal requested (${token}).\n`]);
  });

  test('waits for its own echo, not for that of a synchronization', async () => {
    const { exitCode, elapsedMs, stdout } = await cli(['renew', '--wait'], {
      onRead: (connection, reads) => {
        const echo = reads < 5 ? { lastHandledSyncRequest: token } : { lastHandledRenewRequest: token };
        return { ...connection, status: { ...status, ...echo } };
      },
    });
    expect([exitCode, elapsedMs]).toEqual([0, 1_500]);
    expect(stdout).toContain('valid until');
  });
});
