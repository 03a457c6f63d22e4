import { describe, expect, test } from 'vitest';
import { findTestBreaches } from './find-test-breaches.ts';
import { findUnusedTestAllowances } from './find-unused-allowances.ts';
import { readModule } from './read-module.ts';
import { readModules } from './read-modules.ts';
import { type TestFolders, testFolders } from './test-folders.ts';

describe('the folders of test/', () => {
  const modules = readModules('test');

  test('import only what the table allows them', () => {
    expect(findTestBreaches(modules, testFolders)).toEqual([]);
  });

  test('need everything that the table allows them', () => {
    expect(findUnusedTestAllowances(modules, testFolders)).toEqual([]);
  });
});

const house: TestFolders = {
  kinds: {
    rooms: { runs: ['own', 'domain'], types: 'any', test: ['data', 'servers'] },
    servers: { test: ['servers'] },
    suites: { test: ['servers', 'programs/agent'] },
    programs: {},
    data: { types: 'any' },
  },
  exceptions: [
    { folder: 'rooms/kube', runs: ['config'], because: 'it opens the cluster' },
    { folder: 'suites/conformance', test: ['rooms/kube'], files: ['build.ts'], because: 'it plays requests' },
  ],
};

const read = (sources: Record<string, string>) =>
  new Map(Object.entries(sources).map(([path, source]) => [path, readModule(source)]));

describe('the judge of the table', () => {
  test.each([
    ['rooms/sync/a.test.ts', '../../../agent/kube/b.ts'],
    ['rooms/sync/a.test.ts', '../../../agent/config/b.ts'],
    ['rooms/sync/a.test.ts', '../kube/b.ts'],
    ['rooms/sync/a.test.ts', '../../suites/e2e/b.ts'],
    ['servers/ucl/a.ts', '../../../agent/domain/b.ts'],
    ['servers/ucl/a.ts', '../../rooms/kube/b.ts'],
    ['servers/ucl/a.ts', '../../suites/e2e/b.ts'],
    ['suites/e2e/a.test.ts', '../../../agent/sync/b.ts'],
    ['suites/e2e/a.test.ts', '../../programs/playground/b.ts'],
    ['suites/e2e/a.test.ts', '../../rooms/kube/b.ts'],
    ['suites/e2e/a.test.ts', '../conformance/b.ts'],
    ['suites/e2e/a.test.ts', '../../../build.ts'],
    ['data/builders/a.ts', '../../../agent/domain/b.ts'],
    ['data/builders/a.ts', '../../servers/ucl/b.ts'],
  ])('refuses in %s: %s', (path, specifier) => {
    const source = `import { b } from '${specifier}';`;
    expect(findTestBreaches(read({ [path]: source }), house)).toEqual([`${path} imports ${specifier}`]);
  });

  test('refuses types where only code of the same room is allowed', () => {
    const source = "import type { B } from '../../../agent/sync/b.ts';";
    expect(findTestBreaches(read({ 'suites/e2e/a.ts': source }), house)).toEqual([
      'suites/e2e/a.ts imports types of ../../../agent/sync/b.ts',
    ]);
  });

  test('refuses a folder that it does not know', () => {
    expect(findTestBreaches(read({ 'helpers/a.ts': '' }), house)).toEqual([
      'helpers/a.ts is in a folder that the table does not know',
    ]);
  });

  test.each([
    ['rooms/sync/a.test.ts', "import { b } from '../../../agent/sync/b.ts';"],
    ['rooms/kube/api/a.test.ts', "import { b } from '../../../../agent/kube/api/b.ts';"],
    ['rooms/kube/a.test.ts', "import { b } from '../../../agent/config/b.ts';"],
    ['rooms/sync/a.test.ts', "import { b } from '../../../agent/domain/b.ts';"],
    ['rooms/sync/a.test.ts', "import type { B } from '../../../agent/kube/b.ts';"],
    [
      'rooms/sync/a.test.ts',
      "import { b } from '../../data/builders/b.ts';\nimport { c } from '../../servers/ucl/c.ts';",
    ],
    ['servers/ucl/a.ts', "import { b } from '../kube-api/b.ts';\nimport { c } from './schema/c.ts';"],
    ['suites/e2e/a.test.ts', "import { b } from '../../programs/agent/b.ts';\nimport { c } from './c.ts';"],
    [
      'suites/conformance/a.test.ts',
      "import { b } from '../../rooms/kube/b.ts';\nimport { c } from '../../../build.ts';",
    ],
    ['data/fakes/a.ts', "import type { B } from '../../../agent/sync/b.ts';\nimport { z } from 'zod';"],
  ])('allows in %s: %s', (path, source) => {
    expect(findTestBreaches(read({ [path]: source }), house)).toEqual([]);
  });

  test('names what nothing needs', () => {
    const modules = read({
      'rooms/sync/a.test.ts': "import '../../../agent/sync/b.ts';\nimport '../../servers/ucl/a.ts';",
      'servers/ucl/a.ts': "import '../kube-api/b.ts';",
      'suites/conformance/a.test.ts': "import '../../servers/ucl/a.ts';\nimport '../../rooms/kube/b.ts';",
      'data/builders/a.ts': "import type { B } from '../../../agent/sync/b.ts';",
    });
    expect(findUnusedTestAllowances(modules, house)).toEqual([
      'rooms: runs domain',
      'rooms: types any',
      'rooms: test data',
      'suites: test programs/agent',
      'rooms/kube: runs config',
      'suites/conformance: files build.ts',
    ]);
  });
});
