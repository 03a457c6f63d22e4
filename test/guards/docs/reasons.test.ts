import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const page = readFileSync(join(root, 'docs', 'reasons.md'), 'utf8');
const documented = [...page.matchAll(/^\| `([A-Za-z]+)` \|/gm)].map(([, reason = '']) => reason);

/** Where reasons come to be besides the union: systems, conditions, Events, renewals, the command line. */
const sources = [
  ...readdirSync(join(root, 'agent', 'sync')).map((file) => `sync/${file}`),
  'loop/summarize.ts',
  'loop/connection-events.ts',
  'connection/decide-renewal.ts',
  'cli/connection-report.ts',
];

/** Capitalised literals of those files that are no reasons. */
const otherWords = [
  // Kinds and types of objects and credentials
  ...['Application', 'Secret', 'Opaque', 'Basic', 'Events'],
  // Conditions and their status
  ...['Ready', 'CertificateValid', 'Stalled', 'True', 'False', 'Unknown'],
  // Types of Events
  ...['Normal', 'Warning'],
  // Legacy states
  ...['ConnectionFailed', 'ConnectionMaintenanceFailed', 'SynchronizationFailed'],
  ...['ResourceApplicationFailed', 'MetadataUpdateFailed'],
];

function read(file: string): string {
  return readFileSync(join(root, 'agent', file), 'utf8');
}

function findWords(source: string): string[] {
  return [...source.matchAll(/'([A-Z][a-z]+(?:[A-Z][a-z]+)*)'/g)].map(([, word = '']) => word);
}

const union = /export type Reason =([^;]+);/.exec(read('errors/agent-error.ts'))?.[1] ?? '';
const words = new Set([...findWords(union), ...sources.flatMap((file) => findWords(read(file)))]);
const reasons = [...words].filter((word) => !otherWords.includes(word));

describe('docs/reasons.md', () => {
  test('is held to more than twenty reasons, so that a change of style cannot empty the comparison', () => {
    expect(findWords(union).length).toBeGreaterThan(20);
    expect(reasons.length).toBeGreaterThan(findWords(union).length);
  });

  test('explains every reason of the code, and none that the code does not have', () => {
    expect([...documented].sort()).toEqual([...reasons].sort());
  });

  test('is compared without a word that the code no longer has', () => {
    expect(otherWords.filter((word) => !words.has(word))).toEqual([]);
  });
});
