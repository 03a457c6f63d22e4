import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { createProgram } from '../../../agent/cli/create-program.ts';
import { listCompletions } from '../../../agent/cli/list-completions.ts';
import { idleCliEdge } from '../../data/fakes/idle-cli-edge.ts';
import { runCommandLine as cli } from './run-command-line.ts';

const program = createProgram(idleCliEdge, () => undefined);
const complete = (...words: string[]) => listCompletions(program, words).candidates.map(({ word }) => word);

describe('the command line can go on with', () => {
  test.each<[string, string[], string[]]>([
    ['commands that begin so', ['s'], ['status', 'sync', 'suspend']],
    ['nothing where no command begins so', ['x'], []],
    [
      'options of the command and of the program',
      ['status', '--'],
      ['--output', '--watch', '--version', '--kubeconfig', '--context'],
    ],
    ['options that begin so', ['status', '--o'], ['--output']],
    ['values of an option', ['status', '-o', ''], ['text', 'wide', 'json', 'yaml']],
    ['values that begin so', ['status', '--output', 'j'], ['json']],
    ['values behind an equals sign', ['status', '--output=y'], ['yaml']],
    ['the same as bash splits it', ['status', '--output', '=', 'y'], ['yaml']],
    ['all of them right behind it', ['status', '--output', '='], ['text', 'wide', 'json', 'yaml']],
    ['commands behind options of the program', ['--context', 'status', 'ap'], ['approve']],
    ['shells', ['completion', ''], ['bash', 'zsh', 'fish']],
    ['nothing in place of a name that nobody knows', ['explain', ''], []],
  ])('%s', (_, words, candidates) => {
    expect(complete(...words)).toEqual(candidates);
  });

  test('every command', () => {
    expect(complete('')).toEqual([...program.commands.map((command) => command.name()), 'help']);
  });

  test('a file for the kubeconfig', () => {
    expect(listCompletions(program, ['--kubeconfig', ''])).toEqual({ candidates: [], isFile: true });
  });
});

test('Shells are answered as kubectl takes it from its plugins', async () => {
  expect(await cli(['__complete', 'status', '-o', 'w'])).toMatchObject({ stdout: 'wide\t\n:4\n', exitCode: 0 });
  expect((await cli(['__complete', 'log'])).stdout).toBe("logs\tshow what the agent does, from its pod's log\n:4\n");
  expect((await cli(['__complete', '--kubeconfig', 'x'])).stdout).toBe(':0\n');
  expect((await cli(['__complete', 'status', '--help'])).stdout).toBe(':4\n');
});

describe('the script for', () => {
  test('bash fills in what the program answers', async () => {
    const { stdout: script } = await cli(['completion', 'bash']);
    // In place of the program: it answers where it is asked with every word as it was typed.
    const asked = '[ "$1 $2 $3 $4 $#" = "__complete --context a b s 4" ]';
    const answering = `ucl-agent() { ${asked} && printf "status\\twhat\\nsync\\t\\n:4\\n"; }`;
    const asking = 'COMP_WORDS=(ucl-agent --context "a b" s); COMP_CWORD=3; _ucl_agent; declare -p COMPREPLY';
    const { stdout } = await promisify(execFile)('bash', ['-c', `${answering}\n${script}\n${asking}`]);
    expect(stdout).toBe('declare -a COMPREPLY=([0]="status" [1]="sync")\n');
  });

  test.each([
    ['bash', /^complete -F _ucl_agent ucl-agent$/m],
    ['zsh', /^compdef _ucl_agent ucl-agent$/m],
    ['fish', /^complete --command ucl-agent --no-files /m],
  ])('%s names the program', async (shell, line) => {
    const { stdout, exitCode } = await cli(['completion', shell]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(line);
  });

  test('another shell is refused', async () => {
    expect(await cli(['completion', 'tcsh'])).toMatchObject({ exitCode: 2, stdout: '' });
  });
});
