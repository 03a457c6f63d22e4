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

const everyKindOfBundle: Parameters<PairedUcl['registerSystems']>[1] = [
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
];

describe('a whole read', () => {
  it('gives every system with its bundles, definitions and credentials', async () => {
    ucl.registerSystems(1, everyKindOfBundle);
    const landscape = await ucl.director().readLandscape(neverAborted);
    expect(landscape.gaps).toEqual([]);
    expect(landscape.runtimeLabels).toMatchObject({ isNormalized: 'true' });
    const application = landscape.applications[0];
    expect(application).toMatchObject({
      id: ucl.applicationIds[0],
      name: 'mp-system-0',
      description: null,
      authIds: [],
    });
    const byName = new Map(application?.bundles.map((bundle) => [bundle.name, bundle]));
    expect(byName.get('orders')).toMatchObject({
      description: 'all about orders',
      instanceAuthRequestInputSchema: '{"type":"object"}',
      auth: {
        credential: { typename: 'BasicCredentialData', fields: { username: 'ada', password: 'secret' } },
        additionalHeaders: { a: ['1', '2'] },
        additionalQueryParams: { q: ['x'] },
        csrfTokenEndpointUrl: 'https://csrf.example.test',
      },
      apiDefinitions: [{ name: 'Orders API', targetUrl: 'https://orders.example.test' }],
      eventDefinitions: [{ name: 'Orders Events' }],
    });
    expect(byName.get('oauth')?.auth).toEqual({
      credential: {
        typename: 'OAuthCredentialData',
        fields: { clientId: 'id', clientSecret: 'hush', url: 'https://t.example.test' },
      },
      additionalHeaders: null,
      additionalQueryParams: null,
      csrfTokenEndpointUrl: null,
    });
    expect(byName.get('certificate')?.auth?.credential).toEqual({
      typename: 'CertificateOAuthCredentialData',
      fields: {},
    });
    expect(byName.get('open')).toMatchObject({ auth: null, instanceAuthRequestInputSchema: null });
  });

  it('is an empty landscape, and one request, for a runtime without systems', async () => {
    const { applications, gaps } = await ucl.director().readLandscape(neverAborted);
    expect({ applications, gaps }).toEqual({ applications: [], gaps: [] });
    expect(ucl.requests.count()).toBe(1);
  });

  it('takes 450 systems in three requests, each with its own request id and the tenant', async () => {
    ucl.registerSystems(450);
    const { applications, gaps } = await ucl.director().readLandscape(neverAborted);
    expect(gaps).toEqual([]);
    expect(applications.map(({ id }) => id).sort()).toEqual([...ucl.applicationIds].sort());
    expect(ucl.requests.count()).toBe(3);
    expect(new Set(ucl.requests.all().map(({ requestId }) => requestId)).size).toBe(3);
    expect(ucl.requests.all().every(({ tenant }) => tenant === ucl.landscape.tenantId)).toBe(true);
  });

  it('follows 205 bundles and takes the credentials meant for this runtime, also on the second page', async () => {
    const bundles = Array.from({ length: 205 }, (_, index) => ({ name: `bundle-${index}`, defaultInstanceAuth: null }));
    ucl.registerSystems(2, [{ name: 'small' }]);
    ucl.registerSystems(1, bundles);
    const large = ucl.applicationIds[2] ?? '';
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
      expect(auth?.credential).toEqual({
        typename: 'BasicCredentialData',
        fields: { username: 'for-this-runtime', password: name },
      });
    }
    expect(ucl.requests.count()).toBe(2);
  });

  it('follows 230 API and 410 event definitions of one bundle, one cursor a request', async () => {
    ucl.registerSystems(1, [
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
    ucl.registerSystems(6);
    ucl.faults.add({
      on: 'director',
      when: ({ page }) => page === 2,
      effect: { movingLandscape: (landscape) => landscape.deleteApplication(ucl.applicationIds[0] ?? '') },
    });
    const { applications } = await ucl.director({ pageSize: 3 }).readLandscape(neverAborted);
    expect(applications.map(({ id }) => id).sort()).toEqual(ucl.applicationIds.slice(1).sort());
    expect(ucl.delays).toEqual([500]);
  });

  it('fails as LandscapeMoving when it never rests, and is read only once more in the same run', async () => {
    ucl.registerSystems(3);
    ucl.faults.add({
      on: 'director',
      times: Number.POSITIVE_INFINITY,
      effect: rewriteLandscape((page) => {
        page.data.applicationsForRuntime.totalCount += 1;
        return page;
      }),
    });
    await expect(ucl.director().readLandscape(neverAborted)).rejects.toMatchObject({
      reason: 'LandscapeMoving',
      next: 'wait',
    });
    expect(ucl.requests.count()).toBe(2);
    expect(ucl.delays).toEqual([500]);
  });

  it.each([
    [
      'a system comes twice',
      (page: LandscapeAnswer) =>
        page.data.applicationsForRuntime.data.push(page.data.applicationsForRuntime.data[0] ?? {}),
    ],
    [
      'a page promises more and gives no cursor',
      (page: LandscapeAnswer) =>
        Object.assign(page.data.applicationsForRuntime.pageInfo, { hasNextPage: true, endCursor: '' }),
    ],
    [
      'a page leads to itself',
      (page: LandscapeAnswer) =>
        Object.assign(page.data.applicationsForRuntime.pageInfo, { hasNextPage: true, endCursor: 'RHBLdEo0ajlqRHEw' }),
    ],
    [
      'an answer is one empty page while the total says more',
      (page: LandscapeAnswer) => Object.assign(page.data.applicationsForRuntime, { data: [] }),
    ],
  ])('is not believed when %s', async (_, spoil) => {
    ucl.registerSystems(3);
    ucl.faults.add({
      on: 'director',
      times: Number.POSITIVE_INFINITY,
      effect: rewriteLandscape((page) => {
        spoil(page);
        return page;
      }),
    });
    await expect(ucl.director().readLandscape(neverAborted)).rejects.toMatchObject({ reason: 'LandscapeMoving' });
  });

  it('may end with an empty page', async () => {
    ucl.registerSystems(4);
    ucl.faults.add({
      on: 'director',
      when: ({ page }) => page === 1,
      effect: rewriteLandscape((page) => {
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
    ucl.registerSystems(2);
    ucl.registerSystems(
      1,
      Array.from({ length: 12 }, (_, index) => ({ name: `b-${index}` })),
    );
    const leaving = ucl.applicationIds[2] ?? '';
    ucl.faults.add({
      on: 'director',
      operation: 'application',
      effect: { movingLandscape: (landscape) => landscape.unassign(leaving, 'APPLICATION', ucl.formation) },
    });
    const { applications, gaps } = await ucl.director({ nestedPageSize: 10 }).readLandscape(neverAborted);
    expect(gaps).toEqual([]);
    expect(applications.map(({ id }) => id).sort()).toEqual(ucl.applicationIds.slice(0, 2).sort());
  });

  it('costs one system only where that system alone never holds together', async () => {
    ucl.registerSystems(2, [{ name: 'bundle' }]);
    ucl.faults.add({
      on: 'director',
      times: Number.POSITIVE_INFINITY,
      effect: {
        rewrite: (answer: object) => {
          const text = JSON.stringify(answer);
          const spoilt = JSON.parse(text) as {
            data: { application?: { bundles: { totalCount: number } } };
          } & LandscapeAnswer;
          const applications = spoilt.data.applicationsForRuntime?.data ?? [];
          for (const application of applications) {
            if (application.id === ucl.applicationIds[0]) Object.assign(Object(application.bundles), { totalCount: 9 });
          }
          if (spoilt.data.application) spoilt.data.application.bundles.totalCount = 9;
          return spoilt;
        },
      },
    });
    const { applications, gaps } = await ucl.director().readLandscape(neverAborted);
    expect(applications.map(({ id }) => id)).toEqual([ucl.applicationIds[1]]);
    expect(gaps).toMatchObject([{ applicationId: ucl.applicationIds[0], name: 'mp-system-0' }]);
    expect(gaps[0]?.message).toContain('its lists changed each time');
  });
});
