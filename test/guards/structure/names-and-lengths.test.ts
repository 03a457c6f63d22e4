import { describe, expect, test } from 'vitest';
import { findLongTests } from './find-long-tests.ts';
import { findMisnamedFiles } from './find-misnamed-files.ts';
import { readModule } from './read-module.ts';
import { readModules } from './read-modules.ts';

const isTest = (path: string) => /\.(cluster-|image-|node-|soak-)?test\.ts$/.test(path);

/** The file that wires everything, as the pages call it; and a plugin, which graphql-codegen looks for by that name. */
const exceptions = [
  'agent/compose.ts exports runAgent: run-agent.ts',
  'graphql/document-plugin.ts exports plugin: plugin.ts',
];

describe('files', () => {
  const modules = new Map(
    ['agent', 'graphql', 'test'].flatMap((folder) =>
      [...readModules(folder)].map(([path, module]) => [`${folder}/${path}`, module] as const),
    ),
  );

  test('are named after their main export', () => {
    const misnamed = findMisnamedFiles(modules);
    expect(misnamed).toEqual(exceptions);
  });

  test('of tests have no function of more than 60 lines', () => {
    const tests = [...modules].filter(([path]) => isTest(path));
    expect(tests.length).toBeGreaterThan(50);
    expect(tests.flatMap(([path, { text }]) => findLongTests(path, text, 60))).toEqual([]);
  });
});

describe('the search for misnamed files', () => {
  test.each([
    ['sync/planner.ts', 'export function planSync() {}', 'plan-sync.ts'],
    ['kube/a.ts', 'export const BUILT_IN_RESOURCES = [];', 'built-in-resources.ts'],
    ['kube/a.ts', 'export class AgentError {}\nexport interface Details {}', 'agent-error.ts'],
    ['ports.ts', 'export interface HTTPServer {}', 'http-server.ts'],
  ])('finds %s', (path, source, name) => {
    expect(findMisnamedFiles(new Map([[path, readModule(source)]]))).toEqual([
      expect.stringMatching(new RegExp(`^${path} exports \\w+: ${name}$`)),
    ]);
  });

  test.each([
    ['sync/plan-sync.ts', 'export function planSync() {}'],
    ['kube/serve-graphql.ts', 'export function serveGraphQL() {}'],
    ['kube/kube-api.ts', 'export interface KubeApi {}\nexport function startKubeApi() {}'],
    ['domain/names.ts', 'export function toName() {}\nexport function toLabel() {}'],
    ['loop/ports.ts', 'export interface Director {}\nexport type Connector = object;'],
    ['main.ts', "import './run.ts';"],
  ])('is content with %s', (path, source) => {
    expect(findMisnamedFiles(new Map([[path, readModule(source)]]))).toEqual([]);
  });
});

describe('the search for long functions in tests', () => {
  const lines = 'f();\n'.repeat(3);

  test.each([
    [`test('a', () => {\n${lines}});`, 'a.test.ts:1 has 3 lines'],
    [`describe('a', () => {\n  test.each([1])('b', async () => {\n${lines}});\n});`, 'a.test.ts:2 has 3 lines'],
    [`function help() {\n${lines}}`, 'a.test.ts:1 has 3 lines'],
  ])('finds %s', (source, found) => {
    expect(findLongTests('a.test.ts', source, 2)).toEqual([found]);
    expect(findLongTests('a.test.ts', source, 3)).toEqual([]);
  });

  test('lets a chapter have any length', () => {
    const chapters = `describe.each([1])('a', () => {\n  describe('b', () => {\n${lines}});\n});`;
    expect(findLongTests('a.test.ts', chapters, 2)).toEqual([]);
  });
});
