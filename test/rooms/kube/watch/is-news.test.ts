import { expect, test } from 'vitest';
import type { ObjectMeta } from '../../../../agent/domain/resources.ts';
import { isNews } from '../../../../agent/kube/watch/is-news.ts';

interface Thing {
  metadata: ObjectMeta;
  content: string;
}

const thing = (content: string): Thing => ({ metadata: { name: 'one' }, content });
const toFingerprint = (object: Thing | undefined) => object?.content ?? '';

test('a change is news when the fingerprint of the object changed by it', () => {
  const modified = { kind: 'modified' as const, initial: false };
  expect(isNews({ ...modified, previous: thing('a'), object: thing('b') }, 'synced', toFingerprint)).toBe(true);
  expect(isNews({ ...modified, previous: thing('a'), object: thing('a') }, 'synced', toFingerprint)).toBe(false);
  expect(isNews({ kind: 'added', object: thing('a'), initial: false }, 'synced', toFingerprint)).toBe(true);
  expect(isNews({ kind: 'added', object: thing(''), initial: false }, 'synced', toFingerprint)).toBe(false);
  expect(isNews({ kind: 'deleted', previous: thing('a'), initial: false }, 'synced', toFingerprint)).toBe(true);
  expect(isNews({ kind: 'deleted', previous: thing(''), initial: false }, 'synced', toFingerprint)).toBe(false);
});

test('the first list is news only to those who no longer wait for it', () => {
  const first = { kind: 'added' as const, object: thing('a'), initial: true };
  expect(isNews(first, 'starting', toFingerprint)).toBe(false);
  expect(isNews(first, 'forbidden', toFingerprint)).toBe(true);
  expect(isNews({ ...first, initial: false }, 'starting', toFingerprint)).toBe(true);
});
