import { describe, expect, it } from 'vitest';
import { toSystemDigest } from '../../../agent/compass/known-systems.ts';
import {
  type LandscapeAnswer,
  neverAborted,
  type PairedUcl,
  rewriteLandscape,
  usePairedUcl,
} from './use-paired-ucl.ts';

let ucl: PairedUcl;

usePairedUcl((paired) => {
  ucl = paired;
});

const bundles: Parameters<PairedUcl['registerSystems']>[1] = [
  { name: 'orders', defaultInstanceAuth: { credential: { basic: { username: 'ada', password: 'secret' } } } },
  { name: 'open' },
];

/** Turns the order of the bundles of every system around. */
const turned = rewriteLandscape((answer: LandscapeAnswer) => {
  for (const system of answer.data.applicationsForRuntime.data) {
    const { data } = system.bundles as { data: unknown[] };
    data.reverse();
  }
  return answer;
});

describe('a read after a read', () => {
  it('gives the very same landscape while nothing has changed, whatever the order of bundles', async () => {
    ucl.registerSystems(3, bundles);
    const director = ucl.director({ pageSize: 2 });
    const first = await director.readLandscape(neverAborted);
    ucl.faults.add({ on: 'director', times: 2, effect: turned });
    expect(await director.readLandscape(neverAborted)).toBe(first);
    expect(await director.readLandscape(neverAborted)).toBe(first);
  });

  it('keeps the systems that are as they were, beside one with another password', async () => {
    ucl.registerSystems(3, bundles);
    const director = ucl.director();
    const first = await director.readLandscape(neverAborted);
    const [changed = ''] = ucl.applicationIds;
    const other = { basic: { username: 'ada', password: 'another' } };
    ucl.landscape.updateApplication(changed, {
      bundles: [{ name: 'orders', defaultInstanceAuth: { credential: other } }],
    });
    const second = await director.readLandscape(neverAborted);
    expect(second).not.toBe(first);
    const kept = second.applications.filter((system) => first.applications.includes(system));
    expect(kept.map(({ id }) => id).sort()).toEqual(ucl.applicationIds.slice(1).sort());
    const system = second.applications.find(({ id }) => id === changed);
    expect(system?.bundles[0]?.auth?.credential?.fields).toEqual({ username: 'ada', password: 'another' });
  });

  it('keeps a system whose bundles came in further pages, and asks for these each time', async () => {
    ucl.registerSystems(1, bundles);
    const director = ucl.director({ nestedPageSize: 1 });
    const first = await director.readLandscape(neverAborted);
    ucl.requests.clear();
    expect(await director.readLandscape(neverAborted)).toBe(first);
    expect(ucl.requests.all()).toHaveLength(2);
  });

  it('is another landscape when a system leaves, comes, or the labels of the runtime change', async () => {
    ucl.registerSystems(2, bundles);
    const director = ucl.director();
    const first = await director.readLandscape(neverAborted);
    await director.setRuntimeLabel('runtime_consoleUrl', 'https://console.example.test', neverAborted);
    const labelled = await director.readLandscape(neverAborted);
    expect(labelled.runtimeLabels).toMatchObject({ runtime_consoleUrl: 'https://console.example.test' });
    expect(labelled.applications[0]).toBe(first.applications[0]);
    ucl.registerSystems(1, bundles);
    expect((await director.readLandscape(neverAborted)).applications).toHaveLength(3);
    ucl.landscape.unassign(ucl.applicationIds[2] ?? '', 'APPLICATION', ucl.formation);
    expect((await director.readLandscape(neverAborted)).applications).toHaveLength(2);
  });
});

describe('the digest of a system', () => {
  it('is the same for lists of things with ids in another order, and another for other values', () => {
    const digest = toSystemDigest({ id: 'a', list: [{ id: '1' }, { id: '2' }], headers: ['x', 'y'] });
    expect(toSystemDigest({ id: 'a', list: [{ id: '2' }, { id: '1' }], headers: ['x', 'y'] })).toBe(digest);
    expect(toSystemDigest({ id: 'a', list: [{ id: '1' }, { id: '2' }], headers: ['y', 'x'] })).not.toBe(digest);
    expect(toSystemDigest({ id: 'a', list: [{ id: '1' }, { id: '3' }], headers: ['x', 'y'] })).not.toBe(digest);
  });

  it('is not to be had of what nests too deeply', () => {
    expect(toSystemDigest(JSON.parse(`{"id":"a","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`))).toBeUndefined();
  });
});
