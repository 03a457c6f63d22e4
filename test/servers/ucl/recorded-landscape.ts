import { readFileSync } from 'node:fs';
import type { Landscape } from './landscape.ts';
import type {
  ApiInput,
  ApplicationInput,
  AuthInput,
  BundleInput,
  CredentialInput,
  EventInput,
  MultiValues,
} from './landscape-types.ts';

/** The ids that the recordings use. */
export const recorded = {
  tenantId: '3e64ebae-38b5-46a0-b1ed-9ccee153a0ae',
  /** Known, but not the runtime's. */
  foreignTenantId: '1eba80dd-8ff6-54ee-be4d-77944d17b10b',
  runtimeId: 'ae34fb12-87ed-4366-b051-572af48a6b35',
  otherRuntimeId: '9f5c89e2-2bb7-4bd0-8986-0007f6773393',
  deregisteredRuntimeId: '9188e035-bcde-489f-94f3-ff426c2eb297',
  systemAuthId: '0f6c1837-750f-482a-880a-e8d146858490',
  secondSystemAuthId: '2ca29315-54a1-4065-8d0e-6d06f69e16f9',
  basicApplicationId: '38ee4a1c-9a29-42e1-89ed-0dcc8abbb2bd',
  basicBundleId: 'e338674d-8a5b-4b68-a105-290770df36e8',
  itemsApiId: '2498c862-4646-4e18-8523-2e987a4f7cd9',
  oauthApplicationId: 'f8515a46-768b-4787-8283-6b8c449fc157',
  oauthBundleId: '53d19052-7882-4a99-b848-be944414d630',
  deletedApplicationId: '905ca28a-c95b-4968-ba01-51efa9e65ef9',
  unsharedApplicationId: '94d66875-7776-4acb-8585-9a9172374cf6',
  instanceAuthId: '4fda7d4f-5eaa-4cb4-b885-baf55acf7b3c',
  secondInstanceAuthId: '6e473d41-b70f-4d49-9737-4f863a8b77ec',
  formationA: { id: '9d96637a-31cb-4dd0-9d0f-d9d45bbdcc32', name: 'landscape-a' },
  formationB: { id: 'ba18d160-dd68-4405-b0ef-427ffab26fe8', name: 'landscape-b' },
} as const;

interface RecordedPage<T> {
  data: T[];
}

interface RecordedAuth {
  credential: ({ __typename: string } & Record<string, string>) | null;
  accessStrategy: string | null;
  additionalHeaders: MultiValues | null;
  additionalQueryParams: MultiValues | null;
  requestAuth: { csrf: RecordedAuth & { tokenEndpointURL: string } } | null;
}

interface RecordedBundle extends Omit<BundleInput, 'defaultInstanceAuth' | 'apis' | 'events'> {
  defaultInstanceAuth: RecordedAuth | null;
  apiDefinitions: RecordedPage<ApiInput>;
  eventDefinitions: RecordedPage<EventInput>;
}

/** A system as a recorded answer of the Director lists it. */
export interface RecordedApplication {
  id: string;
  providerName: string | null;
  description: string | null;
  systemNumber: string | null;
  labels: Record<string, unknown>;
  auths: { id: string }[] | null;
  bundles: RecordedPage<RecordedBundle>;
}

/** Registers the landscape that the recorded backend held: systems, bundles and credentials of recording 03. */
export function registerRecordedLandscape(landscape: Landscape): void {
  landscape.registerTenant(recorded.foreignTenantId);
  landscape.registerRuntime({
    id: recorded.runtimeId,
    name: 'runtime-one',
    description: 'test runtime',
    labels: {
      broker_instance_id: 'bi-1',
      gardenerClusterName: 'c-1',
      global_subaccount_id: 'aaaaaaaa-0000-4000-8000-000000000001',
      region: 'eu-1',
      runtimeType: 'kyma',
    },
  });
  landscape.registerRuntime({ id: recorded.otherRuntimeId, name: 'runtime-two' });
  for (const { id, name } of [recorded.formationA, recorded.formationB]) landscape.createFormation(name, id);
  landscape.assign(recorded.runtimeId, 'RUNTIME', recorded.formationA.name);

  const names = registeredNames();
  for (const application of recordedApplications()) {
    landscape.registerApplication({
      ...toApplicationInput(application),
      name: names.get(application.id) ?? '',
      auths: [],
    });
    landscape.assign(application.id, 'APPLICATION', recorded.formationA.name);
  }
  landscape.registerApplication({ id: recorded.unsharedApplicationId, name: 'dup-name' });
  landscape.assign(recorded.unsharedApplicationId, 'APPLICATION', recorded.formationB.name);
}

/** What registers a recorded system anew, with the same ids. Its name is the normalised one of its label. */
export function toApplicationInput(application: RecordedApplication): ApplicationInput {
  const { name, managed: _managed, scenarios: _scenarios, ...labels } = application.labels;
  return {
    ...application,
    labels,
    name: String(name),
    auths: application.auths?.map(({ id }) => id) ?? [],
    bundles: application.bundles.data.map(toBundle),
  };
}

/** A recording's exchange; `body` is JSON where the answer was. */
export interface Exchange {
  title: string;
  request: {
    url: string;
    headers: Record<string, string>;
    query?: string;
    variables?: Record<string, unknown>;
    operationName?: string;
  };
  response: { status: number; headers?: Record<string, string>; body: unknown };
}

/** Reads one recording by its name, without `.json`. */
export function readExchange(name: string): Exchange {
  return JSON.parse(readFileSync(new URL(`../../data/recordings/compass/${name}.json`, import.meta.url), 'utf8'));
}

function recordedApplications(): RecordedApplication[] {
  const body: { data: { applicationsForRuntime: RecordedPage<RecordedApplication> } } = JSON.parse(
    JSON.stringify(readExchange('03-applications-for-runtime-before-instance-auth').response.body),
  );
  return body.data.applicationsForRuntime.data;
}

/** Recording 03 shows normalised names; those that the systems were registered with are in 34. */
function registeredNames(): Map<string, string> {
  const body: { data: { applications: RecordedPage<{ id: string; name: string }> } } = JSON.parse(
    JSON.stringify(readExchange('34-applications').response.body),
  );
  return new Map(body.data.applications.data.map(({ id, name }) => [id, name]));
}

function toBundle({ apiDefinitions, eventDefinitions, defaultInstanceAuth, ...bundle }: RecordedBundle): BundleInput {
  return {
    ...bundle,
    defaultInstanceAuth: defaultInstanceAuth === null ? null : toAuth(defaultInstanceAuth),
    apis: apiDefinitions.data,
    events: eventDefinitions.data,
  };
}

function toAuth(auth: RecordedAuth): AuthInput {
  const csrf = auth.requestAuth?.csrf;
  return {
    ...auth,
    credential: toCredential(auth.credential),
    requestAuth: csrf === undefined ? null : { csrf: { ...csrf, credential: toCredential(csrf.credential) } },
  };
}

function toCredential(credential: RecordedAuth['credential']): CredentialInput | null {
  if (credential === null) return null;
  const { __typename: kind, username = '', password = '', clientId = '', clientSecret = '', url = '' } = credential;
  if (kind === 'BasicCredentialData') return { basic: { username, password } };
  if (kind === 'OAuthCredentialData') return { oauth: { clientId, clientSecret, url } };
  return { certificateOAuth: { clientId, certificate: credential.certificate ?? '', url } };
}
