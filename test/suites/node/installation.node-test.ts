import { expect, test } from 'vitest';
import { z } from 'zod';
import { generateLandscape } from '../../servers/ucl/generate-landscape.ts';
import { followMemory } from './follow-memory.ts';
import { recordDuration, recordMemory } from './record-figure.ts';
import { deployment, namespace, useAgentPod } from './use-agent-pod.ts';

const stage = useAgentPod();
const landscape = '1,000 systems of 2 bundles';
/** The agent takes up a request each 15 s once the first few are done: many more would take minutes. */
const unchangedSyncs = 10;
const mebibyte = 1024 * 1024;

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
  const { workingSet } = memory.peak();
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
  const { requested, limit } = await readMemoryResources();
  expect(workingSet).toBeLessThan(requested);
  expect(workingSet * 2).toBeLessThan(limit);
});

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
