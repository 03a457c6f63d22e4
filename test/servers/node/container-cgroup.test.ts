import { expect, test } from 'vitest';
import { toContainerMemory } from './container-cgroup.ts';

test('The working set is what is used less the files that were not touched for long, on both versions of cgroups', () => {
  const first = 'cache 900\nrss 500\ninactive_file 1\ntotal_cache 900\ntotal_rss 700\ntotal_inactive_file 300\n';
  expect(toContainerMemory(1, '2000\n', first)).toEqual({ workingSet: 1700, anonymous: 700 });
  const second = 'anon 700\nfile 900\ninactive_file 300\n';
  expect(toContainerMemory(2, '2000\n', second)).toEqual({ workingSet: 1700, anonymous: 700 });
});
