import { beforeAll, expect, test } from 'vitest';
import { generateLandscape } from '../../servers/ucl/generate-landscape.ts';
import { findPodBlocks, podCommands, readPages } from './pod-commands.ts';
import { deployment, namespace, useAgentPod } from './use-agent-pod.ts';

const stage = useAgentPod();

beforeAll(async () => {
  const { runtimeId } = generateLandscape(stage.ucl.landscape, { apps: 3, bundles: 1 });
  await stage.configure(runtimeId);
  await stage.apply();
  await stage.rolledOut();
  await stage.synchronized();
});

test('Every command of the documents that needs a pod does what it is there for, as it stands', async () => {
  const blocks = readPages().flatMap(findPodBlocks);
  expect(blocks.length).toBeGreaterThan(0);
  for (const { commands, line } of blocks) {
    const command = podCommands.find((each) => each.line === line);
    // In the log of this very pod: an earlier command may have ended the one before.
    await stage.sync();
    const request = stage.ucl.requests.all({ operation: 'applicationsForRuntime' }).at(-1);
    const output = await stage.shell(commands.replaceAll('<the id>', request?.requestId ?? ''));
    expect(`${line}\n${output}`).toMatch(command?.shows ?? /a command that podCommands knows/);
    if (command?.endsPod) {
      await stage.kubectl('scale', deployment, ...namespace, '--replicas=1');
      await stage.rolledOut();
    }
  }
});
