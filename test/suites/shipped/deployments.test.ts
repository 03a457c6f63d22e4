import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Stage, useStage } from '../e2e/start-stage.ts';
import { readDeployment } from './read-deployment.ts';
import { type Environment, expectGoodEnd, patience, startShipped, toAdditions } from './start-shipped.ts';

/** What the image has in /app: the program, and its other name. */
let app: string;

function useApp(stage: Stage): void {
  beforeAll(async () => {
    app = await mkdtemp(path.join(tmpdir(), 'ucl-agent-app-'));
    for (const name of ['ucl-agent.js', 'compass-runtime-agent']) await symlink(stage.program, path.join(app, name));
  });
  afterAll(() => rm(app, { recursive: true }));
}

async function readStart(file: string): Promise<{ command: string[]; env: Environment }> {
  const { args, env } = await readDeployment(file);
  return { command: args.map((arg) => arg.replace(/^\/app\//, `${app}/`)), env };
}

describe('With arguments and environment of manifests/deployment.yaml', patience, () => {
  const stage = useStage();
  useApp(stage);

  test('the agent synchronises', async () => {
    const start = await readStart('manifests/deployment.yaml');
    expect(toAdditions(stage, start)).toEqual({
      KUBECONFIG: stage.proxy.kubeconfigFile,
      NODE_EXTRA_CA_CERTS: stage.ucl.caFile,
      APP_HEALTH_PORT: '0',
    });
    const { agent } = await startShipped(stage, start);
    expect(agent.output()).not.toContain('is not a setting of this agent');
    await expectGoodEnd(agent);
  });
});

describe("With arguments and environment of the module's Deployment, on its CRDs", patience, () => {
  const stage = useStage({ crds: 'shipped' });
  useApp(stage);

  test('the agent synchronises', async () => {
    const start = await readStart('test/data/fixtures/module-manager/deployment.yaml');
    expect(toAdditions(stage, start)).toEqual({
      KUBECONFIG: stage.proxy.kubeconfigFile,
      APP_HEALTH_PORT: '0',
    });
    const { agent } = await startShipped(stage, start);
    expect(agent.output()).not.toContain('is not a setting of this agent');
    await expectGoodEnd(agent);
  });
});
