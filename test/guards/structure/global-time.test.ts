import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findGlobalTime, findUses, timeKeepers } from './global-time.ts';

const agentFolder = join(import.meta.dirname, '../../../agent');

function readSources(): Map<string, string> {
  const paths = readdirSync(agentFolder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  return new Map(paths.map((path) => [path.replaceAll('\\', '/'), readFileSync(join(agentFolder, path), 'utf8')]));
}

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
