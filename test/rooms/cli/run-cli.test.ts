import { describe, expect, test } from 'vitest';
import { type CliEdge, runCli } from '../../../agent/cli/run-cli.ts';
import { annotations } from '../../../agent/domain/annotations.ts';
import type { CompassConnection } from '../../../agent/domain/connection.ts';
import type { ConnectionStatus } from '../../../agent/domain/connection-status.ts';
import { requestKinds } from '../../../agent/domain/request-kinds.ts';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import type { ConnectionStore } from '../../../agent/reconcile/ports.ts';
import { aConnection } from '../../data/builders/kubernetes-objects.ts';

const start = Date.parse('2026-11-22T17:13:35Z');
const at = (offsetSeconds: number) => new Date(start + offsetSeconds * 1000).toISOString().replace('.000Z', 'Z');

/** As the Go agent leaves it. */
const legacyStatus: ConnectionStatus = {
  connectionState: 'Synchronized',
  connectionStatus: {
    certificateStatus: { acquired: at(-240), notAfter: '2027-02-20T17:09:37Z', notBefore: at(-238) },
    established: at(-238),
    lastSuccess: at(-180),
    lastSync: at(-180),
    renewed: null,
  },
  synchronizationStatus: { lastAttempt: at(-180), lastSuccessfulApplication: at(-180), lastSuccessfulFetch: at(-180) },
};

const status: ConnectionStatus = {
  ...legacyStatus,
  runtimeId: '5b0c7d3e-1111-4222-8333-944445555666',
  conditions: [
    {
      type: 'Ready',
      status: 'True',
      reason: 'Synchronized',
      message: 'Connected to UCL, and the last read was complete.',
      lastTransitionTime: at(-7200),
    },
    {
      type: 'Synchronized',
      status: 'False',
      reason: 'ApplicationsFailed',
      message: '1 of 10 systems failed.',
      lastTransitionTime: at(-180),
    },
  ],
  certificate: { notBefore: at(-238), notAfter: '2027-02-20T17:09:37Z', renewAt: '2027-01-24T17:09:37Z' },
  applications: { desired: 10, ready: 9, failed: 1, summary: '9/10' },
  failures: [
    {
      applicationId: 'a-1',
      name: 'Shop\u001b[2J',
      reason: 'UnsupportedCredential',
      message: 'The gateway cannot use it.',
    },
  ],
  failuresTotal: 3,
  lastSync: at(-30),
  lastSyncTrigger: 'schedule',
  nextSync: at(25),
};

function connectionWith(changes: Parameters<typeof aConnection>[0] = {}): CompassConnection {
  const managementInfo = { directorUrl: 'https://director.example.test/graphql', connectorUrl: 'https://connector' };
  return aConnection({ spec: { managementInfo }, status, ...changes });
}

interface Setup {
  connection?: CompassConnection | undefined;
  /** Called at each read with the number of reads so far; may change or throw. */
  onRead?: (connection: CompassConnection, reads: number) => CompassConnection;
  openError?: Error;
  /** The person has given up. */
  interrupt?: AbortSignal;
  env?: Record<string, string>;
}

async function cli(args: string[], setup: Setup = {}) {
  const output = {
    ...{ stdout: '', stderr: '' },
    ...{ runs: [] as unknown[], opened: [] as unknown[], updates: [] as unknown[], defects: [] as unknown[] },
  };
  let nowMs = start;
  let reads = 0;
  let connection = 'connection' in setup ? setup.connection : connectionWith();
  const unused = () => Promise.reject(new Error('not used'));
  const store: ConnectionStore = {
    async read() {
      reads += 1;
      if (connection !== undefined && setup.onRead !== undefined) connection = setup.onRead(connection, reads);
      return connection;
    },
    async update(change) {
      output.updates.push(change);
      const present = connection ?? connectionWith();
      const changed: Record<string, string> = { ...present.metadata.annotations };
      for (const [name, value] of Object.entries(change.annotations ?? {})) if (value !== null) changed[name] = value;
      connection = { ...present, metadata: { ...present.metadata, annotations: changed } };
      return connection;
    },
    create: unused,
    writeStatus: unused,
  };
  const edge: CliEdge = {
    name: 'ucl-agent',
    version: '1.2.3',
    stdout: (text) => {
      output.stdout += text;
    },
    stderr: (text) => {
      output.stderr += text;
    },
    clock: () => new Date(nowMs),
    delay: async (durationMs) => {
      nowMs += durationMs;
    },
    env: setup.env ?? {},
    uniqueText: () => 'abc',
    signal: setup.interrupt ?? new AbortController().signal,
    tellDefect: async (error) => {
      output.defects.push(error);
    },
    runAgent: async (options) => {
      output.runs.push(options);
      return 7;
    },
    openConnection: async (options) => {
      output.opened.push(options);
      if (setup.openError !== undefined) throw setup.openError;
      return store;
    },
  };
  const exitCode = await runCli(args, edge);
  return { ...output, exitCode, elapsedMs: nowMs - start };
}

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

describe('the command line', () => {
  test('hands over what nobody foresaw to be told, says nothing of it itself, and ends with 1', async () => {
    const defect = new TypeError('hunter2');
    expect(await cli(['status'], { openError: defect })).toMatchObject({
      ...{ exitCode: 1, stdout: '', stderr: '', defects: [defect] },
    });
  });

  test('an interrupted command says so, but a defect on its way out is still one', async () => {
    const interrupt = AbortSignal.abort();
    const waiting = await cli(['sync'], { interrupt, openError: interrupt.reason });
    expect([waiting.stderr, waiting.exitCode, waiting.defects]).toEqual(['Interrupted.\n', 2, []]);
    const defect = new TypeError('hunter2');
    expect(await cli(['sync'], { interrupt, openError: defect })).toMatchObject({ exitCode: 1, defects: [defect] });
  });

  test('run hands over to the agent and ends with its code', async () => {
    expect(await cli(['run'])).toMatchObject({ exitCode: 7, runs: [{}] });
    expect(await cli(['run', '--kubeconfig', '/tmp/k'])).toMatchObject({ runs: [{ kubeconfigFile: '/tmp/k' }] });
  });

  test('--kubeconfig may stand before the command', async () => {
    expect((await cli(['--kubeconfig', '/tmp/k', 'status'])).opened).toEqual([{ kubeconfigFile: '/tmp/k' }]);
  });

  test('ends with the command that was meant where npm has kept an option for itself', async () => {
    const env = { npm_lifecycle_event: 'ucl-agent', npm_config_kubeconfig: 'true', npm_config_wait: 'true' };
    const { exitCode, stderr, opened } = await cli(['sync', 'my file'], { env });
    expect({ exitCode, opened }).toEqual({ exitCode: 2, opened: [] });
    expect(stderr).toBe(
      `npm keeps --kubeconfig, --wait for itself; options stand behind "--": npm run ucl-agent -- sync --kubeconfig 'my file' --wait\n`,
    );
  });

  test('takes no notice of the settings of npm where npm has not started it', async () => {
    expect(await cli(['status'], { env: { npm_config_output: 'json' } })).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('version and help go to stdout with code 0', async () => {
    expect(await cli(['--version'])).toMatchObject({ exitCode: 0, stdout: '1.2.3\n' });
    const help = await cli(['--help']);
    expect(help.exitCode).toBe(0);
    for (const word of ['run', 'status', 'sync', '--kubeconfig', '124']) expect(help.stdout).toContain(word);
  });

  test.each([
    [[]],
    [['stat']],
    [['status', '--output', 'xml']],
    [['sync', '--timeout', 'soon']],
    [['--nope', 'run']],
    [['status', 'x']],
  ])('wrong usage %j ends with 2 and says why on stderr', async (args) => {
    const { exitCode, stdout, stderr } = await cli(args);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).not.toBe('');
  });
});
