import { expect, test } from 'vitest';
import { parseMounts, selectHierarchies } from './cgroups.ts';

test('Where both versions are mounted a node is counted by every hierarchy of version 1, and by no other', () => {
  const mounts = [
    'tmpfs /sys/fs/cgroup tmpfs rw,relatime,mode=755 0 0',
    'cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,relatime,cpu,cpuacct 0 0',
    'cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0',
    'cgroup /sys/fs/cgroup/systemd cgroup rw,relatime,xattr,name=systemd 0 0',
    'cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0',
    '',
  ];
  const all = parseMounts(mounts.join('\n'));
  expect(all.at(-1)).toEqual({ folder: '/sys/fs/cgroup/unified', version: 2 });
  expect(selectHierarchies(all)).toEqual([
    { folder: '/sys/fs/cgroup/cpu,cpuacct', version: 1 },
    { folder: '/sys/fs/cgroup/memory', version: 1 },
    { folder: '/sys/fs/cgroup/systemd', version: 1 },
  ]);
});

test('Version 2 has one hierarchy for all', () => {
  const mounts = 'proc /proc proc rw 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n';
  expect(selectHierarchies(parseMounts(mounts))).toEqual([{ folder: '/sys/fs/cgroup', version: 2 }]);
});
