import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { findBinaries } from '../../servers/cluster/cluster-binaries.ts';
import { createKubectl } from '../../servers/cluster/create-kubectl.ts';
import { findDeliveryPrograms } from '../../servers/delivery/delivery-programs.ts';
import { type Stage, useStage } from '../e2e/start-stage.ts';
import { lookAtCluster } from './look-at-cluster.ts';
import { situations } from './situations.ts';

/**
 * What a person on call sees in each situation, as it stands in the golden files; vitest's option -u writes them anew.
 * docs/troubleshooting.md follows them.
 */

const goldenFile = (name: string) => path.join(import.meta.dirname, '../../data/situations/golden', `${name}.txt`);

async function look(stage: Stage): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'situations-'));
  try {
    const { kubeconfigFile } = stage.cluster;
    const { kubectl: file = 'kubectl' } = (await findBinaries(process.env)) ?? {};
    const kubectl = createKubectl({ file, kubeconfigFile, folder });
    const { kstatus } = (await findDeliveryPrograms(process.env)) ?? {};
    if (kstatus === undefined) throw new Error('No kstatus here: "npm run test:cluster" builds it.');
    return await lookAtCluster({ kubectl, program: stage.program, kubeconfigFile, kstatus });
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('What people see', () => {
  const stage = useStage();

  test.each(Object.entries(situations))('%s', async (name, arrange) => {
    await arrange(stage);
    await expect(await look(stage)).toMatchFileSnapshot(goldenFile(name));
  });
});

describe('What people see without the CRDs', () => {
  const stage = useStage({ crds: 'none' });

  test('no-crd', async () => {
    await stage.configure(stage.addRuntime());
    const agent = stage.startAgent();
    await stage.until('the log names the CRD', () => agent.output().includes('CrdMissing') || undefined);
    await expect(await look(stage)).toMatchFileSnapshot(goldenFile('no-crd'));
  });
});
