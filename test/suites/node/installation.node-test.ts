import { expect, test } from 'vitest';
import { generateLandscape } from '../../servers/ucl/generate-landscape.ts';
import { followMemory } from './follow-memory.ts';
import { recordDuration, recordMemory } from './record-figure.ts';
import { useAgentPod } from './use-agent-pod.ts';

const stage = useAgentPod();
const landscape = '1,000 systems of 2 bundles';
const unchangedSyncs = 20;

test('The pod pairs and synchronises 1,000 systems of 2 bundles within its memory, and never restarts', async () => {
  const { runtimeId } = generateLandscape(stage.ucl.landscape, { apps: 1000, bundles: 2 });
  await stage.configure(runtimeId);
  await recordDuration(`${landscape}: from the installation until the pod is Ready`, async () => {
    await stage.apply();
    await stage.rolledOut();
  });
  const pod = await stage.readyPod();
  const failedAtStart = await stage.failedProbes();
  const memory = await followMemory(pod.container.containerID);
  await recordDuration(`${landscape}: from Ready until all are in the cluster`, () => stage.synchronized());
  recordMemory(`${landscape}, from Ready until all are in the cluster`, memory.peak());
  for (let sync = 0; sync < unchangedSyncs; sync += 1) await stage.sync();
  recordMemory(`${landscape}, up to ${unchangedSyncs} syncs later`, memory.peak());
  memory.stop();

  expect(await stage.differences(runtimeId)).toEqual([]);
  expect(stage.ucl.requests.count({ operation: 'signCertificateSigningRequest' })).toBe(1);
  const pods = await stage.pods();
  expect(pods.map(({ name, container }) => [name, container?.ready, container?.restartCount])).toEqual([
    [pod.name, true, 0],
  ]);
  // Before it listens a probe is refused, which is no failure of the agent.
  expect(failedAtStart.filter((line) => !line.includes('"Readiness"'))).toEqual([]);
  expect(await stage.failedProbes()).toEqual(failedAtStart);
});
