import { execFile } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { useStage } from './start-stage.ts';

const stage = useStage();

/** What is looked at of the document; a unit test has all of it. */
const document = z.object({
  changes: z.array(
    z.object({
      ...{ kind: z.string(), application: z.string() },
      objects: z.array(z.object({ kind: z.string(), fields: z.array(z.string()) })),
    }),
  ),
  held: z.array(z.unknown()),
});

/** The command as the agent's pod runs it, with the rights and the settings of the agent. */
function diff(...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const env = { KUBECONFIG: stage.proxy.kubeconfigFile, NODE_EXTRA_CA_CERTS: stage.ucl.caFile };
  return new Promise((resolve) => {
    execFile(process.execPath, [stage.program, 'diff', '--here', ...args], { env }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : z.number().parse(error.code), stdout, stderr });
    });
  });
}

const writesNothing = () => {
  expect(stage.writes()).toEqual([]);
  const operations = new Set(stage.ucl.requests.all().map(({ operation }) => operation));
  // The first page asks for the runtime and its labels too.
  expect([...operations].filter((name) => name !== 'applicationsForRuntime' && name !== 'runtime')).toEqual([]);
};

describe('ucl-agent diff beside the agent', () => {
  it('tells what the next sync does, asks UCL for the systems alone, and writes nothing', async () => {
    const { ids } = await stage.connect(['Alpha', 'Beta', 'Gamma']);
    stage.forgetRequests();
    const before = await diff();
    expect(before).toMatchObject({ exitCode: 0, stderr: '' });
    expect(before.stdout).toMatch(/^UCL assigns 3 systems to this runtime; the cluster is as they want it: /);
    writesNothing();

    stage.addSystems(['Delta']);
    stage.leaveFormation(ids.slice(0, 1));
    const { exitCode, stdout, stderr } = await diff('-o', 'json');
    expect([exitCode, stderr]).toEqual([1, '']);
    const { changes, held } = document.parse(JSON.parse(stdout));
    expect(changes.map(({ kind, application }) => [kind, application])).toEqual([
      ['create', 'mp-delta'],
      ['delete', 'mp-alpha'],
    ]);
    expect(changes[0]?.objects[1]).toMatchObject({ kind: 'Secret', fields: ['data.password', 'data.username'] });
    expect([held, stdout.includes('secret-of-delta')]).toEqual([[], false]);

    await stage.sync();
    await stage.applications(['mp-beta', 'mp-delta', 'mp-gamma']);
    expect((await diff()).exitCode).toBe(0);
  });

  it('names the hold that the agent has begun', async () => {
    const { ids } = await stage.connect(['Alpha', 'Beta']);
    stage.leaveFormation(ids);
    const { status } = await stage.sync();
    const { exitCode, stdout } = await diff();
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`as ${status?.prune?.heldHash};`);
  });

  it('fails with 2 while there is no connection with UCL, and spends no token', async () => {
    await stage.configure(stage.addRuntime());
    const { exitCode, stdout, stderr } = await diff();
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^There is no client certificate for UCL that could be used\. /);
    expect(stage.ucl.requests.all()).toEqual([]);
  });
});
