import { describe, expect, test } from 'vitest';
import type { ClusterView } from '../../../agent/cli/cluster-view.ts';
import { annotations } from '../../../agent/domain/annotations.ts';
import type { ApplicationResource, ApplicationService } from '../../../agent/domain/resources.ts';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import { anApplication } from '../../data/builders/kubernetes-objects.ts';
import { at, runCommandLine as cli, connectedStatus, connectionWith } from './run-command-line.ts';

const service: ApplicationService = {
  id: 'b-1',
  name: 'orders-12345',
  displayName: 'Orders',
  description: '',
  providerDisplayName: '',
  entries: [
    {
      type: 'API',
      credentials: { type: 'Basic', secretName: 'mp-shop-b-1' },
      requestParametersSecretName: 'params-mp-shop-b-1',
    },
    { type: 'Events' },
  ],
};
const shop = anApplication(
  {
    name: 'mp-shop',
    creationTimestamp: at(-7200),
    managedFields: [
      { manager: 'ucl-agent', time: at(-600) },
      { manager: 'kubectl-edit', time: at(-120) },
    ],
  },
  { compassMetadata: { applicationId: 'a-1', authentication: { clientIds: [] } }, services: [service] },
);
const failing = connectionWith({
  status: {
    ...connectedStatus,
    failures: [
      { applicationId: 'a-1', name: 'Shop', reason: 'NameConflict', message: 'Another one has the name.' },
      { applicationId: 'a-2', name: 'Ariba', reason: 'UnsupportedCredential', message: 'The gateway cannot use it.' },
    ],
    failuresTotal: 2,
  },
});
const healthy = connectionWith({ status: { ...connectedStatus, failures: [], failuresTotal: 0 } });

const clusterOf = (...applications: ApplicationResource[]): Partial<ClusterView> => ({
  listApplications: async () => applications,
  readSecret: async ({ name }) => (name.startsWith('params') ? undefined : { name, keys: ['password', 'username'] }),
});

function withMetadata(metadata: Partial<ApplicationResource['metadata']>): ApplicationResource {
  return { ...shop, metadata: { ...shop.metadata, ...metadata } };
}

describe('explain', () => {
  test('tells the story of a system, with its Secrets by their names alone', async () => {
    const { stdout, stderr, exitCode } = await cli(['explain', 'mp-shop'], {
      connection: failing,
      cluster: clusterOf(shop),
    });
    expect([stderr, exitCode]).toEqual(['', 0]);
    expect(stdout).toMatchInlineSnapshot(`
      "System       Shop
      UCL id       a-1
      Application  mp-shop, created 2 h ago
      State        failed: NameConflict
                   Another one has the name.
      Last change  2026-11-22T17:11:35Z (2 min ago), by kubectl-edit

      Services
        Orders  b-1  APIs 1  Events 1

      Secrets in kyma-system
        mp-shop-b-1         there
        params-mp-shop-b-1  MISSING
      "
    `);
  });

  test.each(['mp-shop', 'Shop', 'a-1', 'shop'])('knows it by any of its names: %s', async (name) => {
    const { stdout } = await cli(['explain', name], {
      connection: failing,
      cluster: clusterOf(anApplication('x'), shop),
    });
    expect(stdout.match(/^UCL id .*/gm)).toEqual(['UCL id       a-1']);
  });

  test('says that all is well where nothing is wrong', async () => {
    const { stdout } = await cli(['explain', 'a-1'], { connection: healthy, cluster: clusterOf(shop) });
    expect(stdout).toContain('State        in the cluster, and no failure is known\n');
  });

  test('knows a system that never came into the cluster by its failure', async () => {
    const { stdout, exitCode } = await cli(['explain', 'Ariba'], { connection: failing, cluster: clusterOf(shop) });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^UCL id {7}a-2\nApplication {2}none in this cluster\nState {8}failed: UnsupportedCredential$/m,
    );
  });

  test.each<[string, Partial<ApplicationResource['metadata']>, RegExp]>([
    ['left alone', { annotations: { [annotations.reconcile]: 'disabled' } }, /^State +left alone: .*reconcile/m],
    [
      'being deleted',
      { deletionTimestamp: at(-60), finalizers: ['example.com/keep'] },
      /^State +being deleted, since 60 s ago; kept by example.com\/keep$/m,
    ],
    ['kept by finalizers', { finalizers: ['example.com/keep'] }, /^Finalizers +example.com\/keep$/m],
  ])('tells what is %s', async (_, metadata, told) => {
    const setup = { connection: healthy, cluster: clusterOf(withMetadata(metadata)) };
    expect((await cli(['explain', 'mp-shop'], setup)).stdout).toMatch(told);
  });

  test('tells that its removal is held, until when, and that a foreign Application is none of the agent', async () => {
    const note = { holds: [{ id: 'aaa', since: at(-60), until: at(540), keys: ['a-1/mp-shop'] }], removals: [] };
    const connection = connectionWith({
      metadata: { name: 'compass-connection', annotations: { [annotations.pruneMemory]: JSON.stringify(note) } },
      status: { ...connectedStatus, failures: [], prune: { heldHash: 'aaa' } },
    });
    const cluster = clusterOf(shop, anApplication('mine'));
    const held = await cli(['explain', 'mp-shop'], { connection, cluster });
    expect(held.stdout).toContain(
      'UCL no longer assigns it; its removal is held (aaa), it is removed in 9 min at the earliest',
    );
    expect((await cli(['explain', 'mine'], { connection, cluster })).stdout).toContain('not from UCL: the agent never');
  });

  test('ends with 1 and says where else to look where nobody has that name', async () => {
    const { stdout, stderr, exitCode } = await cli(['explain', 'no\u001b[2J'], { cluster: clusterOf(shop) });
    expect([stdout, exitCode]).toEqual(['', 1]);
    expect(stderr).toMatch(/^There is no Application for "no\\u001b\[2J" in this cluster, .* no formation/);
  });
});

describe('explain, where a right lacks', () => {
  const forbid = (what: string) => async () => {
    throw new AgentError('PermissionMissing', `Your user may not ${what}`, { next: 'wait', remedy: 'Ask.' });
  };

  test('tells what it may see, and each missing right once', async () => {
    const cluster = {
      listApplications: forbid('list applications'),
      readApplication: async (name: string) => (name === 'mp-shop' ? shop : undefined),
      readSecret: forbid('get secrets "one"'),
    };
    const { stdout, stderr, exitCode } = await cli(['explain', 'mp-shop'], { connection: failing, cluster });
    expect(exitCode).toBe(0);
    expect(stdout.match(/you may not look/g)).toHaveLength(2);
    expect(stderr).toBe('Your user may not list applications. Ask.\nYour user may not get secrets "one". Ask.\n');
  });

  test('does not say that there is none where it could not look', async () => {
    const cluster = { listApplications: forbid('list applications'), readApplication: forbid('get applications') };
    const { stdout, stderr, exitCode } = await cli(['explain', 'mp-shop'], { connection: healthy, cluster });
    expect([stdout, exitCode]).toEqual(['', 2]);
    expect(stderr).not.toContain('There is no');
  });

  test('is no excuse for any other failure', async () => {
    const broken = async () => {
      throw new AgentError('ClusterUnreachable', 'Gone', { next: 'retry' });
    };
    const { exitCode, stderr } = await cli(['explain', 'x'], { cluster: { listApplications: broken } });
    expect([exitCode, stderr]).toEqual([2, 'Gone.\n']);
  });
});
