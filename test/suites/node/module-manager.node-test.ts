import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { generateLandscape } from '../../servers/ucl/generate-landscape.ts';
import { readCommands } from '../cluster/read-commands.ts';
import { followPods } from './follow-pods.ts';
import { recordDuration } from './record-figure.ts';
import { deployment, namespace, useAgentPod } from './use-agent-pod.ts';

const stage = useAgentPod();
const root = path.join(import.meta.dirname, '../../..');
const fixtures = path.join(root, 'test/data/fixtures');
let runtimeId: string;

/** As the module's manager does on every change and every two minutes; nothing here was applied by anybody else. */
async function applyAsManager(replicas: 0 | 1): Promise<void> {
  const apply = 'kubectl apply --server-side --force-conflicts --field-manager=application-connector-manager';
  await stage.shell(`${apply} -f ${fixtures}/shipped-crds -f ${fixtures}/module-manager/rbac.yaml`);
  await stage.shell(
    `sed 's/^  replicas: .*/  replicas: ${replicas}/' ${fixtures}/module-manager/deployment.yaml | ${apply} -f -`,
  );
}

beforeAll(() => {
  runtimeId = generateLandscape(stage.ucl.landscape, { apps: 3, bundles: 1 }).runtimeId;
});

async function connectionState(state: string): Promise<void> {
  await stage.until(`the CompassConnection is ${state}`, async () => {
    const found = await stage.kube.connection();
    return found?.status?.connectionState === state ? true : undefined;
  });
}

describe("The Deployment of the module's manager, on this image and with the module's rights alone,", () => {
  test('has no pod while there is no configuration Secret, and pairs and synchronises with it', async () => {
    await applyAsManager(0);
    await stage.noPod();
    await stage.configure(runtimeId);
    await applyAsManager(1);
    await stage.rolledOut();
    await connectionState('Synchronized');
    expect(await stage.readyPod()).toMatchObject({ container: { restartCount: 0 } });
    expect(await stage.differences(runtimeId)).toEqual([]);
  });

  test('ends with 0 when the manager scales it down, and spends no second token when it is scaled up', async () => {
    const { name } = await stage.readyPod();
    const follower = followPods(stage.node);
    await applyAsManager(0);
    await stage.noPod();
    follower.stop();
    const ended = follower.changes().findLast((change) => change.name === name && change.exitCode !== undefined);
    expect(ended).toMatchObject({ exitCode: 0, restarts: 0 });
    await applyAsManager(1);
    await stage.rolledOut();
    await connectionState('Synchronized');
    expect(stage.ucl.requests.count({ operation: 'signCertificateSigningRequest' })).toBe(1);
  });

  test('is rolled out without two pods at a time, as the documents have it', async () => {
    const page = await readFile(path.join(root, 'docs/installation.md'), 'utf8');
    const commands = readCommands(page, 'module', 'Inside the Application Connector module', 'Upgrade');
    for (const command of commands) await stage.shell(command);
    await applyAsManager(1);
    await stage.rolledOut();
    const follower = followPods(stage.node);
    await recordDuration("Rollout of the module's Deployment restarted: until the next pod is Ready", async () => {
      await stage.kubectl('rollout', 'restart', deployment, ...namespace);
      await stage.rolledOut();
    });
    await stage.readyPod();
    follower.stop();
    const running = new Set<string>();
    for (const { change, name, isRunning } of follower.changes()) {
      if (isRunning && change !== 'DELETED') running.add(name);
      else running.delete(name);
      expect(running.size).toBeLessThan(2);
    }
    expect(stage.ucl.requests.count({ operation: 'signCertificateSigningRequest' })).toBe(1);
    expect(await stage.differences(runtimeId)).toEqual([]);
  });
});
