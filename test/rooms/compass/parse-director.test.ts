import { describe, expect, test } from 'vitest';
import {
  parseApplicationBundles,
  parseBundleApis,
  parseBundleEvents,
  parseIdPage,
  parseLandscapePage,
  parseNamePage,
  parseViewer,
} from '../../../agent/compass/parse-director.ts';

const listing = (data: unknown[], changes: Record<string, unknown> = {}) => ({
  data,
  pageInfo: { endCursor: 'after', hasNextPage: true },
  totalCount: 7,
  ...changes,
});
const page = (items: unknown[]) => ({ items, totalCount: 7, endCursor: 'after', hasNextPage: true });

const api = { id: 'api', name: 'Orders', targetURL: 'https://orders.example.test' };
const event = { id: 'event', name: 'Ordered' };
const basic = { __typename: 'BasicCredentialData', username: 'user', password: 'pass' };
const auth = {
  credential: basic,
  additionalHeaders: { 'X-A': ['1', '2'] },
  additionalQueryParams: null,
  requestAuth: { csrf: { tokenEndpointURL: 'https://csrf.example.test' } },
};
const bundle = {
  id: 'bundle',
  name: 'Orders',
  description: null,
  instanceAuthRequestInputSchema: '{}',
  defaultInstanceAuth: auth,
  apiDefinitions: listing([api]),
  eventDefinitions: listing([event]),
};
const system = {
  id: 'system',
  name: 'mp-shop',
  description: 'a shop',
  auths: [{ id: 'one' }, { id: 'two' }],
  bundles: listing([bundle]),
};
const readApi = { id: 'api', name: 'Orders', targetUrl: 'https://orders.example.test' };
const readAuth = {
  credential: { typename: 'BasicCredentialData', fields: { username: 'user', password: 'pass' } },
  additionalHeaders: { 'X-A': ['1', '2'] },
  additionalQueryParams: null,
  csrfTokenEndpointUrl: 'https://csrf.example.test',
};
const readBundle = {
  ...{ id: 'bundle', name: 'Orders', description: null, instanceAuthRequestInputSchema: '{}', auth: readAuth },
  apiDefinitions: page([readApi]),
  eventDefinitions: page([event]),
};

const landscape = (systems: unknown[], runtime: unknown = { labels: { isNormalized: 'true' } }) => ({
  runtime,
  applicationsForRuntime: listing(systems),
});

function readSystem(changes: Record<string, unknown>) {
  const parsed = parseLandscapePage(landscape([{ ...system, ...changes }]), true);
  const [read] = parsed.ok ? parsed.value.applications.items : [];
  if (read === undefined) throw new Error('The page was not read.');
  return read;
}

function readAuthOf(changes: Record<string, unknown>) {
  const { content } = readSystem({ bundles: listing([{ ...bundle, defaultInstanceAuth: { ...auth, ...changes } }]) });
  if (!content.ok) return content.problem;
  return readContent(content).bundles.items[0]?.auth;
}

function readContent(content: ReturnType<typeof readSystem>['content']) {
  if (!content.ok || !('value' in content)) throw new Error('The system was not read.');
  return content.value;
}

describe('a page of the landscape', () => {
  test('is read with the labels of the runtime, and all that its systems have', () => {
    expect(parseLandscapePage(landscape([system]), true)).toEqual({
      ok: true,
      value: {
        runtimeLabels: { isNormalized: 'true' },
        applications: page([
          {
            ...{ id: 'system', name: 'mp-shop' },
            content: {
              ok: true,
              value: { description: 'a shop', authIds: ['one', 'two'], bundles: page([readBundle]) },
            },
          },
        ]),
      },
    });
  });

  test('is refused without the runtime only where that was asked for', () => {
    const { runtime: _, ...bare } = landscape([]);
    expect(parseLandscapePage(bare, true)).toEqual({ ok: false, problem: '`runtime` is missing' });
    expect(parseLandscapePage(bare, false)).toEqual({
      ok: true,
      value: { runtimeLabels: undefined, applications: page([]) },
    });
  });

  test('has no labels where the runtime has none', () => {
    expect(parseLandscapePage(landscape([], { labels: null }), true)).toMatchObject({ value: { runtimeLabels: {} } });
  });

  test.each([
    ['a system without an id', landscape([{ ...system, id: '' }])],
    ['a system without a name', landscape([{ ...system, name: null }])],
    ['a total that is none', { ...landscape([]), applicationsForRuntime: listing([], { totalCount: '7' }) }],
    ['no cursor', { ...landscape([]), applicationsForRuntime: listing([], { pageInfo: { hasNextPage: true } }) }],
    ['labels that are none', landscape([], { labels: 'none' })],
    ['nothing', null],
  ])('is refused with %s', (_, data) => {
    expect(parseLandscapePage(data, true).ok).toBe(false);
  });

  test.each<[string, Record<string, unknown>]>([
    ['no description', { description: undefined }],
    ['no list of its credentials', { auths: null }],
    ['a credential without an id', { auths: [{ id: '' }] }],
    ['no bundles', { bundles: null }],
    ['a bundle without an id', { bundles: listing([{ ...bundle, id: '' }]) }],
    ['a bundle without a name', { bundles: listing([{ ...bundle, name: null }]) }],
    ['a bundle without APIs', { bundles: listing([{ ...bundle, apiDefinitions: null }]) }],
    [
      'an API without an address',
      { bundles: listing([{ ...bundle, apiDefinitions: listing([{ ...api, targetURL: null }]) }]) },
    ],
    ['an event without a name', { bundles: listing([{ ...bundle, eventDefinitions: listing([{ id: 'event' }]) }]) }],
  ])('costs one system alone that has %s', (_, changes) => {
    expect(readSystem(changes)).toMatchObject({ id: 'system', name: 'mp-shop', content: { ok: false } });
  });
});

describe('the credential of a bundle', () => {
  test('may be absent, and so may what stands beside it', () => {
    const { content } = readSystem({ bundles: listing([{ ...bundle, defaultInstanceAuth: null }]) });
    expect(readContent(content).bundles.items[0]?.auth).toBeNull();
    expect(readAuthOf({ credential: null, additionalHeaders: null, requestAuth: null })).toEqual({
      ...{ credential: null, additionalHeaders: null, additionalQueryParams: null, csrfTokenEndpointUrl: null },
    });
    expect(readAuthOf({ requestAuth: { csrf: null } })).toMatchObject({ csrfTokenEndpointUrl: null });
  });

  test('is known by its kind alone where the gateway cannot use that', () => {
    expect(readAuthOf({ credential: { __typename: 'CertificateData', certificate: 'x' } })).toMatchObject({
      credential: { typename: 'CertificateData', fields: {} },
    });
  });

  test.each([
    ['a usable kind with a field missing', { credential: { __typename: 'BasicCredentialData', username: 'user' } }],
    ['no kind', { credential: { username: 'user', password: 'pass' } }],
    ['headers that are no lists', { additionalHeaders: { 'X-A': '1' } }],
    ['an address of tokens that is none', { requestAuth: { csrf: { tokenEndpointURL: null } } }],
  ])('is not read with %s', (_, changes) => {
    expect(readAuthOf(changes)).toEqual(expect.any(String));
  });
});

describe('a shorter answer of Director', () => {
  test('is a page of ids, or of ids and names', () => {
    const data = { applicationsForRuntime: listing([{ id: 'system', name: 'mp-shop' }]) };
    expect(parseIdPage(data)).toEqual({ ok: true, value: page([{ id: 'system' }]) });
    expect(parseNamePage(data)).toEqual({ ok: true, value: page([{ id: 'system', name: 'mp-shop' }]) });
    expect(parseIdPage({ applicationsForRuntime: listing([{ id: '' }]) }).ok).toBe(false);
    expect(parseNamePage({ applicationsForRuntime: listing([{ id: 'system' }]) }).ok).toBe(false);
  });

  test('is whom Director takes the agent for', () => {
    expect(parseViewer({ viewer: { id: 'runtime', type: 'RUNTIME' } })).toEqual({
      ok: true,
      value: { id: 'runtime', type: 'RUNTIME' },
    });
    expect([{ viewer: { id: '', type: 'RUNTIME' } }, { viewer: null }].map((data) => parseViewer(data).ok)).toEqual([
      ...[false, false],
    ]);
  });

  test.each([
    ['bundles', parseApplicationBundles, { bundles: listing([bundle]) }, readBundle],
    ['APIs', parseBundleApis, { bundle: { apiDefinitions: listing([api]) } }, readApi],
    ['events', parseBundleEvents, { bundle: { eventDefinitions: listing([event]) } }, event],
  ])('is a further page of %s, or none where what they belong to is gone', (_, parse, application, item) => {
    expect(parse({ application })).toEqual({ ok: true, value: page([item]) });
    expect(parse({ application: null })).toEqual({ ok: true, value: undefined });
    expect(parse({ application: { bundles: 7, bundle: 7 } }).ok).toBe(false);
  });

  test.each([parseBundleApis, parseBundleEvents])('has nothing of a bundle that is gone', (parse) => {
    expect(parse({ application: { bundle: null } })).toEqual({ ok: true, value: undefined });
  });
});
