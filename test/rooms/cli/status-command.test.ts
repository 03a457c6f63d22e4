import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { annotations } from '../../../agent/domain/annotations.ts';
import type { CompassConnection } from '../../../agent/domain/connection.ts';
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
    const texts = [
      await cli(['status'], { connection }),
      await cli(['status', '--output', 'json'], { connection }),
      await cli(['status', '--output', 'yaml'], { connection }),
    ];
    for (const { stdout } of texts) expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(JSON.parse(texts[1]?.stdout ?? '').failures).toEqual(failures);
    expect(parse(texts[2]?.stdout ?? '').failures).toEqual(failures);
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

  test('does not repeat what an agent that is gone has said, as if it were so', async () => {
    const stale = connectionWith({ status: { ...status, staleAfter: at(-1) } });
    const { stdout, exitCode } = await cli(['status'], { connection: stale });
    expect(exitCode).toBe(1);
    expect(stdout).toContain('Ready       Unknown (StatusStale, since 1 s ago)');
    expect(stdout).toMatch(/should have written this status again before .*Before that it said: True \(Synchronized\)/);
    const fresh = await cli(['status'], { connection: connectionWith({ status: { ...status, staleAfter: at(1) } }) });
    expect(fresh.stdout).toContain('Ready       True (Synchronized');
  });

  test('leaves out a next sync whose time has passed', async () => {
    const { stdout } = await cli(['status'], {
      connection: connectionWith({ status: { ...status, nextSync: at(-1) } }),
    });
    expect(stdout).not.toContain('  next ');
  });

  test('tells how to release held removals and how to resume', async () => {
    const { stdout, exitCode } = await cli(['status'], {
      connection: connectionWith({
        spec: { suspend: true },
        status: { ...status, prune: { heldHash: 'f00d', heldCount: 7, heldSince: at(-600), heldUntil: at(300) } },
      }),
    });
    expect(stdout).toContain(
      'HELD: the removal of 7 Applications waits, since 10 min ago; if UCL still does not assign them, they are removed in 5 min.',
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

describe('status -o', () => {
  test('yaml is the same document as json', async () => {
    const { stdout, exitCode } = await cli(['status', '-o', 'yaml']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^name: compass-connection\nstate: Synchronized\n/);
    expect(parse(stdout)).toEqual(JSON.parse((await cli(['status', '-o', 'json'])).stdout));
  });

  test('wide tells besides the page what was asked for last, and what is held by name', async () => {
    const connection = connectionWith({
      metadata: {
        name: 'compass-connection',
        annotations: {
          [annotations.pruneMemory]: JSON.stringify({
            holds: [{ id: 'aaa', since: at(-60), keys: ['1/mp-one', '2/mp-two'] }],
            removals: [],
          }),
        },
      },
      status: { ...status, lastHandledRenewRequest: 'mine', prune: { heldHash: 'aaa', heldCount: 2 } },
    });
    const page = (await cli(['status'], { connection })).stdout;
    const { stdout } = await cli(['status', '-o', 'wide'], { connection });
    expect(stdout.startsWith(page.trimEnd())).toBe(true);
    expect(stdout.slice(page.length)).toMatchInlineSnapshot(`
      "
      More
        Connector           https://connector
        last renew request  mine
        Ready since         2026-11-22T15:13:35Z
        Synchronized since  2026-11-22T17:10:35Z
        held aaa            mp-one, mp-two
      "
    `);
  });

  test("shows a held removal on the module's CRD too, and one command that lets all go", async () => {
    const holds = ['bbb', 'aaa'].map((id, index) => ({ id, since: at(-index * 60), keys: [`${id}/mp-${id}`] }));
    const note = { [annotations.pruneMemory]: JSON.stringify({ holds, removals: [] }) };
    const connection = connectionWith({
      metadata: { name: 'compass-connection', annotations: note },
      status: legacyStatus,
    });
    const { stdout } = await cli(['status'], { connection });
    expect(stdout).toContain('HELD: the removal of 2 Applications waits, since 60 s ago; a person has to approve it.');
    expect(stdout).toContain('compass.kyma-project.io/prune-approved=aaa,bbb --overwrite');
  });
});

describe('status --watch', () => {
  const versioned = (version: number, connectionState: 'Synchronized' | 'SynchronizationFailed' = 'Synchronized') =>
    connectionWith({
      metadata: { name: 'compass-connection', uid: 'one', resourceVersion: String(version) },
      status: { ...status, connectionState },
    });
  const watch = async (args: string[], setup: Parameters<typeof cli>[1] & { end: number }) => {
    const interrupt = new AbortController();
    return cli(['status', '--watch', ...args], {
      ...setup,
      interrupt: interrupt.signal,
      onDelay: (pauses) => {
        if (pauses === setup.end) interrupt.abort();
      },
    });
  };

  test('shows the connection again with each change alone, and Ctrl-C ends it like any other end', async () => {
    const { stdout, stderr, exitCode, defects } = await watch([], {
      end: 9,
      onRead: (_, reads) => versioned(reads < 4 ? 1 : 2, reads < 4 ? 'Synchronized' : 'SynchronizationFailed'),
    });
    expect(stdout.match(/^State .*/gm)).toEqual(['State       Synchronized', 'State       SynchronizationFailed']);
    expect([stderr, exitCode, defects]).toEqual(['', 0, []]);
  });

  test('keeps one page on a terminal, whose times do not get old', async () => {
    const { stdout } = await watch([], { end: 7, isTerminal: true, onRead: () => versioned(1) });
    const pages = stdout.split('\u001b[H\u001b[2J\u001b[3J').slice(1);
    expect(pages.map((page) => /last {10}\S+ (\(.*?\))/.exec(page)?.[1])).toEqual(['(30 s ago)', '(40 s ago)']);
  });

  test('gives documents one after the other to a program', async () => {
    const setup = { end: 3, onRead: (_: unknown, reads: number) => versioned(reads) };
    const { stdout } = await watch(['-o', 'yaml'], setup);
    expect(parseAllDocuments(stdout)).toHaveLength(3);
  });

  test('says once that reading fails and goes on, but not where the first read fails', async () => {
    const gone = new AgentError('ClusterUnreachable', 'Gone', { next: 'retry' });
    const fails = (from: number, to: number) => (connection: CompassConnection, reads: number) => {
      if (reads >= from && reads <= to) throw gone;
      return connection;
    };
    const later = await watch([], { end: 6, onRead: fails(2, 4) });
    expect([later.stderr, later.exitCode]).toEqual(['Gone. What is shown may be old.\n', 0]);
    expect(await watch([], { end: 6, onRead: fails(1, 9) })).toMatchObject({ exitCode: 2, stderr: 'Gone.\n' });
  });

  test('waits for a connection that is not there yet', async () => {
    const { stderr, exitCode } = await watch([], { end: 4, connection: undefined });
    expect(exitCode).toBe(1);
    expect(stderr.match(/There is no CompassConnection/g)).toHaveLength(1);
  });
});
