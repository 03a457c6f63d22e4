import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildAgent } from '../agent/build-agent.ts';
import { readBundleSbom } from './read-bundle-sbom.ts';
import { licensesOf, listBundled, type Sbom, toBundleSbom } from './to-bundle-sbom.ts';

const root = path.join(import.meta.dirname, '../../..');

/** What may be passed on under Apache-2.0 without more than its text: it stands beside the bundle. */
const permitted = new Set(['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Unlicense']);

describe('the SBOM of the built bundle', () => {
  let sbom: Sbom;
  beforeAll(async () => {
    const program = await buildAgent();
    sbom = await readBundleSbom(root, path.join(path.dirname(program), 'ucl-agent.meta.json'), new Date(0));
  });

  test('names what is in the bundle, and nothing that is only installed', () => {
    const names = sbom.components.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['axios', 'graphql-request', 'winston', 'zod']));
    for (const left of ['typescript', 'vitest', 'undici', 'form-data']) expect(names).not.toContain(left);
    expect(sbom).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { name: 'ucl-agent' } } });
  });

  test('has a licence for each component that may be passed on', () => {
    const odd = sbom.components
      .map((component) => ({ name: component.name, licenses: licensesOf(component) }))
      .filter(({ licenses }) => licenses.length === 0 || !licenses.every((each) => permitted.has(each)));
    expect(odd).toEqual([]);
  });

  test('depends on nothing that it does not describe, and is the same each time', async () => {
    const refs = new Set([
      sbom.metadata.component['bom-ref'],
      ...sbom.components.map((component) => component['bom-ref']),
    ]);
    expect(sbom.dependencies.flatMap(({ dependsOn }) => dependsOn).filter((ref) => !refs.has(ref))).toEqual([]);
    const program = await buildAgent();
    const meta = path.join(path.dirname(program), 'ucl-agent.meta.json');
    expect(await readBundleSbom(root, meta, new Date(0))).toEqual(sbom);
  });
});

describe('what is in a bundle', () => {
  const input = (bytesInOutput: number) => ({ bytesInOutput });
  const meta = (inputs: object) => JSON.stringify({ outputs: { 'dist/x.js': { inputs } } });
  const lock = JSON.stringify({
    packages: {
      'node_modules/a': { version: '1.0.0' },
      'node_modules/a/node_modules/@s/b': { version: '2.0.0' },
    },
  });

  test('is each package by its innermost folder, unless it gave no byte', () => {
    const inputs = {
      'agent/main.ts': input(5),
      'node_modules/a/index.js': input(1),
      'node_modules/a/node_modules/@s/b/lib/x.js': input(2),
      'node_modules/c/index.js': input(0),
    };
    expect(listBundled(meta(inputs), lock)).toEqual(['@s/b@2.0.0', 'a@1.0.0']);
  });

  test('must be in the lock file and in what npm tells', () => {
    expect(() => listBundled(meta({ 'node_modules/c/index.js': input(1) }), lock)).toThrow('not in the lock file');
    const empty = { bomFormat: 'CycloneDX', specVersion: '1.5', components: [], dependencies: [] };
    const told = JSON.stringify({ ...empty, metadata: { component: { 'bom-ref': 'x' } } });
    expect(() => toBundleSbom(told, ['a@1.0.0'], new Date(0))).toThrow('does not name a@1.0.0');
  });
});
