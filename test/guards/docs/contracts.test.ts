import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { parseGrantedRights } from '../../servers/cluster/compare-rights.ts';
import { findAnchors } from './find-anchors.ts';
import { type MarkdownTable, readTables } from './read-tables.ts';

const root = join(import.meta.dirname, '../../..');
const pages = readdirSync(join(root, 'docs/contracts'));
const recordings = globSync('{compass,go-agent}/*.json', { cwd: join(root, 'test/data/recordings') }).map((file) =>
  file.replace(/^compass\//, '').replace(/\.json$/, ''),
);
const sources = globSync('{agent,graphql,manifests,test}/**/*.{ts,mjs,graphql,yaml,md}', { cwd: root });

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

function tablesOf(page: string): MarkdownTable[] {
  return readTables(read(`docs/contracts/${page}`));
}

/** What may stand in the column of sources, as the page itself says: prefixes such as `C/`, and words. */
function definedSources(page: string): { prefixes: string[]; words: string[] } {
  const [table] = tablesOf(page).filter(({ heading }) => heading === 'Sources');
  const names = (table?.rows ?? []).flatMap(([name = '']) => name.split(', '));
  return {
    prefixes: names.flatMap((name) => /^`([A-Z]+)\/…`$/.exec(name)?.[1] ?? []),
    words: names.filter((name) => !name.includes('`')),
  };
}

function isRecording(name: string): boolean {
  const pattern = new RegExp(`^${name.replaceAll('*', '.*')}$`);
  return recordings.some((recording) => pattern.test(recording));
}

function isSource(source: string, { prefixes, words }: ReturnType<typeof definedSources>): boolean {
  const name = /^`([^`]+)`$/.exec(source)?.[1];
  if (name === undefined) return words.includes(source);
  const prefix = /^([A-Z]+)\/[\w.][\w./-]*$/.exec(name)?.[1];
  return prefix === undefined ? isRecording(name) : prefixes.includes(prefix);
}

function findRow(page: string, heading: string, first: string): string[] {
  const rows = tablesOf(page).filter((table) => table.heading === heading);
  return rows.flatMap((table) => table.rows).find(([cell]) => cell === first) ?? [];
}

/** Every reference to a contract page, as `compass.md#tokens`, with the file that has it. */
const references = sources.flatMap((file) =>
  [...read(file).matchAll(/docs\/contracts\/([\w-]+\.md(?:#[\w-]*)?)/g)].map(([, target = '']) => ({ file, target })),
);

describe('References to the contract pages', () => {
  test('are found in the code, so that a change of style cannot empty the comparison', () => {
    expect(pages).toEqual(expect.arrayContaining(['compass.md', 'kubernetes.md']));
    expect(references.filter(({ file }) => file.startsWith('agent/')).length).toBeGreaterThan(25);
    expect(references.filter(({ file }) => file.startsWith('test/')).length).toBeGreaterThan(20);
  });

  test('resolve to a heading of the page that they name', () => {
    const broken = references.filter(({ target }) => {
      const [page = '', anchor] = target.split('#');
      if (!pages.includes(page)) return true;
      return anchor !== undefined && !findAnchors(read(`docs/contracts/${page}`)).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  test('name the page and its heading, not the number of a section', () => {
    const numbered = /\b(?:compass|kubernetes) contract,? \d|\bcontract \d/i;
    expect(sources.filter((file) => numbered.test(read(file)))).toEqual([]);
  });
});

describe.each(pages)('docs/contracts/%s', (page) => {
  const tables = tablesOf(page).filter(({ heading }) => heading !== 'Sources');

  test('ends each row of each table with at least one source that it has defined, or a recording that exists', () => {
    const defined = definedSources(page);
    const unsourced = tables.flatMap(({ heading, header, rows }) =>
      rows
        .filter((row) => {
          const cited = (row.at(-1) ?? '').split(', ');
          return row.length !== header.length || !cited.every((source) => isSource(source, defined));
        })
        .map((row) => `${heading}: ${row.join(' | ')}`),
    );
    expect(tables.filter(({ header }) => header.at(-1) !== 'Source').map(({ heading }) => heading)).toEqual([]);
    expect(tables.flatMap(({ rows }) => rows).length).toBeGreaterThan(100);
    expect(unsourced).toEqual([]);
  });

  test('defines no source that no row names', () => {
    const { prefixes, words } = definedSources(page);
    const cited = new Set(tables.flatMap(({ rows }) => rows.flatMap((row) => (row.at(-1) ?? '').split(', '))));
    const isUsed = (prefix: string) => [...cited].some((source) => source.startsWith(`\`${prefix}/`));
    expect(prefixes.filter((prefix) => !isUsed(prefix))).toEqual([]);
    expect(words.filter((word) => !cited.has(word))).toEqual([]);
  });

  test('names recordings that exist in its prose too', () => {
    const named = [...read(`docs/contracts/${page}`).matchAll(/`(\d\d-[\w*-]+|go-agent\/[\w-]+)`/g)];
    expect(named.map(([, name = '']) => name).filter((name) => !isRecording(name))).toEqual([]);
  });

  test('has one table of contents that leads to each of its headings', () => {
    const markdown = read(`docs/contracts/${page}`);
    const [contents = ''] = markdown.split('\n## ');
    const linked = [...contents.matchAll(/\]\(#([\w-]+)\)/g)].map(([, anchor = '']) => anchor);
    const [, , ...headings] = findAnchors(markdown);
    expect(linked.toSorted()).toEqual(headings.toSorted());
  });
});

describe('docs/contracts/kubernetes.md', () => {
  test('lists the permissions that the module grants, as its manifest does', () => {
    const granted = parseGrantedRights(read('test/data/fixtures/module-manager/rbac.yaml'))
      .filter(({ group }) => group !== 'metrics.k8s.io')
      .map(({ namespace = 'cluster', resource, verb }) => `${namespace}: ${verb} ${resource}`);
    const told = tablesOf('kubernetes.md')
      .filter(({ heading }) => heading === 'Shipped permissions')
      .flatMap(({ rows }) => rows)
      .flatMap(([where = '', resources = '', verbs = '']) =>
        resources.split(', ').flatMap((resource) => verbs.split(', ').map((verb) => `${where}: ${verb} ${resource}`)),
      );
    expect(told.toSorted()).toEqual([...new Set(granted)].toSorted());
  });

  test('lists the environment that the module sets, with its values', () => {
    const { env } = z
      .object({
        spec: z.object({
          template: z.object({
            spec: z.object({
              containers: z.tuple([z.object({ env: z.array(z.object({ name: z.string(), value: z.string() })) })]),
            }),
          }),
        }),
      })
      .parse(parse(read('test/data/fixtures/module-manager/deployment.yaml'))).spec.template.spec.containers[0];
    expect(env.length).toBeGreaterThan(10);
    const told = env.map(({ name }) => findRow('kubernetes.md', 'Environment', `\`${name}\``)[2]);
    expect(told).toEqual(env.map(({ value }) => (value === '' ? '(empty)' : `\`${value}\``)));
  });
});
