import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readGrantedRights } from '../../servers/cluster/compare-rights.ts';

const root = join(import.meta.dirname, '../../..');

/** One line for each verb and name, such as `kyma-system: get secrets ucl-agent-pairing`. */
function readTable(page: string): string[] {
  const [, section = ''] = page.split('\n## Permissions\n');
  const [table = ''] = section.split('\n## ');
  return [...table.matchAll(/^\| (\S+) \| `(\S+)` \| ([^|]+) \| ([^|]+) \|/gm)].flatMap(
    ([, where = '', resource = '', verbs = '', names = '']) =>
      names
        .split(', ')
        .flatMap((name) => verbs.split(', ').map((verb) => describe(where, verb, resource, name.trim()))),
  );
}

function describe(where: string, verb: string, resource: string, name: string): string {
  return `${where}: ${verb} ${resource} ${name}`.replaceAll('`', '');
}

test('docs/security.md lists the permissions of manifests/rbac/, every one and no other', async () => {
  const granted = await readGrantedRights(join(root, 'manifests', 'rbac'));
  const told = readTable(readFileSync(join(root, 'docs', 'security.md'), 'utf8'));
  expect(granted.length).toBeGreaterThan(15);
  expect(told.sort()).toEqual(
    granted
      .map(({ namespace = 'cluster', verb, resource, name = 'any' }) => describe(namespace, verb, resource, name))
      .sort(),
  );
});
