import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { generateLandscape } from '../../servers/ucl/generate-landscape.ts';
import type { Application, Bundle } from '../../servers/ucl/landscape-types.ts';
import { registerSampleLandscape } from '../../servers/ucl/sample-landscape.ts';
import { toSystem, useStage } from './start-stage.ts';

const gateway = 'http://central-application-gateway.kyma-system.svc.cluster.local:8082';
const longName = 'mp-customer-data-platform-of-the-central-european-retail-division-for-loyalty-and-personalisation';

/** What the sample systems are to be called: the Application, its bundles, and their APIs as the gateway's URL has them. */
const expectedNames: Readonly<Record<string, { application: string; bundles: Record<string, [string, string[]]> }>> = {
  'S/4HANA Cloud Production': {
    application: 'mp-s-4hana-cloud-production',
    bundles: { 'Sales Order Integration': ['sales-order-integration', ['sales-order-a2x', 'business-partner-a2x']] },
  },
  'Commerce Cloud': {
    application: 'mp-commerce-cloud',
    bundles: {
      Storefront: ['storefront', ['occ-api', 'order-api']],
      'Assisted Service Module': ['assisted-service-module', ['asm-api']],
    },
  },
  'SuccessFactors HXM': {
    application: 'mp-successfactors-hxm',
    bundles: { 'Employee Central': ['employee-central', ['user-odata-api', 'position-odata-api']] },
  },
  'Store Locator': { application: 'mp-store-locator', bundles: { Stores: ['stores', ['stores-api']] } },
  'Warehouse Scanner': { application: 'mp-warehouse-scanner', bundles: { 'Goods Movements': ['goods-movements', []] } },
  'Ariba Procurement': {
    application: 'mp-ariba-procurement',
    bundles: { Sourcing: ['sourcing', ['sourcing-api']], Catalog: ['catalog', ['catalog-api']] },
  },
  'Customer Data Platform of the Central European Retail Division for Loyalty and Personalisation': {
    application: longName,
    bundles: { Profiles: ['profiles', ['profiles-api']] },
  },
  '東京店舗 Point of Sale': {
    application: 'mp-point-of-sale',
    bundles: { Receipts: ['receipts', ['receipts-api']] },
  },
  'Marketing Cloud': { application: 'mp-marketing-cloud-0740023456', bundles: {} },
};

/** The Secrets of each bundle that has any: kind of credentials and what they hold. */
const expectedSecrets: Readonly<Record<string, { credentials?: object; parameters?: object }>> = {
  'Sales Order Integration': { credentials: { username: 'COMM_USER_KYMA', password: 'invented-basic-password' } },
  Storefront: { credentials: { clientId: 'kyma-storefront', clientSecret: 'invented-client-secret' } },
  'Employee Central': {
    credentials: { clientId: 'kyma-employees', clientSecret: 'invented-client-secret' },
    parameters: {
      headers: '{"Accept":["application/json"],"X-Company-Id":["retail-demo"]}',
      queryParameters: '{"$format":["json"],"locale":["en_GB"]}',
    },
  },
  Catalog: { credentials: { username: 'kyma-catalog', password: 'invented-password' } },
  Profiles: { credentials: { username: 'kyma-profiles', password: 'invented-password' } },
  Receipts: {
    credentials: { username: 'kyma-receipts', password: 'invented-password' },
    parameters: { headers: '{"X-Store":["tokyo-1","tokyo-2"]}' },
  },
};

const accessUrls: Readonly<Record<string, object>> = {
  'Sales Order Integration': { csrfInfo: { tokenEndpointURL: 'https://s4hana.example.test/sap/opu/odata/csrf' } },
  Storefront: { authenticationUrl: 'https://commerce.example.test/authorizationserver/oauth/token' },
  'Employee Central': { authenticationUrl: 'https://successfactors.example.test/oauth/token' },
};

describe('the landscape in the cluster', () => {
  const stage = useStage();

  it('is the sample landscape field by field', async () => {
    const { runtimeId, applications } = registerSampleLandscape(stage.ucl.landscape);
    await stage.configure(runtimeId);
    stage.startAgent();
    const connection = await stage.condition('Synchronized', 'False/ApplicationsFailed');
    expect(connection.status?.failures.map(({ name, reason }) => `${name} ${reason}`)).toEqual([
      'mp-ariba-procurement UnsupportedCredential',
    ]);

    const stored = await stage.kube.applications();
    const systems = applications.map(({ id }) => stage.ucl.landscape.application(id));
    expect(stored).toHaveLength(systems.length);
    for (const system of systems) {
      const found = stored.find(({ metadata }) => metadata.name === nameOf(system));
      expect(found?.metadata.labels).toEqual({
        'applicationconnector.kyma-project.io/managed-by': 'compass-runtime-agent',
      });
      expect(found && withSortedLists(found.spec)).toEqual(withSortedLists(toSpec(system)));
    }
    const secrets = (await stage.kube.secrets()).filter(({ metadata }) => 'bundleId' in metadata.labels);
    const present = secrets.map(({ metadata, data }) => ({
      name: metadata.name,
      bundleId: metadata.labels.bundleId,
      owner: metadata.ownerReferences.map(({ kind, name, uid }) => ({ kind, name, uid })),
      data,
    }));
    const wanted = systems.flatMap((system) => toSecrets(system, uidOf(stored, nameOf(system))));
    expect(present.sort(byName)).toEqual(wanted.sort(byName));
    const labels = new Set(secrets.map(({ metadata }) => metadata.labels.app ?? ''));
    // A label holds 63 characters: the long name is cut, and told apart from others by a hash.
    const cut = [...labels].filter((label) => longName.startsWith(label.slice(0, 40)));
    expect(cut).toEqual([expect.stringMatching(/^mp-customer-data-platform.{1,38}$/)]);
    expect([...labels].filter((label) => label !== cut[0]).sort()).toEqual([
      'mp-ariba-procurement',
      'mp-commerce-cloud',
      'mp-point-of-sale',
      'mp-s-4hana-cloud-production',
      'mp-successfactors-hxm',
    ]);
  });

  it('is read to the end of every list: 450 systems, one of 205 bundles, one bundle of 230 APIs', async () => {
    const runtimeId = stage.addRuntime();
    const { landscape } = stage.ucl;
    const formation = 'end-to-end';
    generateLandscape(landscape, { apps: 448, bundles: 1, apis: 1, events: 0, runtimeId, formation });
    const orders = toSystem('Wide').bundles?.[0];
    stage.addSystem({
      name: 'Wide',
      bundles: Array.from({ length: 205 }, (_, index) => ({ name: `Bundle ${index}`, apis: orders?.apis ?? [] })),
    });
    const apis = Array.from({ length: 230 }, (_, index) => ({
      name: `API ${index}`,
      targetURL: `https://deep.example.test/${index}`,
    }));
    stage.addSystem({ name: 'Deep', bundles: [{ name: 'Bundle', apis }] });
    await stage.configure(runtimeId);
    stage.startAgent();
    const connection = await stage.synchronized();
    expect(connection.status?.applications).toMatchObject({ desired: 450, ready: 450, failed: 0 });
    expect(await stage.kube.applications()).toHaveLength(450);
    expect((await stage.kube.application('mp-wide'))?.spec.services).toHaveLength(205);
    expect((await stage.kube.application('mp-deep'))?.spec.services[0]?.entries).toHaveLength(230);

    stage.forgetRequests();
    await stage.sync();
    expect(stage.writes()).toEqual(['update compassconnections/status']);
    expect(stage.ucl.requests.count({ operation: 'applicationsForRuntime' })).toBe(3);
    expect(stage.ucl.requests.count()).toBe(5);
  });
});

function nameOf({ name }: Application): string {
  return expectedNames[name]?.application ?? `no name is expected for ${name}`;
}

function toSpec(system: Application): object {
  const name = nameOf(system);
  return {
    description: system.description ?? 'Description not provided',
    labels: { 'connected-app': name },
    skipVerify: false,
    encodeUrl: false,
    displayName: '',
    providerDisplayName: '',
    longDescription: '',
    compassMetadata: { applicationId: system.id, authentication: { clientIds: system.auths } },
    services: system.bundles.map((bundle) => toService(system, bundle, name)),
  };
}

function toService(system: Application, bundle: Bundle, application: string): object {
  const [segment, apiSegments] = expectedNames[system.name]?.bundles[bundle.name] ?? ['', []];
  const suffix = createHash('sha1').update(bundle.id).digest('hex').slice(0, 5);
  const { credentials, parameters } = expectedSecrets[bundle.name] ?? {};
  const type = credentials === undefined ? '' : 'username' in credentials ? 'Basic' : 'OAuth';
  const secretName = credentials === undefined ? '' : `${application.slice(0, 26)}-${bundle.id}`;
  return {
    id: bundle.id,
    identifier: '',
    name: `${segment}-${suffix}`,
    displayName: bundle.name,
    description: bundle.description ?? 'Description not provided',
    providerDisplayName: '',
    ...(bundle.instanceAuthRequestInputSchema === null
      ? {}
      : { authCreateParameterSchema: bundle.instanceAuthRequestInputSchema }),
    entries: [
      ...bundle.apis.map((api) => ({
        id: api.id,
        type: 'API',
        name: api.name,
        targetUrl: api.targetURL,
        gatewayUrl: '',
        centralGatewayUrl: `${gateway}/${application}/${segment}/${apiSegments.find((known) => isNameOf(known, api.name))}`,
        credentials: { type, secretName, ...accessUrls[bundle.name] },
        ...(parameters && { requestParametersSecretName: toParametersName(application, bundle.id) }),
      })),
      ...bundle.events.map((event) => ({
        id: event.id,
        type: 'Events',
        name: event.name,
        targetUrl: '',
        gatewayUrl: '',
        centralGatewayUrl: '',
        credentials: { type: '', secretName: '' },
      })),
    ],
  };
}

/** Enough to tell the APIs of one bundle apart. */
function isNameOf(segment: string, name: string): boolean {
  return name.toLowerCase().startsWith(segment.split('-')[0] ?? '');
}

function toParametersName(application: string, bundleId: string): string {
  return `${`params-${application}`.slice(0, 26)}-${bundleId}`;
}

interface ExpectedSecret {
  name: string;
  bundleId: string;
  owner: object[];
  data: object;
}

function toSecrets(system: Application, uid: string): ExpectedSecret[] {
  const application = nameOf(system);
  const owner = [{ kind: 'Application', name: application, uid }];
  return system.bundles.flatMap(({ id: bundleId, name }) => {
    const { credentials, parameters } = expectedSecrets[name] ?? {};
    return [
      ...(credentials ? [{ name: `${application.slice(0, 26)}-${bundleId}`, bundleId, owner, data: credentials }] : []),
      ...(parameters ? [{ name: toParametersName(application, bundleId), bundleId, owner, data: parameters }] : []),
    ];
  });
}

function uidOf(stored: readonly { metadata: { name: string; uid: string } }[], name: string): string {
  return stored.find(({ metadata }) => metadata.name === name)?.metadata.uid ?? '';
}

function byName(left: { name: string }, right: { name: string }): number {
  return left.name < right.name ? -1 : 1;
}

/** The order of services and entries means nothing. */
function withSortedLists(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSortedLists).sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withSortedLists(inner)]));
}

function idOf(value: unknown): string {
  return typeof value === 'object' && value !== null && 'id' in value ? String(value.id) : String(value);
}
