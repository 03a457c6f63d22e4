import { expect, test } from 'vitest';
import { renderSoak, toPlots } from './render-soak.ts';
import type { Deed, Sample } from './soak-record.ts';

const mebibyte = 1024 * 1024;
const samples = Array.from({ length: 13 }, (_, at): Sample => {
  const memory = { anonymous: 60 * mebibyte, workingSet: 62.5 * mebibyte };
  return {
    atMs: at * 10_000,
    ...memory,
    handles: 31,
    sockets: 13,
    watches: at,
    logBytes: at * 6_000,
    syncs: 5 + at * 100,
  };
});
const deeds: Deed[] = [
  { what: 'day', atMs: 10_000 },
  { what: 'etcd', atMs: 60_000 },
  { what: 'etcd', atMs: 90_000 },
];

test('The tables say how long it ran, what was done how often, and what grew', () => {
  const text = renderSoak({ samples, deeds });
  expect(text).toMatch(/^Measured with `npm run soak` in 2 minutes .*, with 13 samples\.$/m);
  expect(text).toContain('| Syncs | 1,200 |');
  expect(text).toContain('| Kills of etcd | 2 |');
  expect(text).toContain('| Kills of the kubelet | 0 |');
  expect(text).toContain('| Memory, working set, MiB | 62.5 | 62.5 | 62.5 | yes |');
  expect(text).toContain('| Log, bytes for each sync | 60.0 | 60.0 | 60.0 | yes |');
  expect(text).toMatch(/^\| Watches \| 5\.0 \| 11\.0 \| 12\.0 \| no \|$/m);
});

test('Every plot that the tables show is there, with a mark for each restart of a server', () => {
  const plots = toPlots({ samples, deeds });
  const shown = [...renderSoak({ samples, deeds }).matchAll(/\(soak\/(\w+)\.svg\)/g)].map(([, name]) => name);
  expect([...plots.keys()]).toEqual(shown);
  for (const plot of plots.values()) {
    expect(plot).toContain('>2 min<');
    expect(plot.match(/stroke-dasharray/g)).toHaveLength(2);
  }
});
