import { describe, expect, test } from 'vitest';
import type { ClusterView, LogRequest, PodFacts } from '../../../agent/cli/cluster-view.ts';
import { runCommandLine as cli } from './run-command-line.ts';

const pod: PodFacts = {
  ...{ name: 'agent-1', namespace: 'kyma-system', createdAt: '2026-11-22T16:00:00Z', serviceAccount: 'agent' },
  ...{ containers: ['compass-runtime-agent'], phase: 'Running', isReady: true, restarts: 2 },
};
const time = '2026-11-22T17:00:00.123Z';
const applied = (name: string) => ({ time, level: 'info', message: 'Applied', kind: 'create', applicationName: name });
const lines = [
  { time, level: 'info', message: 'Starting ucl-agent' },
  ...Array.from({ length: 14 }, (_, index) => applied(`mp-${index}`)),
  { time, level: 'warn', message: 'A system failed\u001b[2J', name: 'Shop', reason: 'NameConflict' },
  { time, level: 'info', message: 'Synchronised' },
  applied('mp-late'),
].map((line) => JSON.stringify(line));

function clusterWith(pods: readonly PodFacts[], written: readonly string[]) {
  const asked: LogRequest[] = [];
  const cluster: Partial<ClusterView> = {
    listAgentPods: async (namespace) => pods.filter((one) => one.namespace === namespace),
    async *readLog(request) {
      asked.push(request);
      yield* written;
    },
  };
  return { cluster, asked };
}

describe('logs', () => {
  test('tells what the agent did, with times, and does not flood the screen', async () => {
    const { cluster, asked } = clusterWith([pod], [...lines, 'FATAL ERROR: heap\u001b[2J']);
    const { stdout, stderr, exitCode } = await cli(['logs'], { cluster });
    expect(exitCode).toBe(0);
    expect(stderr).toBe('Pod agent-1 (Running, ready, restarts: 2)\n');
    expect(asked).toEqual([{ pod, tailLines: 200, follow: false }]);
    const told = stdout.split('\n');
    expect(told.slice(0, 2)).toEqual(['2026-11-22T17:00:00Z  Starting ucl-agent', '2026-11-22T17:00:00Z  create mp-0']);
    expect(told.slice(12)).toEqual([
      '2026-11-22T17:00:00Z  create mp-11',
      '2026-11-22T17:00:00Z  ... and so on',
      '2026-11-22T17:00:00Z  A system failed [2J; Shop; NameConflict',
      '2026-11-22T17:00:00Z  Synchronised',
      '2026-11-22T17:00:00Z  create mp-late',
      'FATAL ERROR: heap [2J',
      '',
    ]);
  });

  test('--raw gives the lines as they are', async () => {
    const { stdout } = await cli(['logs', '--raw', '--tail', '5'], clusterWith([pod], lines));
    expect(stdout).toBe(`${lines.join('\n')}\n`);
  });

  test('takes the pod that runs, and the newest where none does', async () => {
    const stuck = { ...pod, name: 'agent-2', phase: 'Pending', isReady: false, why: 'ImagePullBackOff' };
    const running = clusterWith([stuck, pod], []);
    await cli(['logs'], running);
    expect(running.asked[0]?.pod.name).toBe('agent-1');
    const { stderr } = await cli(['logs'], clusterWith([stuck], []));
    expect(stderr).toBe('Pod agent-2 (Pending, ImagePullBackOff, not ready, restarts: 2)\n');
  });

  test('--follow ends well by Ctrl-C, and says so where the log itself ends', async () => {
    const ended = await cli(['logs', '-f'], clusterWith([pod], lines));
    expect(ended).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('The log has ended') });
    const interrupt = new AbortController();
    const cluster: Partial<ClusterView> = {
      listAgentPods: async () => [pod],
      async *readLog() {
        yield lines[0] ?? '';
        interrupt.abort();
        throw interrupt.signal.reason;
      },
    };
    const stopped = await cli(['logs', '-f'], { cluster, interrupt: interrupt.signal });
    expect(stopped).toMatchObject({ exitCode: 0, stdout: '2026-11-22T17:00:00Z  Starting ucl-agent\n' });
    expect(stopped.stderr).not.toContain('Interrupted');
  });

  test('ends with 1 where there is no pod in that namespace', async () => {
    const { exitCode, stderr } = await cli(['logs', '-n', 'other'], clusterWith([pod], lines));
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^There is no pod of the agent in namespace other\./);
  });
});
