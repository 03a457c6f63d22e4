import { expect, test } from 'vitest';
import { createHeapTidier } from '../../../agent/cli/create-heap-tidier.ts';

const mib = 2 ** 20;

/** A process that has this much in memory now, and keeps that much once it has collected. */
function startProcess(residentMiB: number, keptMiB: number) {
  const state = { residentMiB, keptMiB, collections: 0 };
  const tidy = createHeapTidier({
    resident: () => state.residentMiB * mib,
    collect: () => {
      state.collections += 1;
      state.residentMiB = state.keptMiB;
    },
  });
  return { state, tidy };
}

test.each([
  ['a small agent collects again only when 2 MiB have piled up', 45, 32, 33.9, 34.1],
  ['a large agent lets more pile up', 300, 200, 205, 207],
])('%s', (_, residentMiB, keptMiB, littleMiB, muchMiB) => {
  const { state, tidy } = startProcess(residentMiB, keptMiB);
  tidy();
  expect(state.collections).toBe(1);
  state.residentMiB = littleMiB;
  tidy();
  expect(state.collections).toBe(1);
  state.residentMiB = muchMiB;
  tidy();
  expect(state.collections).toBe(2);
});

test('nothing happens where Node offers no collection', () => {
  const tidy = createHeapTidier({
    resident: () => {
      throw new Error('asked for nothing');
    },
    collect: undefined,
  });
  expect(tidy).not.toThrow();
});
