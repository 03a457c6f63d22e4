import { describe, expect, test } from 'vitest';
import { findBreaches } from './find-breaches.ts';
import { findUnusedAllowances } from './find-unused-allowances.ts';
import { readModule } from './read-module.ts';
import { readModules } from './read-modules.ts';
import { type Architecture, architecture } from './rooms.ts';

describe('the rooms of agent/', () => {
  const modules = readModules('agent');

  test('import only what the table allows them', () => {
    expect(findBreaches(modules, architecture)).toEqual([]);
  });

  test('need everything that the table allows them', () => {
    expect(findUnusedAllowances(modules, architecture)).toEqual([]);
  });

  test('are all in the table, and each holds something', () => {
    const found = new Set([...modules.keys()].map((path) => path.split('/')[0] ?? ''));
    const { edges, rooms } = architecture;
    expect([...found].filter((name) => !edges.includes(name)).sort()).toEqual(Object.keys(rooms).sort());
  });
});

/** A house of its own, so that changes of the real one do not touch what is said here. */
const house: Architecture = {
  rooms: {
    domain: { node: ['node:crypto'] },
    plan: { rooms: ['domain'], packages: ['zod'], node: [] },
    run: { rooms: ['plan'], folders: ['graphql'] },
    disk: {
      types: ['run'],
      packages: ['@kubernetes/client-node'],
      node: 'any',
      floors: { api: [], watch: ['api'], stores: ['api', 'watch'] },
    },
  },
  everybodysPorts: ['agent/log/logger.ts'],
  edges: ['main.ts', 'compose.ts'],
  environmentReaders: ['main.ts'],
};

const read = (sources: Record<string, string>) =>
  new Map(Object.entries(sources).map(([path, source]) => [path, readModule(source)]));

describe('the judge of the table', () => {
  test.each([
    ['plan/a.ts', "import axios from 'axios';", 'plan/a.ts imports axios'],
    ['domain/a.ts', "import { b } from '../plan/b.ts';", 'domain/a.ts imports ../plan/b.ts'],
    ['disk/a.ts', "import {\n  b,\n  type X,\n} from '../run/b.ts';", 'disk/a.ts imports ../run/b.ts'],
    ['plan/a.ts', "import type { X } from '../disk/b.ts';", 'plan/a.ts imports types of ../disk/b.ts'],
    ['plan/a.ts', "type X = typeof import('../disk/b.ts');", 'plan/a.ts imports types of ../disk/b.ts'],
    ['run/a.ts', "const x = await import('../disk/b.ts');", 'run/a.ts imports ../disk/b.ts'],
    ['run/a.ts', 'const x = await import(`../disk/b.ts`);', 'run/a.ts imports ../disk/b.ts'],
    [
      'plan/a.ts',
      "export * from '@kubernetes/client-node/dist/config.js';",
      'plan/a.ts imports @kubernetes/client-node/dist/config.js',
    ],
    ['run/a.ts', "import '../main.ts';", 'run/a.ts imports ../main.ts'],
    ['run/a.ts', "import type { X } from '../compose.ts';", 'run/a.ts imports types of ../compose.ts'],
    ['plan/a.ts', "import { readFileSync } from 'node:fs';", 'plan/a.ts imports node:fs'],
    ['plan/a.ts', "import { b } from '../../graphql/b.ts';", 'plan/a.ts imports ../../graphql/b.ts'],
    ['plan/a.ts', "import { b } from '../log/logger.ts';", 'plan/a.ts imports ../log/logger.ts'],
    ['plan/a.ts', 'const home = process.env.HOME;', 'plan/a.ts reads process.env, which only main.ts may'],
    ['utils/a.ts', "import 'x';", 'utils/a.ts is in a room that the table does not know'],
    ['a.ts', "import 'x';", 'a.ts is in no room'],
    ['disk/api/a.ts', "import { b } from '../watch/b.ts';", 'disk/api/a.ts imports ../watch/b.ts'],
    ['disk/watch/a.ts', "import type { B } from '../stores/b.ts';", 'disk/watch/a.ts imports types of ../stores/b.ts'],
    ['disk/stores/a.ts', "import { b } from '../create-disk.ts';", 'disk/stores/a.ts imports ../create-disk.ts'],
    ['disk/cellar/a.ts', "import './b.ts';", 'disk/cellar/a.ts is on a floor that the table does not know'],
  ])('refuses in %s: %s', (path, source, breach) => {
    expect(findBreaches(read({ [path]: source }), house)).toEqual([breach]);
  });

  test.each([
    ['disk/a.ts', "import type { Port } from '../run/ports.ts';"],
    ['domain/a.ts', "import type { Logger } from '../log/logger.ts';"],
    ['plan/deep/a.ts', "import { b } from '../../domain/b.ts';\nimport { c } from './c.ts';"],
    ['run/a.ts', "import { Document } from '../../graphql/documents.generated.ts';"],
    ['plan/a.ts', "import { z } from 'zod/mini';"],
    ['disk/a.ts', "import { Watch } from '@kubernetes/client-node/dist/watch.js';\nimport 'node:fs';"],
    ['compose.ts', "import { run } from './run/run.ts';"],
    ['disk/a.ts', "import { b } from './stores/b.ts';\nimport { c } from './api/c.ts';\nimport { d } from './d.ts';"],
    ['disk/stores/a.ts', "import { b } from '../watch/b.ts';\nimport { c } from '../api/c.ts';\nimport './d.ts';"],
    ['plan/a.ts', "// import 'x';\n/* import 'y'; process.environment */\nconst text = \"import 'x'\";"],
  ])('allows in %s: %s', (path, source) => {
    expect(findBreaches(read({ [path]: source }), house)).toEqual([]);
  });

  test('names what nothing needs', () => {
    const modules = read({
      'main.ts': "import './run/a.ts';\nprocess.env.HOME;",
      'compose.ts': "import './plan/a.ts';",
      'domain/a.ts': "import type { Logger } from '../log/logger.ts';",
      'plan/a.ts': "import '../domain/a.ts';\nimport 'zod';",
      'run/a.ts': "import '../domain/a.ts';",
      'disk/api/a.ts': "import type { Port } from '../../run/ports.ts';",
      'disk/watch/a.ts': "import '../api/a.ts';\nimport 'node:fs';",
      'disk/stores/a.ts': "import '../watch/a.ts';",
    });
    expect(findUnusedAllowances(modules, house)).toEqual([
      'domain: node node:crypto',
      'run: rooms plan',
      'run: folders graphql',
      'disk: packages @kubernetes/client-node',
      'disk: floor stores api',
    ]);
  });
});
