import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { neverAborted, type PairedUcl, startPairedUcl } from './start-paired-ucl.ts';

let ucl: PairedUcl;
let applicationIds: string[];

/** What the answer of a Director request looks like to a `rewrite`. */
interface Page {
  data: {
    applicationsForRuntime: { data: Record<string, unknown>[]; totalCount: number; pageInfo: Record<string, unknown> };
  };
  errors?: unknown[];
}

function rewrite(change: (page: Page) => unknown) {
  return { rewrite: (answer: object) => change(answer as Page) };
}

function register(
  count: number,
  bundles: Parameters<PairedUcl['landscape']['registerApplication']>[0]['bundles'] = [],
) {
  for (let index = 0; index < count; index += 1) {
    const { id } = ucl.landscape.registerApplication({ name: `system-${index}`, bundles: bundles ?? [] });
    ucl.landscape.assign(id, 'APPLICATION', ucl.formation);
    applicationIds.push(id);
  }
}

beforeAll(async () => {
  ucl = await startPairedUcl();
});

beforeEach(() => {
  for (const id of applicationIds ?? []) {
    try {
      ucl.landscape.unassign(id, 'APPLICATION', ucl.formation);
      ucl.landscape.deleteApplication(id);
    } catch {
      // A test has deleted it.
    }
  }
  applicationIds = [];
  ucl.faults.clear();
  ucl.requests.clear();
  ucl.delays.length = 0;
});

afterAll(() => ucl.stop());

describe('a whole read', () => {
  it('gives every system with its bundles, definitions and credentials', async () => {
    register(1, [
      {
        name: 'orders',
        description: 'all about orders',
        instanceAuthRequestInputSchema: '{"type":"object"}',
        defaultInstanceAuth: {
          credential: { basic: { username: 'ada', password: 'secret' } },
          additionalHeaders: { a: ['1', '2'] },
          additionalQueryParams: { q: ['x'] },
          requestAuth: { csrf: { tokenEndpointURL: 'https://csrf.example.test' } },
        },
        apis: [{ name: 'Orders API', targetURL: 'https://orders.example.test' }],
        events: [{ name: 'Orders Events' }],
      },
      {
        name: 'oauth',
        defaultInstanceAuth: {
          credential: { oauth: { clientId: 'id', clientSecret: 'hush', url: 'https://t.example.test' } },
        },
      },
      {
        name: 'certificate',
        defaultInstanceAuth: {
          credential: { certificateOAuth: { clientId: 'id', certificate: 'c', url: 'https://t.example.test' } },
        },
      },
      { name: 'open', defaultInstanceAuth: null },
    ]);
    const landscape = await ucl.director().readLandscape(neverAborted);
    expect(landscape.gaps).toEqual([]);
    expect(landscape.runtimeLabels).toMatchObject({ isNormalized: 'true' });
    const application = landscape.applications[0];
    expect(application).toMatchObject({ id: applicationIds[0], name: 'mp-system-0', description: null, authIds: [] });
    const byName = new Map(application?.bundles.map((bundle) => [bundle.name, bundle]));
    expect(byName.get('orders')).toMatchObject({
      description: 'all about orders',
      instanceAuthRequestInputSchema: '{"type":"object"}',
      auth: {
        credential: { kind: 'basic', username: 'ada', password: 'secret' },
        additionalHeaders: { a: ['1', '2'] },
        additionalQueryParams: { q: ['x'] },
        csrfTokenEndpointUrl: 'https://csrf.example.test',
      },
      apiDefinitions: [{ name: 'Orders API', targetUrl: 'https://orders.example.test' }],
      eventDefinitions: [{ name: 'Orders Events' }],
    });
    expect(byName.get('oauth')?.auth).toEqual({
      credential: { kind: 'oauth', clientId: 'id', clientSecret: 'hush', url: 'https://t.example.test' },
      additionalHeaders: null,
      additionalQueryParams: null,
      csrfTokenEndpointUrl: null,
    });
    expect(byName.get('certificate')?.auth?.credential).toEqual({
      kind: 'unsupported',
      typename: 'CertificateOAuthCredentialData',
    });
    expect(byName.get('open')).toMatchObject({ auth: null, instanceAuthRequestInputSchema: null });
  });

  it('is an empty landscape, and one request, for a runtime without systems', async () => {
    const { applications, gaps } = await ucl.director().readLandscape(neverAborted);
    expect({ applications, gaps }).toEqual({ applications: [], gaps: [] });
    expect(ucl.requests.count()).toBe(1);
  });

  it('takes 450 systems in three requests, each with its own request id and the tenant', async () => {
    register(450);
    const { applications, gaps } = await ucl.director().readLandscape(neverAborted);
    expect(gaps).toEqual([]);
    expect(applications.map(({ id }) => id).sort()).toEqual([...applicationIds].sort());
    expect(ucl.requests.count()).toBe(3);
    expect(new Set(ucl.requests.all().map(({ requestId }) => requestId)).size).toBe(3);
    expect(ucl.requests.all().every(({ tenant }) => tenant === ucl.landscape.tenantId)).toBe(true);
  });

  it('follows 205 bundles and takes the credentials meant for this runtime, also on the second page', async () => {
    const bundles = Array.from({ length: 205 }, (_, index) => ({ name: `bundle-${index}`, defaultInstanceAuth: null }));
    register(2, [{ name: 'small' }]);
    register(1, bundles);
    const large = applicationIds[2] ?? '';
    const all = await ucl.director().readLandscape(neverAborted);
    for (const bundle of all.applications.find(({ id }) => id === large)?.bundles ?? []) {
      ucl.landscape.setInstanceAuth(bundle.id, ucl.runtimeId, {
        credential: { basic: { username: 'for-this-runtime', password: bundle.name } },
      });
    }
    ucl.requests.clear();
    const { applications, gaps } = await ucl.director().readLandscape(neverAborted);
    const read = applications.find(({ id }) => id === large)?.bundles ?? [];
    expect(gaps).toEqual([]);
    expect(read.map(({ name }) => name).sort()).toEqual(bundles.map(({ name }) => name).sort());
    for (const { name, auth } of read) {
      expect(auth?.credential).toEqual({ kind: 'basic', username: 'for-this-runtime', password: name });
    }
    expect(ucl.requests.count()).toBe(2);
  });

  it('follows 230 API and 410 event definitions of one bundle, one cursor a request', async () => {
    register(1, [
      {
        name: 'large',
        apis: Array.from({ length: 230 }, (_, index) => ({
          name: `api-${index}`,
          targetURL: `https://a.test/${index}`,
        })),
        events: Array.from({ length: 410 }, (_, index) => ({ name: `event-${index}` })),
      },
      { name: 'small', apis: [{ name: 'one', targetURL: 'https://one.test' }] },
    ]);
    const { applications, gaps } = await ucl.director().readLandscape(neverAborted);
    expect(gaps).toEqual([]);
    const large = applications[0]?.bundles.find(({ name }) => name === 'large');
    expect(new Set(large?.apiDefinitions.map(({ id }) => id)).size).toBe(230);
    expect(new Set(large?.eventDefinitions.map(({ id }) => id)).size).toBe(410);
    expect(applications[0]?.bundles.find(({ name }) => name === 'small')?.apiDefinitions).toHaveLength(1);
    expect(ucl.requests.count()).toBe(1 + 1 + 2);
  });
});

describe('a landscape that moves', () => {
  it('is read again from the start', async () => {
    register(6);
    ucl.faults.add({
      on: 'director',
      when: ({ page }) => page === 2,
      effect: { movingLandscape: (landscape) => landscape.deleteApplication(applicationIds[0] ?? '') },
    });
    const { applications } = await ucl.director({ pageSize: 3 }).readLandscape(neverAborted);
    expect(applications.map(({ id }) => id).sort()).toEqual(applicationIds.slice(1).sort());
    expect(ucl.delays).toEqual([500]);
  });

  it('fails as LandscapeMoving when it never rests, with growing delays between the reads', async () => {
    register(3);
    ucl.faults.add({
      on: 'director',
      times: Number.POSITIVE_INFINITY,
      effect: rewrite((page) => {
        page.data.applicationsForRuntime.totalCount += 1;
        return page;
      }),
    });
    await expect(ucl.director().readLandscape(neverAborted)).rejects.toMatchObject({
      reason: 'LandscapeMoving',
      next: 'retry',
    });
    expect(ucl.requests.count()).toBe(4);
    expect(ucl.delays).toEqual([500, 1000, 2000]);
  });

  it.each([
    [
      'a system comes twice',
      (page: Page) => page.data.applicationsForRuntime.data.push(page.data.applicationsForRuntime.data[0] ?? {}),
    ],
    [
      'a page promises more and gives no cursor',
      (page: Page) => Object.assign(page.data.applicationsForRuntime.pageInfo, { hasNextPage: true, endCursor: '' }),
    ],
    [
      'a page leads to itself',
      (page: Page) =>
        Object.assign(page.data.applicationsForRuntime.pageInfo, { hasNextPage: true, endCursor: 'RHBLdEo0ajlqRHEw' }),
    ],
    [
      'an answer is one empty page while the total says more',
      (page: Page) => Object.assign(page.data.applicationsForRuntime, { data: [] }),
    ],
  ])('is not believed when %s', async (_, spoil) => {
    register(3);
    ucl.faults.add({
      on: 'director',
      times: Number.POSITIVE_INFINITY,
      effect: rewrite((page) => {
        spoil(page);
        return page;
      }),
    });
    await expect(ucl.director().readLandscape(neverAborted)).rejects.toMatchObject({ reason: 'LandscapeMoving' });
  });

  it('may end with an empty page', async () => {
    register(4);
    ucl.faults.add({
      on: 'director',
      when: ({ page }) => page === 1,
      effect: rewrite((page) => {
        Object.assign(page.data.applicationsForRuntime.pageInfo, {
          hasNextPage: true,
          endCursor: Buffer.from('DpKtJ4j9jDq4').toString('base64'),
        });
        return page;
      }),
    });
    const { applications } = await ucl.director({ pageSize: 4 }).readLandscape(neverAborted);
    expect(applications).toHaveLength(4);
    expect(ucl.requests.count()).toBe(2);
  });

  it('is read again when a system leaves between its pages', async () => {
    register(2);
    register(
      1,
      Array.from({ length: 12 }, (_, index) => ({ name: `b-${index}` })),
    );
    const leaving = applicationIds[2] ?? '';
    ucl.faults.add({
      on: 'director',
      operation: 'application',
      effect: { movingLandscape: (landscape) => landscape.unassign(leaving, 'APPLICATION', ucl.formation) },
    });
    const { applications, gaps } = await ucl.director({ nestedPageSize: 10 }).readLandscape(neverAborted);
    expect(gaps).toEqual([]);
    expect(applications.map(({ id }) => id).sort()).toEqual(applicationIds.slice(0, 2).sort());
  });

  it('costs one system only where that system alone never holds together', async () => {
    register(2, [{ name: 'bundle' }]);
    ucl.faults.add({
      on: 'director',
      times: Number.POSITIVE_INFINITY,
      effect: {
        rewrite: (answer: object) => {
          const text = JSON.stringify(answer);
          const spoilt = JSON.parse(text) as { data: { application?: { bundles: { totalCount: number } } } } & Page;
          const applications = spoilt.data.applicationsForRuntime?.data ?? [];
          for (const application of applications) {
            if (application.id === applicationIds[0]) Object.assign(Object(application.bundles), { totalCount: 9 });
          }
          if (spoilt.data.application) spoilt.data.application.bundles.totalCount = 9;
          return spoilt;
        },
      },
    });
    const { applications, gaps } = await ucl.director().readLandscape(neverAborted);
    expect(applications.map(({ id }) => id)).toEqual([applicationIds[1]]);
    expect(gaps).toMatchObject([{ applicationId: applicationIds[0], name: 'mp-system-0' }]);
    expect(gaps[0]?.message).toContain('its lists changed each time');
  });
});

describe('an answer with faults', () => {
  it('makes a system a gap when an error lies inside it, and keeps the others', async () => {
    register(3, [{ name: 'bundle' }]);
    let spoilt = '';
    ucl.faults.add({
      on: 'director',
      effect: rewrite((page) => {
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
    register(2, [{ name: 'bundle' }]);
    ucl.faults.add({
      on: 'director',
      effect: rewrite((page) => {
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
      (page: Page) => ({ data: { ...page.data, applicationsForRuntime: null } }),
      'InvalidAnswer',
    ],
    ['no page', (page: Page) => ({ data: { viewer: Reflect.get(page.data, 'viewer') } }), 'InvalidAnswer'],
    ['no viewer', (page: Page) => ({ data: { ...page.data, viewer: null } }), 'InvalidAnswer'],
    ['no runtime', (page: Page) => ({ data: { ...page.data, runtime: null } }), 'InvalidAnswer'],
    ['no data', () => ({ data: null }), 'InvalidAnswer'],
    ['no key that GraphQL knows', () => ({ error: { code: 500 } }), 'InvalidAnswer'],
    [
      'an error beside the page',
      (page: Page) => ({ errors: [{ message: 'no', path: ['runtime'], extensions: { error_code: 20 } }], ...page }),
      'InvalidAnswer',
    ],
    ['errors that are no list', (page: Page) => ({ errors: 'no', ...page }), 'InvalidAnswer'],
  ])('fails the read when it holds %s', async (_, change, reason) => {
    register(2);
    ucl.faults.add({ on: 'director', times: Number.POSITIVE_INFINITY, effect: rewrite(change) });
    await expect(ucl.director().readLandscape(neverAborted)).rejects.toMatchObject({ reason });
  });

  it('is read again without the input schemas where one of them breaks it', async () => {
    register(3, [{ name: 'odd', instanceAuthRequestInputSchema: '{}' }]);
    ucl.faults.add({
      on: 'director',
      times: Number.POSITIVE_INFINITY,
      when: ({ page, variables }) => page === 1 && variables.withInputSchema === true,
      effect: {
        status: 422,
        body: '{"errors":[{"message":"Internal Server Error [errorID=x]","extensions":{"error_code":10}}],"data":null}',
      },
    });
    const { applications, gaps } = await ucl.director({ pageSize: 2 }).readLandscape(neverAborted);
    expect(gaps).toEqual([]);
    const schemas = applications.map(({ bundles }) => bundles[0]?.instanceAuthRequestInputSchema);
    expect(schemas).toEqual([undefined, undefined, '{}']);
    expect(ucl.requests.count()).toBe(3);
  });
});

describe('a page that Compass cannot deliver', () => {
  const everyBigPage = {
    on: 'director' as const,
    times: Number.POSITIVE_INFINITY,
    when: ({ variables }: { variables: Record<string, unknown> }) => Number(variables.first) > 25,
  };

  it.each([
    ['a 503', { status: 503, body: '{"Message":"operation has timed out"}' }],
    ['a 504', { status: 504, body: '' }],
    ['a body cut short', { truncateBody: 40 }],
    ['a timeout', { hang: true as const }],
  ])('is asked for in smaller pages after %s, and the size is remembered', async (_, effect) => {
    register(60);
    ucl.faults.add({ ...everyBigPage, effect });
    const director = ucl.director({ pageSize: 100, requestTimeoutMs: 1_000 });
    expect((await director.readLandscape(neverAborted)).applications).toHaveLength(60);
    expect(ucl.requests.count()).toBe(2 + 3);
    ucl.faults.clear();
    ucl.requests.clear();
    await director.readLandscape(neverAborted);
    expect(ucl.requests.count()).toBe(2);
    ucl.requests.clear();
    await director.readLandscape(neverAborted);
    await director.readLandscape(neverAborted);
    await director.readLandscape(neverAborted);
    ucl.requests.clear();
    await director.readLandscape(neverAborted);
    expect(ucl.requests.count()).toBe(1);
  });

  it('is asked for in smaller pages after an answer over the size limit', async () => {
    register(60);
    const limit = 10_000;
    const director = ucl.director({ maxResponseBytes: limit });
    expect((await director.readLandscape(neverAborted)).applications).toHaveLength(60);
  });

  it('fails the read when the smallest page fails too', async () => {
    ucl.faults.add({ on: 'director', times: Number.POSITIVE_INFINITY, effect: { status: 503, body: '' } });
    await expect(ucl.director().readLandscape(neverAborted)).rejects.toMatchObject({ reason: 'CompassUnreachable' });
    expect(ucl.requests.count()).toBe(6);
  });

  it.each([
    ['429', { status: 429, headers: { 'retry-after': '20' } }, { reason: 'RateLimited', retryAfterMs: 20_000 }],
    ['500', { status: 500 }, { reason: 'CompassUnreachable' }],
    ['502', { status: 502 }, { reason: 'CompassUnreachable' }],
  ])('is not asked for again within the read after a %s', async (_, effect, expected) => {
    ucl.faults.add({ on: 'director', times: Number.POSITIVE_INFINITY, effect });
    await expect(ucl.director().readLandscape(neverAborted)).rejects.toMatchObject(expected);
    expect(ucl.requests.count()).toBe(1);
  });
});

describe('the identity', () => {
  it('of another runtime of the tenant is RuntimeMismatch, though Director would answer', async () => {
    const other = ucl.landscape.registerRuntime({ name: 'other' });
    const director = ucl.director({ runtimeId: other.id });
    await expect(director.readLandscape(neverAborted)).rejects.toMatchObject({
      reason: 'RuntimeMismatch',
      next: 'wait',
    });
    await expect(director.proveIdentity(neverAborted)).rejects.toMatchObject({ reason: 'RuntimeMismatch' });
  });

  it.each(['00000000-1111-4000-8000-000000000000', 'no-uuid'])(
    '%s, which Director does not know, is RuntimeMismatch',
    async (id) => {
      const director = ucl.director({ runtimeId: id });
      await expect(director.readLandscape(neverAborted)).rejects.toMatchObject({ reason: 'RuntimeMismatch' });
    },
  );

  it('of a tenant that Compass does not know for the certificate is CompassRefused, and the remedy names TENANT', async () => {
    const tenant = ucl.landscape.tenantId.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
    const error = await ucl
      .director({ tenant })
      .proveIdentity(neverAborted)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ reason: 'CompassRefused', next: 'wait' });
  });

  it('is proven by one request', async () => {
    await ucl.director().proveIdentity(neverAborted);
    expect(ucl.requests.count()).toBe(1);
  });
});

describe('labels of the runtime', () => {
  it('are set in the Director', async () => {
    await ucl.director().setRuntimeLabel('runtime_consoleUrl', 'https://console.example.test', neverAborted);
    expect(ucl.landscape.runtimeLabels(ucl.runtimeId)).toMatchObject({
      runtime_consoleUrl: 'https://console.example.test',
    });
  });

  it('that Compass refuses are InvalidAnswer', async () => {
    const refused = ucl.director().setRuntimeLabel('not-a-key', 'value', neverAborted);
    await expect(refused).rejects.toMatchObject({ reason: 'InvalidAnswer', details: { code: 22 } });
  });
});
