import { beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { generateLandscape } from '../../servers/ucl/generate-landscape.ts';
import { followMemory } from './follow-memory.ts';
import { recordDuration, recordMemory } from './record-figure.ts';
import { deployment, namespace, useAgentPod } from './use-agent-pod.ts';

/** As shipped the agent takes up a request each 15 s once the first two are done: a hundred would take half an hour. */
const stage = useAgentPod({ APP_MINIMAL_COMPASS_SYNC_TIME: '1s' });
const mebibyte = 1024 * 1024;
const large = '1,000 systems of 2 bundles';
const syncsOfLarge = 100;
/** The memory of few systems has found its level after twenty. */
const syncsOfSmall = 30;
/** Of those, how many are looked at alone. */
const lastSyncs = 10;

beforeEach(() => stage.remove());

test('A pod synchronises 10 systems of 2 bundles again and again, and never restarts', async () => {
  const runtimeId = await configure(10);
  await install();
  const pod = await stage.readyPod();
  await stage.synchronized();
  await followSyncs('10 systems of 2 bundles', syncsOfSmall, pod.container.containerID);
  await expectSteady(runtimeId, pod.name);
});

test('The pod pairs and synchronises 1,000 systems of 2 bundles within its memory, and never restarts', async () => {
  const runtimeId = await configure(1000);
  await recordDuration(`${large}: from the installation until the pod is Ready`, install);
  const pod = await stage.readyPod();
  const failedAtStart = await stage.failedProbes();
  const memory = await followMemory(pod.container.containerID);
  await recordDuration(`${large}: from Ready until all are in the cluster`, () => stage.synchronized());
  recordMemory(`${large}, from Ready until all are in the cluster`, memory.peak());
  await followSyncs(large, syncsOfLarge, pod.container.containerID);
  recordMemory(`${large}, up to ${syncsOfLarge} syncs later`, memory.peak());
  const { workingSet } = memory.peak();
  memory.stop();

  await expectSteady(runtimeId, pod.name);
  // Before it listens a probe is refused, which is no failure of the agent.
  expect(failedAtStart.filter((line) => !line.includes('"Readiness"'))).toEqual([]);
  expect(await stage.failedProbes()).toEqual(failedAtStart);
  const { requested, limit } = await readMemoryResources();
  expect(workingSet).toBeLessThan(requested);
  expect(workingSet * 2).toBeLessThan(limit);
});

/** Registers so many systems in UCL, and a runtime, for which it writes the configuration Secret. Gives the runtime's id. */
async function configure(systems: number): Promise<string> {
  const { runtimeId } = generateLandscape(stage.ucl.landscape, { apps: systems, bundles: 2 });
  await stage.configure(runtimeId);
  return runtimeId;
}

async function install(): Promise<void> {
  await stage.apply();
  await stage.rolledOut();
}

/** Asks for so many syncs, which change nothing, and records the most that the container has during the last of them. */
async function followSyncs(landscape: string, syncs: number, containerId: string): Promise<void> {
  for (let sync = lastSyncs; sync < syncs; sync += 1) await stage.sync();
  const memory = await followMemory(containerId);
  for (let sync = 0; sync < lastSyncs; sync += 1) await stage.sync();
  recordMemory(`${landscape}, in the last ${lastSyncs} of ${syncs} syncs`, memory.peak());
  memory.stop();
}

/** All of UCL is in the cluster, by one pairing and by one container of this pod. */
async function expectSteady(runtimeId: string, podName: string): Promise<void> {
  expect(await stage.differences(runtimeId)).toEqual([]);
  expect(stage.ucl.requests.count({ operation: 'signCertificateSigningRequest' })).toBe(1);
  const pods = await stage.pods();
  expect(pods.map(({ name, container }) => [name, container?.ready, container?.restartCount])).toEqual([
    [podName, true, 0],
  ]);
}

const memoryAmount = z.string().regex(/^\d+Mi$/);
const resources = z.object({
  requests: z.object({ memory: memoryAmount }),
  limits: z.object({ memory: memoryAmount }),
});

/** Of the Deployment, in bytes. */
async function readMemoryResources(): Promise<{ requested: number; limit: number }> {
  const template = '{.spec.template.spec.containers[0].resources}';
  const text = await stage.kubectl('get', deployment, ...namespace, '-o', `jsonpath=${template}`);
  const { requests, limits } = resources.parse(JSON.parse(text));
  return { requested: toBytes(requests.memory), limit: toBytes(limits.memory) };
}

function toBytes(amount: string): number {
  return Number.parseInt(amount, 10) * mebibyte;
}
