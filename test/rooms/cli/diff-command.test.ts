import { describe, expect, test } from 'vitest';
import type { ClusterView, CommandResult, PodFacts } from '../../../agent/cli/cluster-view.ts';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import type { Foresight } from '../../../agent/sync/foresight.ts';
import { at, runCommandLine as cli } from './run-command-line.ts';

const pod: PodFacts = {
  ...{ name: 'agent-1', namespace: 'kyma-system', createdAt: at(-600), serviceAccount: 'agent', containers: [] },
  ...{ phase: 'Running', isReady: true, restarts: 0 },
};
const nothing: Foresight = {
  ...{ runtimeId: 'r-1', suspended: false, desired: 3, changes: [], held: [], labels: [], failures: [], leftAlone: [] },
};
const removal = (name: string) => ({
  ...{ kind: 'delete' as const, application: name, system: name, systemId: `id-${name}` },
  because: ['no longer assigned to this runtime in UCL'],
  objects: [{ do: 'delete' as const, kind: 'Application' as const, name, fields: [] }],
});
const much: Foresight = {
  ...nothing,
  suspended: true,
  changes: [
    {
      ...{
        kind: 'create',
        application: 'mp-shop',
        system: 'Shop\u001b[2J',
        systemId: 'id-1',
        because: ['not in the cluster'],
      },
      objects: [
        { do: 'create', kind: 'Application', name: 'mp-shop', fields: [] },
        { do: 'create', kind: 'Secret', name: 'mp-shop-b1', fields: ['data.password', 'data.username'] },
      ],
    },
    {
      ...{
        kind: 'update',
        application: 'mp-crm',
        system: 'mp-crm',
        systemId: 'id-2',
        because: ['services', 'description'],
      },
      objects: [
        {
          ...{ do: 'update', kind: 'Application', name: 'mp-crm' },
          fields: Array.from({ length: 14 }, (_, index) => `spec.services[${index}].name`),
        },
      ],
    },
    removal('mp-gone'),
  ],
  held: [
    { ...removal('mp-a'), heldBy: { rule: 'hold', id: 'h1', since: at(-60), until: at(540) } },
    { ...removal('mp-b'), heldBy: { rule: 'hold', id: 'h2', since: at(-60) } },
    { ...removal('mp-c'), heldBy: { rule: 'all', until: at(600) } },
    { ...removal('mp-d'), heldBy: { rule: 'most' } },
    { ...removal('mp-e'), heldBy: { rule: 'upsert-only' } },
    { ...removal('mp-f'), heldBy: { rule: 'incomplete', systems: 2 } },
    { ...removal('mp-g'), heldBy: { rule: 'still-assigned' } },
    { ...removal('mp-h'), heldBy: { rule: 'unsure', message: 'UCL is down' } },
  ],
  labels: [{ key: 'runtime_consoleUrl', value: 'https://console.example.test' }],
  failures: [{ applicationId: 'id-9', name: 'Legacy', reason: 'InvalidName', message: 'Rename it in UCL.' }],
  leftAlone: ['mp-manual'],
};

/** What people read of it. */
const golden = `UCL assigns 3 systems to this runtime; the next synchronization would change 3 systems.
The connection is suspended: nothing of this happens until it is resumed (ucl-agent resume).

+ mp-shop (Shop [2J): not in the cluster
    + Application mp-shop
    + Secret mp-shop-b1: data.password, data.username

~ mp-crm: services; description
    ~ Application mp-crm: spec.services[0].name, spec.services[1].name, spec.services[2].name, spec.services[3].name, spec.services[4].name, spec.services[5].name, spec.services[6].name, spec.services[7].name, spec.services[8].name, spec.services[9].name, spec.services[10].name, spec.services[11].name, and 2 more

- mp-gone: no longer assigned to this runtime in UCL
    - Application mp-gone

Held (8)
- mp-a: no longer assigned to this runtime in UCL
    - Application mp-a
    held since 60 s ago, as h1; to be removed in 9 min at the earliest, if UCL still does not assign it then
- mp-b: no longer assigned to this runtime in UCL
    - Application mp-b
    held since 60 s ago, as h2; to be removed only when a person approves it: ucl-agent approve h2
- mp-c: no longer assigned to this runtime in UCL
    - Application mp-c
    would be held, since it would remove every Application that is left; to be removed in 10 min at the earliest, if UCL still does not assign it then
- mp-d: no longer assigned to this runtime in UCL
    - Application mp-d
    would be held, since more than 5 and more than half would be removed within an hour; to be removed only when a person approves it
- mp-e: no longer assigned to this runtime in UCL
    - Application mp-e
    stays: APP_PRUNE_POLICY is upsert-only
- mp-f: no longer assigned to this runtime in UCL
    - Application mp-f
    stays for now: 2 systems could not be read completely, and only a complete read removes anything
- mp-g: no longer assigned to this runtime in UCL
    - Application mp-g
    stays: it was missing in what was read, but UCL still assigns it
- mp-h: no longer assigned to this runtime in UCL
    - Application mp-h
    stays for now, because UCL could not be asked again whether it still assigns it: UCL is down

The runtime's labels in UCL (1)
~ runtime_consoleUrl: https://console.example.test

Cannot be brought into the cluster as they are (1)
  Legacy [id-9]: InvalidName
    Rename it in UCL.

Left alone because of their annotation (1)
  mp-manual
`;

/** The agent's pod, in which the command ends so. */
function podWith(result: Partial<CommandResult>) {
  const asked: unknown[] = [];
  const cluster: Partial<ClusterView> = {
    listAgentPods: async () => [pod],
    async runInPod({ name }, command) {
      asked.push([name, ...command]);
      return { exitCode: 0, stdout: '', stderr: '', ...result };
    },
  };
  return { cluster, asked };
}

describe('diff', () => {
  test('asks the program in the pod, and shows people what it answers; 1 where there is anything', async () => {
    const { cluster, asked } = podWith({ exitCode: 1, stdout: JSON.stringify(much) });
    const { stdout, stderr, exitCode } = await cli(['diff'], { cluster });
    expect(asked).toEqual([
      [
        'agent-1',
        'node',
        expect.stringMatching(/^--max-old-space-size=/),
        expect.any(String),
        '/app/ucl-agent.js',
      ].concat(['diff', '--here', '--output', 'json']),
    ]);
    expect([stderr, exitCode]).toEqual(['', 1]);
    expect(stdout).toBe(golden);
  });

  test('ends with 0 where nothing would change, failures and what is left alone notwithstanding', async () => {
    const quiet = { ...nothing, failures: much.failures, leftAlone: much.leftAlone };
    const { cluster } = podWith({ stdout: JSON.stringify(quiet) });
    const { stdout, exitCode } = await cli(['diff'], { cluster });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^UCL assigns 3 systems to this runtime; the cluster is as they want it: /);
    expect(await cli(['diff', '-o', 'json'], { cluster })).toMatchObject({
      ...{ exitCode: 0, stderr: '', stdout: `${JSON.stringify(quiet, undefined, 2)}\n` },
    });
    expect((await cli(['diff', '-o', 'yaml'], { cluster })).stdout).toMatch(/^runtimeId: r-1\nsuspended: false\n/);
  });

  test.each<[string, Partial<Foresight>, string]>([
    ['changes', { changes: much.changes }, 'would change 3 systems.'],
    ['held removals', { held: much.held }, 'would change nothing of Applications and Secrets.'],
    ['labels', { labels: much.labels }, 'would change nothing of Applications and Secrets.'],
    [
      'as many held removals as labels',
      { held: much.held.slice(0, 1), labels: much.labels.slice(0, 1) },
      'would change nothing of Applications and Secrets.',
    ],
  ])('ends with 1 for %s alone, and says so', async (_, changes, summary) => {
    const { cluster } = podWith({ exitCode: 1, stdout: JSON.stringify({ ...nothing, ...changes }) });
    const { exitCode, stdout } = await cli(['diff'], { cluster });
    expect(exitCode).toBe(1);
    expect(stdout.split('\n')[0]).toBe(`UCL assigns 3 systems to this runtime; the next synchronization ${summary}`);
  });

  test.each<[string, Partial<CommandResult>, RegExp]>([
    [
      'fails there',
      { exitCode: 2, stderr: 'UCL is down.\n' },
      /^In pod agent-1 the command ended with 2: UCL is down\. /,
    ],
    ['is not known there', { exitCode: 2, stderr: "error: unknown command 'diff'\n" }, /older than this program/],
    [
      'breaks there',
      { exitCode: 1, stderr: 'TypeError\u001b[2J' },
      /^In pod agent-1 the command ended with 1: TypeError \[2J\. /,
    ],
    ['answers something else', { stdout: '{"changes":1}' }, /^What the agent's pod answered is not what/],
  ])('ends with 2 where it %s, and says so', async (_, result, message) => {
    const { exitCode, stdout, stderr } = await cli(['diff'], podWith(result));
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });

  test('ends with 2 where there is no pod to ask, and where the person may not exec', async () => {
    const gone = await cli(['diff', '-n', 'other'], { cluster: { listAgentPods: async () => [] } });
    expect(gone).toMatchObject({ exitCode: 2, stdout: '' });
    expect(gone.stderr).toMatch(/^There is no pod of the agent in namespace other\. Name another/);
    const runInPod = async () => {
      throw new AgentError('PermissionMissing', 'Your user may not create pods/exec', { next: 'wait', remedy: 'Ask.' });
    };
    const refused = await cli(['diff'], { cluster: { listAgentPods: async () => [pod], runInPod } });
    expect(refused).toMatchObject({ exitCode: 2, stdout: '', stderr: 'Your user may not create pods/exec. Ask.\n' });
  });

  test.each([
    ['where it is told to', ['--here'], {}],
    ['in the pod itself', [], { isServiceAccount: true }],
  ])('asks from this very process %s, and closes what it opened', async (_, args, cluster) => {
    let isClosed = false;
    const close = () => {
      isClosed = true;
    };
    const agentSide = { foresee: async () => nothing, close };
    expect(await cli(['diff', ...args], { cluster, agentSide })).toMatchObject({ exitCode: 0, stderr: '' });
    expect(isClosed).toBe(true);
  });
});
