import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createProgram } from '../../../agent/cli/create-program.ts';
import { idleCliEdge } from '../../data/fakes/idle-cli-edge.ts';

const root = join(import.meta.dirname, '../../..');
const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));

/** Nothing is there yet, and the machine's Node may be too old for the sources: this is what copes with both. */
const launchers = ['node test/programs/run.mjs ', 'npm run -s '];

describe('every npm script', () => {
  test.each(Object.entries(scripts))(
    'begins each of its commands so that a fresh clone can run it: %s',
    (_, script) => {
      const bare = script
        .split(/ (?:&&|\|\||;) /)
        .filter((command) => !launchers.some((start) => command.startsWith(start)));
      expect(bare).toEqual([]);
    },
  );

  test('stands on its own, since hooks before it do not run for everybody', () => {
    const hooks = Object.keys(scripts).filter((name) => scripts[name.replace(/^(pre|post)/, '')] !== undefined);
    expect(hooks.filter((name) => /^(pre|post)/.test(name))).toEqual([]);
  });
});

test('The pages tell of every command of the program', () => {
  const commands = createProgram(idleCliEdge, () => undefined).commands.map((command) => command.name());
  const pages = readdirSync(join(root, 'docs')).filter((file) => file.endsWith('.md'));
  const text = pages.map((file) => readFileSync(join(root, 'docs', file), 'utf8')).join('\n');
  expect(commands).toContain('status');
  expect(commands.filter((name) => !new RegExp(`ucl-agent(?:\\.js)? ${name}\\b`).test(text))).toEqual([]);
});

describe('no text tells people to run', () => {
  const files = [
    ...readdirSync(root),
    ...['agent', 'docs', 'graphql', 'manifests', 'test'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
    ),
  ].filter((file) => /(\.md|\.ts|\.mjs|\.yaml|\.env\.example)$/.test(file));

  test.each<[string, RegExp]>([
    ['a package that npm may not have installed yet', /\bnpx \w/],
    ['a source by the Node of their machine', /(?<!run\.mjs )\bnode (--?\S+ )*[\w./-]+\.ts\b/],
  ])('%s', (_, pattern) => {
    const told = files
      .filter((file) => !file.endsWith('guards/docs/commands.test.ts'))
      .flatMap((file) =>
        readFileSync(join(root, file), 'utf8')
          .split('\n')
          .filter((line) => pattern.test(line))
          .map((line) => `${file}: ${line.trim()}`),
      );
    expect(told).toEqual([]);
  });
});
