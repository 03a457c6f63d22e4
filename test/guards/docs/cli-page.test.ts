import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createProgram } from '../../../agent/cli/create-program.ts';
import { idleCliEdge } from '../../data/fakes/idle-cli-edge.ts';

const file = join(import.meta.dirname, '../../../docs/cli.md');
const page = readFileSync(file, 'utf8');
/** What stands between the fences, from the line that names the command. */
const helpBlock = /(?<=^```text\n)Usage: ucl-agent(?: (?!help)([\w-]+))?\b[^`]*/gm;

const program = createProgram(idleCliEdge, () => undefined);
const helpOf = (name: string | undefined) =>
  (name === undefined ? program : program.commands.find((command) => command.name() === name))?.helpInformation();

test('docs/cli.md shows the help of every command as it is printed', async () => {
  const fresh = page.replace(helpBlock, (_, name?: string) => helpOf(name) ?? '');
  await expect(fresh).toMatchFileSnapshot(file);
});

test('docs/cli.md leaves no command out', () => {
  const shown = [...page.matchAll(helpBlock)].map(([, name]) => name);
  expect(shown).toEqual([undefined, ...program.commands.map((command) => command.name())]);
});
