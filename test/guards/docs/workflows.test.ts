import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const root = join(import.meta.dirname, '../../..');
const folder = join(root, '.github/workflows');
const workflow = z.object({
  permissions: z.record(z.string(), z.string()),
  jobs: z.record(z.string(), z.looseObject({ steps: z.array(z.looseObject({ run: z.string().optional() })) })),
});
const workflows = readdirSync(folder).map((file) => {
  const text = readFileSync(join(folder, file), 'utf8');
  return { file, text, content: workflow.parse(parse(text)) };
});
const commandsOf = ({ content }: (typeof workflows)[number]) =>
  Object.values(content.jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));

describe('the workflows for a hosted CI', () => {
  test.each(workflows)('take foreign actions by their commit, with the version beside it: $file', ({ text }) => {
    const uses = text.split('\n').filter((line) => line.includes('uses:'));
    expect(uses.length).toBeGreaterThan(0);
    expect(uses.filter((line) => !/uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
  });

  test.each(workflows)('may only read, unless a job says why it needs more: $file', ({ content }) => {
    expect(content.permissions).toEqual({ contents: 'read' });
  });

  test('judge by the one script that judges everywhere, and release by the one that releases', () => {
    const commands = workflows.flatMap(commandsOf);
    expect(commands).toContain('.ci/run');
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
    const named = commands.flatMap((command) => /^npm run (?:-s )?(\S+)/.exec(command)?.[1] ?? []);
    expect(named).toContain('release');
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});
