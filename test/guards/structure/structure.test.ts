import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findImports } from './find-imports.ts';
import { findGlobalTime, findUses, timeKeepers } from './global-time.ts';
import { edges, findBreaches, rooms } from './rooms.ts';

const agentFolder = join(import.meta.dirname, '../../../agent');

function readSources(): Map<string, string> {
  const paths = readdirSync(agentFolder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  return new Map(paths.map((path) => [path.replaceAll('\\', '/'), readFileSync(join(agentFolder, path), 'utf8')]));
}

describe('the rooms of agent/', () => {
  const sources = readSources();

  test('import only what the table allows them', () => {
    expect(findBreaches(sources)).toEqual([]);
  });

  test('are all in the table, and each holds something', () => {
    const found = new Set([...sources.keys()].map((path) => path.split('/')[0] ?? ''));
    expect([...found].filter((name) => !edges.includes(name)).sort()).toEqual(Object.keys(rooms).sort());
  });

  test('are read by a search that finds as many imports as there are import lines', () => {
    for (const [path, source] of sources) {
      const endings = source.match(/^[^*\n]*\bfrom '[^']+';$/gm) ?? [];
      expect(findImports(source).length, path).toBeGreaterThanOrEqual(endings.length);
    }
  });
});

describe('time and chance', () => {
  const sources = readSources();

  test('come from the ports everywhere but at the edge', () => {
    expect(findGlobalTime(sources)).toEqual([]);
  });

  test("are the machine's in no more files than need it", () => {
    expect(Object.keys(timeKeepers).filter((path) => findUses(sources.get(path) ?? '').length === 0)).toEqual([]);
  });

  test.each([
    ['const at = Date.now();', 'Date.now('],
    ['const at = new Date();', 'new Date()'],
    ['const ms = performance.now();', 'performance.now'],
    ['setTimeout(act, 5);', 'setTimeout'],
    ['const timer: ReturnType<typeof setInterval> = x;', 'setInterval'],
    ["import { setTimeout as sleep } from 'node:timers/promises';", 'setTimeout'],
    ['const signal = AbortSignal.timeout(5);', 'AbortSignal.timeout('],
    ['const share = Math.random();', 'Math.random'],
  ])('are found in: %s', (source, use) => {
    expect(findGlobalTime(new Map([['sync/a.ts', source]]))).toContain(`sync/a.ts uses ${use}`);
  });

  test('are not found in a date that is made of a value, nor in a comment', () => {
    const source = "// Date.now() would do\nconst at = new Date(Date.parse('2026-11-22') + ms);\n/* setTimeout */";
    expect(findGlobalTime(new Map([['sync/a.ts', source]]))).toEqual([]);
  });
});

describe('the table', () => {
  test.each([
    ['sync/a.ts', "import axios from 'axios';", 'sync/a.ts imports axios'],
    [
      'domain/a.ts',
      "import { AgentError } from '../errors/agent-error.ts';",
      'domain/a.ts imports ../errors/agent-error.ts',
    ],
    [
      'kube/a.ts',
      "import {\n  reconcile,\n  type X,\n} from '../reconcile/run-once.ts';",
      'kube/a.ts imports ../reconcile/run-once.ts',
    ],
    [
      'reconcile/a.ts',
      "const x = await import('../kube/create-cluster.ts');",
      'reconcile/a.ts imports ../kube/create-cluster.ts',
    ],
    [
      'compass/a.ts',
      "export * from '@kubernetes/client-node/dist/config.js';",
      'compass/a.ts imports @kubernetes/client-node/dist/config.js',
    ],
    ['cli/a.ts', "import '../main.ts';", 'cli/a.ts imports ../main.ts'],
    ['cli/a.ts', "import type { X } from '../compose.ts';", 'cli/a.ts imports types of ../compose.ts'],
    ['config/a.ts', "import { readFileSync } from 'node:fs';", 'config/a.ts imports node:fs'],
    [
      'sync/a.ts',
      "import { createLogger } from '../log/create-logger.ts';",
      'sync/a.ts imports ../log/create-logger.ts',
    ],
    ['errors/a.ts', 'const home = process.env.HOME;', 'errors/a.ts reads process.env, which only main.ts may'],
    ['utils/a.ts', "import 'x';", 'utils/a.ts is in a room that the table does not know'],
    ['kube/api/a.ts', "import { b } from '../watch/b.ts';", 'kube/api/a.ts imports ../watch/b.ts'],
    ['kube/watch/a.ts', "import type { B } from '../stores/b.ts';", 'kube/watch/a.ts imports types of ../stores/b.ts'],
    ['kube/stores/a.ts', "import { b } from '../create-cluster.ts';", 'kube/stores/a.ts imports ../create-cluster.ts'],
    ['kube/cellar/a.ts', "import './b.ts';", 'kube/cellar/a.ts is on a floor that the table does not know'],
  ])('refuses in %s: %s', (path, source, breach) => {
    expect(findBreaches(new Map([[path, source]]))).toEqual([breach]);
  });

  test.each([
    ['kube/a.ts', "import type { Director } from '../connection/ports.ts';"],
    ['domain/a.ts', "import type { Logger } from '../log/logger.ts';"],
    ['sync/plan/a.ts', "import { b } from '../../domain/b.ts';\nimport { c } from './c.ts';"],
    ['compass/a.ts', "import { z } from 'zod/mini';\nimport { Document } from '../../graphql/documents.generated.ts';"],
    ['compose.ts', "import { run } from './pace/run-loop.ts';"],
    ['kube/a.ts', "import { b } from './stores/b.ts';\nimport { c } from './api/c.ts';\nimport { d } from './d.ts';"],
    ['kube/stores/a.ts', "import { b } from '../watch/b.ts';\nimport { c } from '../api/c.ts';\nimport './d.ts';"],
    ['errors/a.ts', "// import 'x';\n/* import 'y'; process.environment */\nconst text = 'import';"],
  ])('allows in %s: %s', (path, source) => {
    expect(findBreaches(new Map([[path, source]]))).toEqual([]);
  });
});
