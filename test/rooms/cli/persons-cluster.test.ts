import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../../../agent/cli/run-cli.ts';
import { toKubectl } from '../../../agent/cli/to-kubectl.ts';
import { openConnectionForPerson } from '../../../agent/kube/open-connection-for-person.ts';
import { systemTime } from '../../../agent/time/system-time.ts';
import { recordLog } from '../../data/builders/record-log.ts';
import { idleCliEdge } from '../../data/fakes/idle-cli-edge.ts';
import { startTestCluster, type TestCluster } from '../../servers/cluster/start-test-cluster.ts';

/** The commands against an API server, as a person with rights of their own. */

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster();
});
afterAll(() => cluster?.stop());

async function cli(...args: string[]) {
  const output = { stdout: '', stderr: '' };
  const exitCode = await runCli(args, {
    ...idleCliEdge,
    stdout: (text) => {
      output.stdout += text;
    },
    stderr: (text) => {
      output.stderr += text;
    },
    clock: () => new Date(),
    delay: (durationMs, signal) => systemTime.sleepUntil(systemTime.instant() + durationMs, signal),
    openConnection: async (choice) =>
      openConnectionForPerson(choice, { kubectl: toKubectl(choice), log: recordLog(), time: systemTime }),
  });
  return { ...output, exitCode };
}

describe('a person', () => {
  test('who lacks a right reads which one of theirs that is, and how to ask for it', async () => {
    const { kubeconfigFile } = await cluster.restrict([{ verb: 'get', resource: 'compassconnections' }]);
    const resource = 'compassconnections.compass.kyma-project.io';
    expect(await cli('status', '--kubeconfig', kubeconfigFile)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `Your user may not get ${resource} "compass-connection". Ask an administrator of the cluster for the verb get on ${resource}. This tells whether you have it: kubectl --kubeconfig ${kubeconfigFile} auth can-i get ${resource}/compass-connection\n`,
    });
  });

  test('who names a context that the kubeconfig does not have reads which ones it has', async () => {
    const { exitCode, stderr } = await cli('status', '--kubeconfig', cluster.kubeconfigFile, '--context', 'other');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^The Kubernetes configuration from .* has no context "other"\. It has: \S+\.\n$/);
  });
});
