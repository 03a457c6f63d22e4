import { posix } from 'node:path';
import type { FoundImport, SourceModule } from './read-module.ts';
import type { Allowance, TestFolders } from './test-folders.ts';

/** Every breach of the table, one sentence each. `modules`: by their path within `test/`, with `/`. */
export function findTestBreaches(modules: ReadonlyMap<string, SourceModule>, house: TestFolders): string[] {
  return [...modules].flatMap(([path, { imports }]) => {
    const allowances = allowancesOf(path, house);
    if (allowances.length === 0) return [`${path} is in a folder that the table does not know`];
    return imports
      .filter(({ specifier }) => specifier.startsWith('.'))
      .filter((found) => !allowances.some((allowance) => isAllowed(path, found, allowance)))
      .map(({ specifier, typeOnly }) => `${path} imports ${typeOnly ? 'types of ' : ''}${specifier}`);
  });
}

function allowancesOf(path: string, { kinds, exceptions }: TestFolders): Allowance[] {
  const [kind = ''] = path.split('/');
  const general = kinds[kind];
  return [
    ...(general === undefined ? [] : [general]),
    ...exceptions.filter(({ folder }) => path.startsWith(`${folder}/`)),
  ];
}

function isAllowed(path: string, { specifier, typeOnly }: FoundImport, allowance: Allowance): boolean {
  const target = posix.join('test', posix.dirname(path), specifier);
  const [top = '', ...rest] = target.split('/');
  const inside = rest.join('/');
  if (top === 'test') {
    return isInside(inside, folderOf(path)) || (allowance.test ?? []).some((folder) => isInside(inside, folder));
  }
  if (top !== 'agent') return allowance.files?.includes(target) ?? false;
  const [room = ''] = rest;
  const runs = (allowance.runs ?? []).map((one) => (one === 'own' ? path.split('/')[1] : one));
  if (runs.includes(room)) return true;
  return typeOnly && (allowance.types === 'any' || (allowance.types ?? []).includes(room));
}

/** `rooms/sync` for `rooms/sync/plan-sync.test.ts`; the kind alone for a file that stands right under it. */
function folderOf(path: string): string {
  return path.split('/').slice(0, -1).slice(0, 2).join('/');
}

function isInside(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`);
}
