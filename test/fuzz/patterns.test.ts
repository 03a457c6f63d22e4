import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { findAttack } from './find-attack.ts';
import { findPatterns } from './find-patterns.ts';

const patterns = globSync('agent/**/*.ts').flatMap((file) => {
  const found = findPatterns(readFileSync(file, 'utf8'));
  return found.map((pattern) => ({ file, pattern }));
});

test('the patterns of the agent are found', () => {
  expect(patterns.length).toBeGreaterThan(40);
});

test.each(patterns)('$pattern in $file takes linear time, whatever it is led on with', ({ pattern }) => {
  expect(findAttack(pattern)).toBeUndefined();
});

test.each([
  /\bey[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{4,}/g,
  /^[A-Za-z0-9+/\s]+={0,2}\s*$/,
  /\?.*$/,
  /[^A-Za-z0-9]+$/,
  /\/+$/,
  /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i,
  /^(\w+\s?)*$/,
])('a pattern that takes quadratic time or worse is found: %s', (pattern) => {
  expect(findAttack(pattern)).toBeDefined();
});
