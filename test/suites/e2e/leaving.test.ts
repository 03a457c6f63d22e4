import { describe, expect, it } from 'vitest';
import { applicationPath } from '../../servers/cluster/create-cluster-client.ts';
import { conditionOf, formation, useStage } from './start-stage.ts';

const ten = Array.from({ length: 10 }, (_, index) => `System ${index}`);
const applicationsOf = (names: readonly string[]) => names.map((name) => `mp-${name.toLowerCase().replace(' ', '-')}`);

describe('leaving the formation', () => {
  const stage = useStage();

  it('removes three of ten systems, and their Secrets, at once', async () => {
    const { ids } = await stage.connect(ten);
    stage.leaveFormation(ids.slice(0, 3));
    stage.forgetRequests();
    const connection = await stage.sync();
    await stage.applications(applicationsOf(ten.slice(3)));
    expect(conditionOf(connection, 'PruneHeld')).toBeUndefined();
    // A page of the landscape, and the ids.
    expect(stage.ucl.requests.count({ operation: 'applicationsForRuntime' })).toBe(2);
    const secrets = (await stage.kube.secrets()).flatMap(({ metadata }) => metadata.labels.app ?? []);
    expect(secrets.sort()).toEqual(applicationsOf(ten.slice(3)));
  });

  it('holds the removal of all ten until two later reads confirm it, which it makes itself', async () => {
    const { ids } = await stage.connect(ten, { APP_PRUNE_HOLD: '10s' });
    stage.leaveFormation(ids);
    stage.forgetRequests();
    const held = await stage.sync();
    expect(conditionOf(held, 'PruneHeld')).toBe('True/PruneHeld');
    expect(conditionOf(held, 'Ready')).toBe('True/PruneHeld');
    expect(held.status?.prune?.heldCount).toBe(10);
    expect(held.status?.conditions.find(({ type }) => type === 'PruneHeld')?.message).toContain(
      `compass.kyma-project.io/prune-approved: "${held.status?.prune?.heldHash}"`,
    );
    await stage.applications([]);
    const firstRemoval = stage.proxy.requests.all().find(({ verb }) => verb === 'delete');
    const reads = stage.ucl.requests.all({ operation: 'applicationsForRuntime' });
    // That which began the hold, at half of it, at its end, and the ids.
    expect(reads.length).toBeGreaterThanOrEqual(4);
    expect(firstRemoval?.at.getTime()).toBeGreaterThanOrEqual(reads[3]?.at.getTime() ?? Number.POSITIVE_INFINITY);
    const done = await stage.connection('holds nothing', (found) => conditionOf(found, 'PruneHeld') === undefined);
    expect(done.status?.applications).toMatchObject({ desired: 0, ready: 0 });
    await stage.events(['PruneHeld', 'RemovalConfirmed']);
  });

  it('removes what is held at once when exactly that is approved, and not for another approval', async () => {
    const { runtimeId } = await stage.connect(ten.slice(0, 3));
    stage.ucl.landscape.unassign(runtimeId, 'RUNTIME', formation);
    const held = await stage.sync();
    const hash = held.status?.prune?.heldHash ?? '';
    await stage.annotate({ 'compass.kyma-project.io/prune-approved': `${hash}0` });
    expect(conditionOf(await stage.sync(), 'PruneHeld')).toBe('True/PruneHeld');
    await stage.applications(applicationsOf(ten.slice(0, 3)));
    await stage.annotate({ 'compass.kyma-project.io/prune-approved': hash });
    await stage.applications([]);
  });

  it('removes nothing when the systems are back at a later read, across a restart too', async () => {
    const { ids, agent } = await stage.connect(ten.slice(0, 3));
    const before = await stage.kube.applications();
    stage.leaveFormation(ids);
    expect(conditionOf(await stage.sync(), 'PruneHeld')).toBe('True/PruneHeld');
    await agent.stop();
    const second = stage.startAgent({});
    await stage.until('the second agent has read', () =>
      second.lines().find(({ message }) => message === 'Synchronised'),
    );
    expect(await stage.kube.applications()).toEqual(before);
    for (const id of ids) stage.ucl.landscape.assign(id, 'APPLICATION', formation);
    await stage.sync();
    await stage.synchronized();
    expect(await stage.kube.applications()).toEqual(before);
  });

  it('deletes an Application that a finalizer keeps once, says so, and counts it as removed when it is gone', async () => {
    const { ids } = await stage.connect(['Alpha', 'Beta', 'Gamma']);
    const finalizers = ['example.com/keep'];
    await stage.kube.patch(`${applicationPath}/mp-alpha`, { metadata: { finalizers } });
    stage.forgetRequests();
    stage.leaveFormation(ids.slice(0, 1));
    for (let round = 0; round < 2; round += 1) {
      const { status } = await stage.sync();
      const told = status?.conditions.find(({ type }) => type === 'Synchronized');
      expect(told).toMatchObject({ status: 'True', message: expect.stringContaining('waits for example.com/keep') });
    }
    expect(stage.writes().filter((write) => write === 'delete applications')).toHaveLength(1);
    const removed = async () => (await stage.kube.events()).filter(({ message }) => message.includes('removed 1'));
    expect(await removed()).toEqual([]);
    await stage.kube.patch(`${applicationPath}/mp-alpha`, { metadata: { finalizers: null } });
    await stage.until('an Event tells of the removal', async () => (await removed()).length > 0 || undefined);
    await stage.applications(['mp-beta', 'mp-gamma']);
  });

  it('keeps Applications of systems that left when told to keep them', async () => {
    const { ids } = await stage.connect(ten.slice(0, 3), { APP_PRUNE_POLICY: 'upsert-only' });
    stage.leaveFormation(ids.slice(0, 1));
    stage.addSystems(['Later']);
    await stage.sync();
    await stage.applications([...applicationsOf(ten.slice(0, 3)), 'mp-later']);
  });
});
