import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findPodBlocks, findPodSpans, podCommands, readPages } from '../../suites/node/pod-commands.ts';

const root = join(import.meta.dirname, '../../..');
const pages = [...readPages(), readFileSync(join(root, 'README.md'), 'utf8')];
const found = pages.flatMap(findPodBlocks).map(({ line }) => line);

test('Every command of the documents that needs a pod is run on a real node, and no other is', () => {
  expect([...new Set(found)].sort()).toEqual(podCommands.map(({ line }) => line).sort());
});

test('Such a command within a sentence stands in a block too, and is run there', () => {
  const spans = pages.flatMap(findPodSpans);
  expect(spans.filter((span) => !found.includes(span))).toEqual([]);
});

test('A block is found by any of its lines, within a list too', () => {
  const page = 'Text\n\n   ```sh\n   kubectl get crd\n   kubectl top pod -n a\n   ```\n\nand `kubectl exec a -- b`.\n';
  expect(findPodBlocks(page)).toEqual([
    { commands: 'kubectl get crd\nkubectl top pod -n a\n', line: 'kubectl top pod -n a' },
  ]);
  expect(findPodSpans(page)).toEqual(['kubectl exec a -- b']);
});
