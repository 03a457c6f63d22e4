import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { findAnchors } from './find-anchors.ts';

const root = join(import.meta.dirname, '../../..');
const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));

const pages = [
  ...listPages(root, false),
  ...['docs', 'manifests', 'agent', 'graphql', 'test'].flatMap((folder) => listPages(join(root, folder), true)),
];

function listPages(folder: string, recursive: boolean): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => relative(root, join(folder, file)));
}

function read(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

/** Targets of links outside code, but for those to the web. */
function findLinks(page: string): string[] {
  const prose = read(page).replaceAll(/^ *```[\s\S]*?^ *```/gm, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

function isBroken(page: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : relative(root, join(root, dirname(page), path));
  if (file.startsWith('..') || !existsSync(join(root, file))) return true;
  return anchor !== undefined && !findAnchors(read(file)).includes(anchor);
}

function listTargets(page: string): string[] {
  return findLinks(page).map((target) => relative(root, join(root, dirname(page), target)));
}

describe('The Markdown pages', () => {
  test('are found', () => {
    expect(pages).toEqual(expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'docs/operating.md']));
    expect(pages.flatMap(findLinks).length).toBeGreaterThan(30);
  });

  test('link to files and headings that are there', () => {
    const broken = pages.flatMap((page) =>
      findLinks(page).flatMap((target) => (isBroken(page, target) ? [`${page}: ${target}`] : [])),
    );
    expect(broken).toEqual([]);
  });

  test('name npm scripts that package.json has', () => {
    const named = pages.flatMap((page) =>
      [...read(page).matchAll(/\bnpm (?:run(?: -s)? ([a-z][\w:-]*)|(test|start)\b)/g)].map(([, script, short]) => ({
        page,
        script: script ?? short ?? '',
      })),
    );
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter(({ script }) => scripts[script] === undefined)).toEqual([]);
  });

  test('are found from the start page of docs/, those of a folder with a page of its own from that one', () => {
    const start = join('docs', 'README.md');
    const unlinked = pages.filter((page) => {
      const index = join(dirname(page), 'README.md');
      const from = pages.includes(index) && page !== index ? index : start;
      return page.startsWith('docs/') && page !== start && !listTargets(from).includes(page);
    });
    expect(unlinked).toEqual([]);
    expect(listTargets('README.md')).toContain(start);
  });

  test('of docs/ begin with whom they are for', () => {
    const silent = pages.filter((page) => {
      const isNote = page.startsWith('docs/design/') && !page.endsWith('README.md');
      return page.startsWith('docs/') && !isNote && !/^# .+\n\nThis page is for /.test(read(page));
    });
    expect(silent).toEqual([]);
  });

  test('are linked from the README, those of the root', () => {
    const linked = findLinks('README.md');
    expect(pages.filter((page) => !page.includes('/') && page !== 'README.md' && !linked.includes(page))).toEqual([]);
  });
});
