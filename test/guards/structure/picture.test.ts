import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readModules } from './read-modules.ts';
import { architecture } from './rooms.ts';

const page = readFileSync(new URL('../../../docs/architecture.md', import.meta.url), 'utf8');

/** The rooms that hold the words which all others speak. The picture says so in its caption instead of an arrow each. */
const vocabulary = ['domain', 'errors', 'log', 'time'];

/** `a --> b` where a room runs code of another, `a -.-> b` where it knows only its types. */
function findArrows(): Set<string> {
  const kinds = new Map<string, boolean>();
  for (const [path, { imports }] of readModules('agent')) {
    for (const { specifier, typeOnly } of imports.filter((found) => found.specifier.startsWith('.'))) {
      const target = posix.join('agent', posix.dirname(path), specifier).split('/');
      const [from = '', to = ''] = [toRoom(path), target[0] === 'agent' ? toRoom(target.slice(1).join('/')) : ''];
      if (to === '' || from === to || vocabulary.includes(to)) continue;
      kinds.set(`${from} ${to}`, (kinds.get(`${from} ${to}`) ?? true) && typeOnly);
    }
  }
  return new Set([...kinds].map(([pair, typeOnly]) => pair.replace(' ', typeOnly ? ' -.-> ' : ' --> ')));
}

/** The files at the top of `agent/` are one box. */
function toRoom(path: string): string {
  return path.includes('/') ? (path.split('/')[0] ?? '') : 'main';
}

describe('docs/architecture.md', () => {
  test('draws the arrows that the imports make, and no other', () => {
    const [, picture = ''] = /```mermaid\n(.*?)```/s.exec(page) ?? [];
    const drawn = picture.match(/\w+ -(?:-|\.-)> \w+/g) ?? [];
    expect(new Set(drawn)).toEqual(findArrows());
    expect(drawn).toHaveLength(new Set(drawn).size);
  });

  test('describes each room once', () => {
    const [, table = ''] = /\| Room \| For \|.*?\n(.*?)\n\n/s.exec(page) ?? [];
    const described = [...table.matchAll(/^\| `(\w+)\/` \|/gm)].map(([, room]) => room);
    expect(described.toSorted()).toEqual(Object.keys(architecture.rooms).toSorted());
  });
});
