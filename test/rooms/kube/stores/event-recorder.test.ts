import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventType } from '../../../../agent/kube/api/resource-type.ts';
import {
  type RestrictedUser,
  startTestCluster,
  type TestCluster,
} from '../../../servers/cluster/start-test-cluster.ts';
import { eventually, type OpenedCluster, openCluster, openOther } from '../open-cluster.ts';

const { signal: never } = new AbortController();

describe('Events that may not be written', () => {
  let testCluster: TestCluster;
  let user: RestrictedUser;
  let agent: OpenedCluster;

  beforeEach(async () => {
    testCluster = await startTestCluster();
    user = await testCluster.restrict([{ verb: 'create', resource: 'events' }]);
    agent = openCluster(user.kubeconfigFile);
  });

  afterEach(async () => {
    await agent.close();
    await testCluster.stop();
  });

  test('are a limitation that names the permission, told once, until it is granted, and then written', async () => {
    const { cluster, log } = agent;
    for (const message of ['one', 'two']) cluster.events.record({ type: 'Normal', reason: 'Connected', message });
    await eventually(() => cluster.limitations().length === 1, 'the refusal is noticed');
    expect(cluster.limitations()[0]).toMatch(/may not create events.* in namespace default, so no Events/);

    await user.grant();
    await eventually(() => cluster.limitations().length === 0, 'the grant is noticed without another Event');
    expect(log.lines().filter((line) => line.includes('An Event could not be written'))).toHaveLength(1);
    const other = openOther(testCluster.kubeconfigFile);
    const { items } = await other.list({ type: eventType, namespace: 'default' }, 500, never);
    expect(items).toContainEqual(expect.objectContaining({ message: expect.stringMatching(/^(one|two)$/) }));
    other.close();
  });
});
