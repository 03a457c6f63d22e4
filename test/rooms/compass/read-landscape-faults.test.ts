import { describe, expect, it } from 'vitest';
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

describe('an answer with faults', () => {
  it('makes a system a gap when an error lies inside it, and keeps the others', async () => {
    ucl.registerSystems(3, [{ name: 'bundle' }]);
    let spoilt = '';
    ucl.faults.add({
      on: 'director',
      effect: rewriteLandscape((page) => {
        const application = page.data.applicationsForRuntime.data[1];
        spoilt = String(application?.id);
        Object.assign(application ?? {}, { bundles: null });
        const path = ['applicationsForRuntime', 'data', 1, 'bundles'];
        return {
          errors: [
            {
              message: 'Internal Server Error [errorID=x, reason: pass=hunter2]',
              path,
              extensions: { error_code: 10 },
            },
          ],
          ...page,
        };
      }),
    });
    const { applications, gaps } = await ucl.director().readLandscape(neverAborted);
    expect(applications).toHaveLength(2);
    expect(gaps).toEqual([
      {
        applicationId: spoilt,
        name: expect.stringMatching(/^mp-system-/),
        message: 'This system could not be read: Director answered: Internal Server Error.',
      },
    ]);
  });

  it.each([
    ['no bundles', { bundles: null }],
    ['no system auths', { auths: null }],
    [
      'a bundle without a name',
      { bundles: { data: [{ id: 'x' }], totalCount: 1, pageInfo: { endCursor: '', hasNextPage: false } } },
    ],
    ['a description that is no text', { description: 7 }],
  ])('makes a system a gap that comes with %s', async (_, spoil) => {
    ucl.registerSystems(2, [{ name: 'bundle' }]);
    ucl.faults.add({
      on: 'director',
      effect: rewriteLandscape((page) => {
        Object.assign(page.data.applicationsForRuntime.data[0] ?? {}, spoil);
        return page;
      }),
    });
    const { applications, gaps } = await ucl.director().readLandscape(neverAborted);
    expect([applications.length, gaps.length]).toEqual([1, 1]);
  });

  it.each([
    [
      'nothing but null for the page',
      (page: LandscapeAnswer) => ({ data: { ...page.data, applicationsForRuntime: null } }),
      'InvalidAnswer',
    ],
    ['no page', (page: LandscapeAnswer) => ({ data: { viewer: Reflect.get(page.data, 'viewer') } }), 'InvalidAnswer'],
    ['no viewer', (page: LandscapeAnswer) => ({ data: { ...page.data, viewer: null } }), 'InvalidAnswer'],
    ['no runtime', (page: LandscapeAnswer) => ({ data: { ...page.data, runtime: null } }), 'InvalidAnswer'],
    ['no data', () => ({ data: null }), 'InvalidAnswer'],
    ['no key that GraphQL knows', () => ({ error: { code: 500 } }), 'InvalidAnswer'],
    [
      'an error beside the page',
      (page: LandscapeAnswer) => ({
        errors: [{ message: 'no', path: ['runtime'], extensions: { error_code: 20 } }],
        ...page,
      }),
      'InvalidAnswer',
    ],
    ['errors that are no list', (page: LandscapeAnswer) => ({ errors: 'no', ...page }), 'InvalidAnswer'],
  ])('fails the read when it holds %s', async (_, change, reason) => {
    ucl.registerSystems(2);
    ucl.faults.add({ on: 'director', times: Number.POSITIVE_INFINITY, effect: rewriteLandscape(change) });
    await expect(ucl.director().readLandscape(neverAborted)).rejects.toMatchObject({ reason });
  });

  it('holds no half characters, in names and in values', async () => {
    ucl.registerSystems(1, [{ name: 'bundle' }]);
    ucl.faults.add({
      on: 'director',
      effect: rewriteLandscape((page) => {
        const application = page.data.applicationsForRuntime.data[0] ?? {};
        Object.assign(application, { name: 'a \ud83d b', description: 'whole \ud83d\ude00, half \ude00' });
        Object.assign(page.data, { runtime: { labels: { 'a\ud800': ['b\udfff'] } } });
        return page;
      }),
    });
    const { applications, runtimeLabels } = await ucl.director().readLandscape(neverAborted);
    expect(applications).toMatchObject([{ name: 'a \ufffd b', description: 'whole 😀, half \ufffd' }]);
    expect(runtimeLabels).toEqual({ 'a\ufffd': ['b\ufffd'] });
  });
});

describe('a page that Compass cannot deliver', () => {
  const everyBigPage = {
    on: 'director' as const,
    times: Number.POSITIVE_INFINITY,
    when: ({ variables }: { variables: Record<string, unknown> }) => Number(variables.first) > 25,
  };

  it.each([
    ['a body cut short', { truncateBody: 40 }, 2 + 3],
    ['a body that does not come to its end in time', { stallBody: 40 }, 2 + 3],
    // Each size twice, and who asks, since it may have been the connection, or Director.
    ['two timeouts in a row', { hang: true as const }, 2 * 3 + 3],
  ])('is asked for in smaller pages after %s, and the size is remembered', async (_, effect, requests) => {
    ucl.registerSystems(60);
    ucl.faults.add({ ...everyBigPage, effect });
    const director = ucl.director({ pageSize: 100, requestTimeoutMs: 1_000 });
    expect((await director.readLandscape(neverAborted)).applications).toHaveLength(60);
    expect(ucl.requests.count()).toBe(requests);
    ucl.faults.clear();
    const readAndCount = async () => {
      ucl.requests.clear();
      await director.readLandscape(neverAborted);
      return ucl.requests.count();
    };
    expect([await readAndCount(), await readAndCount(), await readAndCount()]).toEqual([3, 3, 2]);
  });

  it('is asked for once more in the same size after one timeout: it may have been the connection', async () => {
    ucl.registerSystems(60);
    ucl.faults.add({ ...everyBigPage, times: 1, effect: { hang: true as const } });
    const director = ucl.director({ pageSize: 100, requestTimeoutMs: 1_000 });
    expect((await director.readLandscape(neverAborted)).applications).toHaveLength(60);
    expect(ucl.requests.count()).toBe(2);
  });

  it('is asked for on a fresh connection first where the one that was idle is silent', async () => {
    ucl.registerSystems(60);
    let instant = 0;
    const time = { now: () => new Date(), instant: () => instant, sleepUntil: async () => undefined };
    const director = ucl.director({ pageSize: 100, requestTimeoutMs: 1_000, time });
    await director.readLandscape(neverAborted);
    instant += 60_000;
    ucl.requests.clear();
    // On the idle connection, and once on a fresh one: that is no two in a row.
    ucl.faults.add({ ...everyBigPage, times: 2, effect: { hang: true as const } });
    expect((await director.readLandscape(neverAborted)).applications).toHaveLength(60);
    expect(ucl.requests.count()).toBe(3);
  });

  it('keeps its size where Director answers nothing at all', async () => {
    ucl.registerSystems(60);
    const fault = ucl.faults.add({ on: 'director', times: Number.POSITIVE_INFINITY, effect: { hang: true as const } });
    const director = ucl.director({ pageSize: 100, requestTimeoutMs: 500 });
    await expect(director.readLandscape(neverAborted)).rejects.toMatchObject({ reason: 'CompassUnreachable' });
    expect(ucl.requests.count()).toBe(3);
    fault.remove();
    ucl.requests.clear();
    await director.readLandscape(neverAborted);
    expect(ucl.requests.count()).toBe(1);
  });

  it('is asked for in smaller pages after an answer over the size limit', async () => {
    ucl.registerSystems(60);
    const limit = 10_000;
    const director = ucl.director({ maxResponseBytes: limit });
    expect((await director.readLandscape(neverAborted)).applications).toHaveLength(60);
  });

  it('fails the read when the smallest page fails too', async () => {
    ucl.faults.add({ on: 'director', times: Number.POSITIVE_INFINITY, effect: { truncateBody: 40 } });
    await expect(ucl.director().readLandscape(neverAborted)).rejects.toMatchObject({ reason: 'CompassUnreachable' });
    expect(ucl.requests.count()).toBe(6);
  });

  it('costs the one system whose further page it is, and no other', async () => {
    const bundles = Array.from({ length: 205 }, (_, index) => ({ name: `bundle ${index}` }));
    ucl.registerSystems(1, bundles);
    ucl.registerSystems(3);
    ucl.faults.add({
      on: 'director',
      operation: 'application',
      times: Number.POSITIVE_INFINITY,
      effect: { status: 503, body: '' },
    });
    const { applications, gaps } = await ucl.director().readLandscape(neverAborted);
    expect(applications).toHaveLength(3);
    expect(gaps).toMatchObject([{ message: expect.stringContaining('503') }]);
  });

  it.each([
    ['429', { status: 429, headers: { 'retry-after': '20' } }, { reason: 'RateLimited', retryAfterMs: 20_000 }],
    ['500', { status: 500 }, { reason: 'CompassUnreachable' }],
    ['502', { status: 502 }, { reason: 'CompassUnreachable' }],
    ['503', { status: 503, body: '{"Message":"operation has timed out"}' }, { reason: 'CompassUnreachable' }],
    ['504', { status: 504, body: '' }, { reason: 'CompassUnreachable' }],
  ])('is not asked for again within the read after a %s', async (_, effect, expected) => {
    ucl.faults.add({ on: 'director', times: Number.POSITIVE_INFINITY, effect });
    await expect(ucl.director().readLandscape(neverAborted)).rejects.toMatchObject(expected);
    expect(ucl.requests.count()).toBe(1);
  });
});
