import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { parseOptions as parseBenchOptions } from './bench/parse-options.ts';
import { parseOptions as parsePlaygroundOptions } from './playground/parse-options.ts';

/** A project whose scripts print what npm gives them. */
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kept-options-test-'));
  const print = `node ${join(folder, 'print.mjs')}`;
  writeFileSync(
    join(folder, 'print.mjs'),
    'console.log(JSON.stringify({ args: process.argv.slice(2), env: process.env }))',
  );
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ scripts: { playground: print, bench: print } }));
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  vi.restoreAllMocks();
});

const given = z.object({ args: z.array(z.string()), env: z.record(z.string(), z.string()) });

/** What the real npm passes on of a command line. */
async function passThroughNpm(script: string, args: readonly string[]) {
  const own = Object.entries(process.env).filter(([name]) => !name.toLowerCase().startsWith('npm_'));
  const options = { cwd: folder, env: Object.fromEntries(own) };
  const { stdout } = await promisify(execFile)('npm', ['run', '--silent', script, ...args], options);
  return given.parse(JSON.parse(stdout.slice(stdout.indexOf('{'))));
}

const programs = {
  playground: parsePlaygroundOptions,
  bench: parseBenchOptions,
};

function captured(stream: NodeJS.WriteStream, run: () => unknown): string {
  const written = vi.spyOn(stream, 'write').mockReturnValue(true);
  run();
  const text = written.mock.calls.map(([chunk]) => String(chunk)).join('');
  written.mockRestore();
  return text;
}

const values: Readonly<Record<string, string>> = {
  count: '7',
  port: '7',
  file: "a file's name",
  format: 'json',
  list: '10,20',
  kind: 'real',
};

/** Every option of a program, as its help tells them, with a value where it takes one. */
function listOptions(program: keyof typeof programs): string[][] {
  const help = captured(process.stdout, () => programs[program](['--help'], {}));
  return [...help.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)(?: <(\w+)>)?/gm)]
    .filter(([, name]) => name !== '--help')
    .map(([, name = '', value]) => (value === undefined ? [name] : [name, values[value] ?? '']));
}

const cases = (['playground', 'bench'] as const).flatMap((program) =>
  listOptions(program).map((words) => ({ program, words })),
);

describe('an option that npm has kept for itself', () => {
  test('is each one that a program has', () => {
    expect(cases.length).toBeGreaterThan(15);
  });

  test.each(cases)('ends $program with the command that was meant: $words', async ({ program, words }) => {
    const { args, env } = await passThroughNpm(program, words);
    const run = programs[program];
    let outcome: unknown;
    const line = captured(process.stderr, () => {
      outcome = run(args, env);
    });
    expect(outcome).toEqual({ exitCode: 2 });
    expect(line).toMatch(/^npm keeps .*\n$/);
    const [, typed = ''] = / npm run \w+ -- (.*)\n$/.exec(line) ?? [];
    expect(wordsOf(typed)).toEqual(words);
  });

  test('is told with its value where npm has kept that too', async () => {
    const options = listOptions('bench').map(([name, value]) => (value === undefined ? `${name}` : `${name}=${value}`));
    const { args, env } = await passThroughNpm('bench', options);
    const line = captured(process.stderr, () => parseBenchOptions(args, env));
    const [, typed = ''] = / npm run bench -- (.*)\n$/.exec(line) ?? [];
    expect(parseBenchOptions(wordsOf(typed), {})).toEqual(parseBenchOptions(listOptions('bench').flat(), {}));
  });

  test('is told with all others, and with a placeholder where npm has lost which value was whose', async () => {
    const { args, env } = await passThroughNpm('playground', ['--once', '--bundles', '3', '--kubeconfig', 'file']);
    const line = captured(process.stderr, () => parsePlaygroundOptions(args, env));
    expect(line).toBe(
      'npm keeps --once, --bundles, --kubeconfig for itself; options stand behind "--": npm run playground -- --once --bundles <count> --kubeconfig <file>\n',
    );
  });

  test('does not stand behind "--"', async () => {
    const { args, env } = await passThroughNpm('playground', ['--', '--once', '--apps', '3']);
    expect(parsePlaygroundOptions(args, env)).toEqual(parsePlaygroundOptions(['--once', '--apps', '3'], {}));
  });
});

/** As a shell reads them. */
function wordsOf(text: string): string[] {
  const script = `for word in ${text}; do printf '%s\\0' "$word"; done`;
  return execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
}
