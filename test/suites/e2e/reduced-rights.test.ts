import { describe, expect, it } from 'vitest';
import { connectionPath, type StoredConnection } from '../../servers/cluster/create-cluster-client.ts';
import type { Denial } from '../../servers/cluster/start-test-cluster.ts';
import { syncOnEitherCrd } from './go-agent-installation.ts';
import { leaseRights } from './lease-rights.ts';
import { conditionOf, type Stage, useStage } from './start-stage.ts';

/** What the Go agent was not granted and this agent uses (docs/contracts/kubernetes.md#shipped-permissions). */
const beyondTheGoAgent: readonly Denial[] = [
  { verb: 'watch', resource: 'applications' },
  { verb: 'list', resource: 'secrets' },
  { verb: 'watch', resource: 'secrets' },
  { verb: 'create', resource: 'events' },
  { verb: 'update', resource: 'events' },
  ...leaseRights,
];

describe('with the rights of the Go agent on the shipped CRDs', () => {
  const stage = useStage({ crds: 'shipped' });

  it('pairs, applies, changes and removes systems, says what it lacks, and heals when it is granted', async () => {
    await withDenied(stage, beyondTheGoAgent, async (grant) => {
      const runtimeId = stage.addRuntime();
      const [alpha = '', beta = ''] = stage.addSystems(['Alpha', 'Beta']);
      await stage.configure(runtimeId);
      await stage.applications(['mp-alpha', 'mp-beta']);
      stage.ucl.landscape.updateApplication(alpha, { description: 'changed' });
      stage.leaveFormation([beta]);
      const reduced = await syncOnEitherCrd(stage);
      expect(reduced.status?.connectionState).toBe('Synchronized');
      expect((await stage.applications(['mp-alpha']))[0]?.spec.description).toBe('changed');
      const [bundle] = stage.ucl.landscape.application(alpha).bundles;
      expect((await stage.kube.secret(`mp-alpha-${bundle?.id}`))?.data.password).toContain('secret-of');

      for (const place of [reduced.status?.connectionStatus.error, stage.output]) {
        expect(place).toMatch(/may not watch applications\./);
        expect(place).toMatch(/may not list secrets.* in namespace kyma-system/);
      }
      await grant();
      await lacksNothing(stage, ({ status }) => status?.connectionStatus.error);
    });
  });

  it('puts back a Secret that somebody deleted with the next sync, since it may not watch them', async () => {
    await withDenied(stage, beyondTheGoAgent, async () => {
      const runtimeId = stage.addRuntime();
      const [alpha = ''] = stage.addSystems(['Alpha']);
      await stage.configure(runtimeId);
      await stage.applications(['mp-alpha']);
      await syncOnEitherCrd(stage);
      const [bundle] = stage.ucl.landscape.application(alpha).bundles;
      const name = `mp-alpha-${bundle?.id}`;
      await stage.kube.remove(`/api/v1/namespaces/kyma-system/secrets/${name}`);
      await syncOnEitherCrd(stage);
      expect(await stage.kube.secret(name)).toBeDefined();
    });
  });
});

describe('with a permission missing', () => {
  const stage = useStage();

  it('names it for each Application that it concerns, while the others go on: update on applications', async () => {
    await withDenied(stage, [{ verb: 'update', resource: 'applications' }], async (grant) => {
      const runtimeId = stage.addRuntime();
      const [alpha = ''] = stage.addSystems(['Alpha', 'Beta']);
      await stage.configure(runtimeId);
      await stage.synchronized();
      stage.ucl.landscape.updateApplication(alpha, { description: 'changed' });
      stage.addSystems(['Gamma']);
      const reduced = await stage.sync();
      expect(conditionOf(reduced, 'Ready')).toBe('True/ApplicationsFailed');
      expect(reduced.status?.failures).toMatchObject([{ applicationId: alpha, reason: 'PermissionMissing' }]);
      expect(reduced.status?.failures[0]?.message).toContain('may not update applications');
      await stage.applications(['mp-alpha', 'mp-beta', 'mp-gamma']);
      await grant();
      await stage.sync();
      expect((await stage.kube.application('mp-alpha'))?.spec.description).toBe('changed');
      await stage.synchronized();
    });
  });

  it('names it for the connection, which stays: list on secrets', async () => {
    await withDenied(stage, [{ verb: 'list', resource: 'secrets' }], async (grant) => {
      const runtimeId = stage.addRuntime();
      stage.addSystems(['Alpha']);
      await stage.configure(runtimeId);
      const reduced = await stage.condition('Connected', 'True/PermissionMissing');
      expect(messageOf(reduced.status)).toContain('may not list secrets');
      await stage.synchronized();
      await grant();
      await lacksNothing(stage, ({ status }) => messageOf(status));
    });
  });

  it('says so in the status when it may not take back a request of the older spec fields', async () => {
    await withDenied(stage, [{ verb: 'update', resource: 'compassconnections' }], async (grant) => {
      const runtimeId = stage.addRuntime();
      stage.addSystems(['Alpha']);
      await stage.configure(runtimeId);
      await stage.synchronized();
      await stage.kube.patch(`${connectionPath}/compass-connection`, { spec: { resyncNow: true } });
      const reduced = await stage.condition('Connected', 'True/PermissionMissing');
      expect(messageOf(reduced.status)).toContain('may not update compassconnections');
      await grant();
      await stage.connection('has it taken back', ({ spec }) => spec.resyncNow === false);
      await stage.condition('Connected', 'True/Connected');
    });
  });

  it('synchronises without a CompassConnection where none may be made, and makes it once it may', async () => {
    await withDenied(stage, [{ verb: 'create', resource: 'compassconnections' }], async (grant) => {
      const runtimeId = stage.addRuntime();
      stage.addSystems(['Alpha']);
      await stage.configure(runtimeId);
      await stage.applications(['mp-alpha']);
      await stage.until('the log names it', () => /may not create compassconnections/.test(stage.output));
      await grant();
      await stage.synchronized();
      expect(stage.ucl.requests.all({ endpoint: 'connector-token' })).toHaveLength(2);
    });
  });

  it('synchronises without a status where that may not be written, and writes it once it may', async () => {
    const denied: Denial[] = [...beyondTheGoAgent, { verb: 'update', resource: 'compassconnections/status' }];
    await withDenied(stage, denied, async (grant) => {
      const runtimeId = stage.addRuntime();
      stage.addSystems(['Alpha']);
      await stage.configure(runtimeId);
      await stage.applications(['mp-alpha']);
      await stage.until('the log names it', () => /may not update compassconnections[^ ]*\/status/.test(stage.output));
      expect((await stage.kube.connection())?.status).toBeUndefined();
      await grant();
      await stage.synchronized();
    });
  });
});

/** Runs an agent that is denied this, and grants it at the end so that the stage can be cleared. */
async function withDenied(
  stage: Stage,
  denied: readonly Denial[],
  act: (grant: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const { kubeconfigFile, grant } = await stage.cluster.restrict(denied);
  stage.startAgent({ KUBECONFIG: kubeconfigFile });
  try {
    await act(grant);
  } finally {
    await grant();
  }
}

function messageOf(status: StoredConnection['status']): string | undefined {
  return status?.conditions.find(({ type }) => type === 'Connected')?.message;
}

/**
 * Syncs until a run has seen that the right is there: a watch asks for it at growing distances. Whoever asks for a sync so
 * often is told that too.
 */
function lacksNothing(stage: Stage, told: (found: StoredConnection) => string | undefined): Promise<true> {
  return stage.until('the agent says nothing of it any more', async () =>
    told(await syncOnEitherCrd(stage))?.includes('may not') !== true ? true : undefined,
  );
}
