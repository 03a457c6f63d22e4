import { describe, expect, test } from 'vitest';
import { annotations } from '../../../agent/domain/annotations.ts';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import {
  at,
  runCommandLine as cli,
  connectionWith,
  legacyStatus,
  connectedStatus as status,
} from './run-command-line.ts';

describe('status', () => {
  test('is a page that tells the person on call what is wrong and what the facts are', async () => {
    const { stdout, exitCode } = await cli(['status']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "Connection  compass-connection
      State       Synchronized
      Ready       True (Synchronized, since 2 h ago)
                  Connected to UCL, and the last read was complete.
      Runtime     5b0c7d3e-1111-4222-8333-944445555666
      Director    https://director.example.test/graphql

      Conditions
        Ready         True   Synchronized        2 h ago    Connected to UCL, and the last read was complete.
        Synchronized  False  ApplicationsFailed  3 min ago  1 of 10 systems failed.

      Certificate
        valid from   2026-11-22T17:09:37Z (4 min ago)
        valid until  2027-02-20T17:09:37Z (in 90 days)
        renewal      2027-01-24T17:09:37Z (in 63 days)

      Synchronization
        last          2026-11-22T17:13:05Z (30 s ago), by schedule
        last success  2026-11-22T17:10:35Z (3 min ago)
        next          2026-11-22T17:14:00Z (in 25 s)
        applications  9 of 10 ready, 1 failed

      Failures (3)
        Shop [2J [a-1]: UnsupportedCredential
          The gateway cannot use it.
        ... and 2 more
      "
    `);
  });

  test('shows nothing that a terminal would obey, and keeps it in the JSON document', async () => {
    const hostile = 'a\u001b[2J\u009b31m\u202eb\u200bc\u2028';
    const failures = [{ applicationId: hostile, name: hostile, reason: hostile, message: hostile }];
    const connection = connectionWith({ status: { ...status, failures, lastSyncTrigger: hostile } });
    const texts = [await cli(['status'], { connection }), await cli(['status', '--output', 'json'], { connection })];
    for (const { stdout } of texts) expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(JSON.parse(texts[1]?.stdout ?? '').failures).toEqual(failures);
  });

  test('colours what is good and what is not, and nothing else moves by that', async () => {
    const bare = await cli(['status']);
    const { stdout } = await cli(['status'], { paint: (tone, text) => `<${tone}>${text}</${tone}>` });
    expect(stdout).toContain('<good>True (Synchronized, since 2 h ago)</good>');
    expect(stdout).toContain('<bad>False</bad>  ApplicationsFailed');
    expect(stdout.replaceAll(/<\/?\w+>/g, '')).toBe(bare.stdout);
  });

  test('is not coloured where a program reads it', async () => {
    const { stdout } = await cli(['status', '-o', 'json'], { paint: () => expect.unreachable() });
    expect(JSON.parse(stdout).state).toBe('Synchronized');
  });

  test('tells how to release held removals and how to resume', async () => {
    const { stdout, exitCode } = await cli(['status'], {
      connection: connectionWith({
        spec: { suspend: true },
        status: { ...status, prune: { heldHash: 'f00d', heldCount: 7, heldSince: at(-600), heldUntil: at(300) } },
      }),
    });
    expect(stdout).toContain(
      'HELD: the removal of 7 Applications waits, since 10 min ago; if UCL still lacks them, they go in 5 min.',
    );
    expect(stdout).toContain(
      'annotate compassconnection compass-connection compass.kyma-project.io/prune-approved=f00d --overwrite',
    );
    expect(stdout).toContain(`SUSPENDED: the agent reads and writes nothing until you resume it:
  kubectl patch compassconnection compass-connection --type merge -p '{"spec":{"suspend":false}}'`);
    expect(exitCode).toBe(1);
  });

  test('names the cluster in every command that it prints', async () => {
    const { spec } = connectionWith();
    const prune = { heldHash: 'abc', heldCount: 3 };
    for (const suspended of [
      connectionWith({ spec: { ...spec, suspend: true }, status: { ...status, prune } }),
      connectionWith({
        metadata: { name: 'compass-connection', annotations: { [annotations.suspend]: 'true' } },
        status: { ...status, prune },
      }),
    ]) {
      const texts = await Promise.all(
        [['status'], ['status', '--output', 'json'], ['sync']].map(async (args) => {
          const { stdout, stderr } = await cli([...args, '--kubeconfig', 'my cluster'], { connection: suspended });
          return stdout + stderr;
        }),
      );
      const commands = texts.flatMap((text) => text.match(/kubectl [^\n]*/g) ?? []);
      expect(commands.length).toBe(5);
      for (const command of commands) expect(command).toMatch(/^kubectl --kubeconfig 'my cluster' (patch|annotate) /);
    }
  });

  test('works on a connection that the Go agent left', async () => {
    const { stdout, exitCode } = await cli(['status'], { connection: connectionWith({ status: legacyStatus }) });
    expect(exitCode).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "Connection  compass-connection
      State       Synchronized
      Ready       True (Synchronized)
                  The last synchronization succeeded.
      Runtime     not in this status
      Director    https://director.example.test/graphql

      The status has no conditions: the CRD in this cluster is the older one, or an older agent wrote the status.

      Certificate
        valid from   2026-11-22T17:09:37Z (4 min ago)
        valid until  2027-02-20T17:09:37Z (in 90 days)

      Synchronization
        last          2026-11-22T17:10:35Z (3 min ago)
        last success  2026-11-22T17:10:35Z (3 min ago)
      "
    `);
  });

  test.each([
    [
      'a failed state',
      {
        ...legacyStatus,
        connectionState: 'ConnectionMaintenanceFailed' as const,
        connectionStatus: { ...legacyStatus.connectionStatus, error: 'certificate revoked' },
      },
      'certificate revoked',
    ],
    [
      'an expired certificate under a good state',
      {
        ...legacyStatus,
        connectionStatus: { ...legacyStatus.connectionStatus, certificateStatus: { notAfter: at(-1) } },
      },
      'The client certificate expired at',
    ],
    [
      'a Ready condition that is False',
      {
        ...status,
        conditions: [
          {
            type: 'Ready' as const,
            status: 'False' as const,
            reason: 'TokenRefused',
            message: 'Write a new token.',
            lastTransitionTime: at(-1),
          },
        ],
      },
      'Write a new token.',
    ],
  ])('ends with 1 on %s', async (_, changed, told) => {
    const { stdout, exitCode } = await cli(['status'], { connection: connectionWith({ status: changed }) });
    expect(exitCode).toBe(1);
    expect(stdout).toContain(told);
  });

  test('says what is missing where there is no connection or no status', async () => {
    const none = await cli(['status'], { connection: undefined });
    expect([none.exitCode, none.stdout]).toEqual([1, '']);
    expect(none.stderr).toContain('There is no CompassConnection');
    const { status: _, ...bare } = connectionWith();
    const fresh = await cli(['status'], { connection: bare });
    expect(fresh.exitCode).toBe(1);
    expect(fresh.stdout).toContain('No agent has written a status yet.');
  });

  test('gives one JSON document on stdout when asked to', async () => {
    const { stdout, exitCode, stderr } = await cli(['status', '-o', 'json']);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({
      state: 'Synchronized',
      ready: { status: 'True', reason: 'Synchronized' },
      applications: { desired: 10, ready: 9, failed: 1 },
      failuresTotal: 3,
      nextSync: at(25),
    });
  });

  test('names the remedy when the cluster cannot be reached', async () => {
    const known = new AgentError('ClusterUnreachable', 'The API server does not answer.', {
      next: 'retry',
      remedy: 'Check the network.',
    });
    expect(await cli(['status'], { openError: known })).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: 'The API server does not answer. Check the network.\n',
    });
  });
});
