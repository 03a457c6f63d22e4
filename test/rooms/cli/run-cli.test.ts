import { describe, expect, test } from 'vitest';
import { runCommandLine as cli, connectionWith } from './run-command-line.ts';

describe('the command line', () => {
  test('hands over what nobody foresaw to be told, says nothing of it itself, and ends with 3', async () => {
    const defect = new TypeError('hunter2');
    expect(await cli(['status'], { openError: defect })).toMatchObject({
      ...{ exitCode: 3, stdout: '', stderr: '', defects: [defect] },
    });
  });

  test('an interrupted command says so, but a defect on its way out is still one', async () => {
    const interrupt = AbortSignal.abort();
    const waiting = await cli(['sync'], { interrupt, openError: interrupt.reason });
    expect([waiting.stderr, waiting.exitCode, waiting.defects]).toEqual(['Interrupted.\n', 2, []]);
    const defect = new TypeError('hunter2');
    expect(await cli(['sync'], { interrupt, openError: defect })).toMatchObject({ exitCode: 3, defects: [defect] });
  });

  test('run hands over to the agent and ends with its code', async () => {
    expect(await cli(['run'])).toMatchObject({ exitCode: 7, runs: [{}] });
    expect(await cli(['run', '--kubeconfig', '/tmp/k'])).toMatchObject({ runs: [{ kubeconfigFile: '/tmp/k' }] });
  });

  test('--kubeconfig may stand before the command', async () => {
    expect((await cli(['--kubeconfig', '/tmp/k', 'status'])).opened).toEqual([{ kubeconfigFile: '/tmp/k' }]);
  });

  test('--context chooses the cluster, for the agent as well, and stands in every command that is printed', async () => {
    const connection = connectionWith({ spec: { suspend: true } });
    const { opened, stdout } = await cli(['status', '--context', 'my one'], { connection });
    expect(opened).toEqual([{ context: 'my one' }]);
    expect(stdout).toContain("kubectl --context 'my one' patch compassconnection");
    expect((await cli(['--context', 'one', 'run'])).runs).toEqual([{ context: 'one' }]);
  });

  test('ends with the command that was meant where npm has kept an option for itself', async () => {
    const env = { npm_lifecycle_event: 'ucl-agent', npm_config_kubeconfig: 'true', npm_config_wait: 'true' };
    const { exitCode, stderr, opened } = await cli(['sync', 'my file'], { env });
    expect({ exitCode, opened }).toEqual({ exitCode: 2, opened: [] });
    expect(stderr).toBe(
      `npm keeps --kubeconfig, --wait for itself; options stand behind "--": npm run ucl-agent -- sync --kubeconfig 'my file' --wait\n`,
    );
  });

  test('takes no notice of the settings of npm where npm has not started it', async () => {
    expect(await cli(['status'], { env: { npm_config_output: 'json' } })).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('version and help go to stdout with code 0', async () => {
    expect(await cli(['--version'])).toMatchObject({ exitCode: 0, stdout: '1.2.3\n' });
    const help = await cli(['--help']);
    expect(help.exitCode).toBe(0);
    for (const word of ['run', 'status', 'sync', '--kubeconfig', '124']) expect(help.stdout).toContain(word);
  });

  test.each([
    [[]],
    [['stat']],
    [['status', '--output', 'xml']],
    [['sync', '--timeout', 'soon']],
    [['--nope', 'run']],
    [['status', 'x']],
  ])('wrong usage %j ends with 2 and says why on stderr', async (args) => {
    const { exitCode, stdout, stderr } = await cli(args);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).not.toBe('');
  });
});
