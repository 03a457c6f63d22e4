import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createCommands } from './create-commands.ts';
import { type GuideFacts, renderFarewell, renderGuide } from './render-guide.ts';

const files = ['/tmp/kube-api-1/admin.kubeconfig', "/home/anna/the user's clusters/prod.yaml"];
const quoted = ['/tmp/kube-api-1/admin.kubeconfig', `'/home/anna/the user'\\''s clusters/prod.yaml'`];

function facts(kubeconfigFile: string): GuideFacts {
  return {
    commands: createCommands(kubeconfigFile),
    adminUrl: 'http://127.0.0.1:1/graphql',
    breakUrl: 'http://127.0.0.1:1/break',
    hasKubectl: true,
    applicationName: 'mp-one',
    formation: 'order',
    unassigned: { id: 'a', name: 'One' },
  };
}

describe('each command that the playground prints', () => {
  test.each(files.map((file, index) => ({ file, word: quoted[index] })))(
    'names the cluster of $file',
    ({ file, word }) => {
      const commands = createCommands(file);
      const lines = [
        ...renderGuide(facts(file)),
        ...renderFarewell(commands, ['crd/a', 'namespace/b']),
        commands.playground('--take-over'),
      ].filter((line) => /\b(kubectl|npm run)\b/.test(line));
      expect(lines.length).toBeGreaterThan(10);
      for (const line of lines) {
        expect(line).toMatch(/(kubectl|npm run -s ucl-agent --|npm run playground --) --kubeconfig /);
        expect(line).toContain(` --kubeconfig ${word} `);
      }
    },
  );

  test('comes from one place, which cannot do without the cluster', () => {
    const folder = import.meta.dirname;
    const sources = readdirSync(folder).filter((file) => !file.endsWith('.test.ts') && file !== 'create-commands.ts');
    const found = sources.flatMap((file) =>
      readFileSync(join(folder, file), 'utf8')
        .split('\n')
        .filter(
          (line) => /['"`]([^'"`]* )?(kubectl|npm (run|start)) [^'"`]/.test(line) && !/^\s*(\*|\/\/|\/\*)/.test(line),
        )
        .map((line) => `${file}: ${line.trim()}`),
    );
    // The name of the program in its help.
    expect(found).toEqual([expect.stringContaining("new Command('npm run playground --')")]);
  });
});
