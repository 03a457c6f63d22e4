import { credentialKinds } from '../domain/credential-kinds.ts';
import type { Bundle, BundleAuth, LandscapeApplication, ParameterMap } from '../domain/landscape.ts';
import {
  credentialsSecretName,
  normalizeName,
  normalizeServiceNameWithId,
  parametersSecretName,
} from '../domain/names.ts';
import type { ApplicationCredentials, ApplicationEntry, ApplicationService } from '../domain/resources.ts';
import { findUnservable } from './find-unservable.ts';

/** Settings that decide what is written; the same for every system. */
export interface SyncPolicy {
  readonly integrationNamespace: string;
  readonly centralGatewayServiceUrl: string;
  readonly skipAppsTlsVerify: boolean;
}

/** A Secret as it should be. */
export interface DesiredSecret {
  readonly name: string;
  readonly bundleId: string;
  readonly kind: 'credentials' | 'parameters';
  /** Plain text by key. */
  readonly data: Readonly<Record<string, string>>;
}

export interface DesiredService extends Omit<ApplicationService, 'authCreateParameterSchema'> {
  /** undefined: was not readable, a stored value stays; null: there is none. */
  readonly authCreateParameterSchema: string | null | undefined;
}

/** One system as it should be in the cluster, with what is missing of it. */
export interface DesiredSystem {
  readonly applicationId: string;
  readonly systemName: string;
  readonly applicationName: string;
  readonly description: string;
  readonly clientIds: readonly string[];
  readonly services: readonly DesiredService[];
  readonly secrets: readonly DesiredSecret[];
  readonly problems: readonly { readonly reason: string; readonly message: string }[];
}

const usableTypes = [...credentialKinds.values()].map(({ gatewayType }) => gatewayType).join(' or ');

const descriptionNotProvided = 'Description not provided';

/**
 * Turns UCL's view of one system into what should be in the cluster
 * (docs/contracts/kubernetes.md#what-the-go-agent-writes). Pure.
 */
export function toDesiredSystem(
  application: LandscapeApplication,
  applicationName: string,
  policy: SyncPolicy,
): DesiredSystem {
  const bundles = application.bundles.map((bundle) => toDesiredBundle(bundle, applicationName, policy));
  return {
    applicationId: application.id,
    systemName: application.name,
    applicationName,
    description: application.description || descriptionNotProvided,
    clientIds: application.authIds,
    services: bundles.map(({ service }) => service),
    secrets: bundles.flatMap(({ secrets }) => secrets),
    problems: [
      ...bundles.flatMap(({ problem }) => (problem === undefined ? [] : [problem])),
      ...findUnservable(application.bundles),
      ...findUnreadSchemas(application.bundles),
    ],
  };
}

/** Told, since a change of theirs would not come: the stored ones stay. */
function findUnreadSchemas(bundles: readonly Bundle[]): DesiredSystem['problems'][number][] {
  const unread = bundles.filter(({ instanceAuthRequestInputSchema: schema }) => schema === undefined);
  if (unread.length === 0) return [];
  const names = unread.slice(0, 3).map(({ id, name }) => `"${name}" (${id})`);
  const rest = unread.length > names.length ? ` and ${unread.length - names.length} more` : '';
  const message = `UCL cannot give the input schemas of bundle ${names.join(', ')}${rest}, since one of them breaks its answer; what is stored of them stays. Correct the schema in UCL: an odd character in it is the usual cause.`;
  return [{ reason: 'UnreadableSchema', message }];
}

interface DesiredBundle {
  service: DesiredService;
  secrets: DesiredSecret[];
  problem: { reason: string; message: string } | undefined;
}

function toDesiredBundle(bundle: Bundle, applicationName: string, policy: SyncPolicy): DesiredBundle {
  const access = toAccess(bundle, applicationName);
  const bundleUrl = `${policy.centralGatewayServiceUrl}/${applicationName}/${normalizeName(bundle.name)}`;
  const apis = bundle.apiDefinitions.map(
    (api): ApplicationEntry => ({
      id: api.id,
      type: 'API',
      name: api.name,
      targetUrl: api.targetUrl,
      gatewayUrl: '',
      centralGatewayUrl: `${bundleUrl}/${normalizeName(api.name)}`,
      credentials: access.credentials,
      ...(access.parametersSecret === undefined ? {} : { requestParametersSecretName: access.parametersSecret.name }),
    }),
  );
  const events = bundle.eventDefinitions.map(
    (event): ApplicationEntry => ({
      id: event.id,
      type: 'Events',
      name: event.name,
      targetUrl: '',
      gatewayUrl: '',
      centralGatewayUrl: '',
      credentials: noCredentials(),
    }),
  );
  return {
    service: {
      id: bundle.id,
      identifier: '',
      name: normalizeServiceNameWithId(bundle.name, bundle.id),
      displayName: bundle.name,
      description: bundle.description || descriptionNotProvided,
      providerDisplayName: '',
      authCreateParameterSchema: bundle.instanceAuthRequestInputSchema,
      entries: [...apis, ...events],
    },
    secrets: [access.credentialsSecret, access.parametersSecret].filter((secret) => secret !== undefined),
    problem: access.problem,
  };
}

interface Access {
  credentials: ApplicationCredentials;
  credentialsSecret?: DesiredSecret;
  parametersSecret?: DesiredSecret;
  problem?: { reason: string; message: string };
}

function noCredentials(): ApplicationCredentials {
  return { type: '', secretName: '' };
}

function toAccess(bundle: Bundle, applicationName: string): Access {
  if (bundle.auth === null) return { credentials: noCredentials() };
  const parametersSecret = toParametersSecret(bundle.auth, bundle.id, applicationName);
  return { ...toCredentials(bundle, bundle.auth, applicationName), ...(parametersSecret && { parametersSecret }) };
}

function toCredentials(bundle: Bundle, auth: BundleAuth, applicationName: string): Access {
  const { credential } = auth;
  if (credential === null) return { credentials: noCredentials() };
  const rules = credentialKinds.get(credential.typename);
  if (rules === undefined) {
    return withoutCredentials(
      'UnsupportedCredential',
      `Bundle "${bundle.name}" (${bundle.id}) has a credential of kind ${credential.typename}, which Kyma's gateway cannot use; its APIs are called without credentials. Give the bundle a ${usableTypes} credential in UCL.`,
    );
  }
  const read = (field: string) => credential.fields[field] ?? '';
  const data = Object.fromEntries(Object.entries(rules.secretKeys).map(([key, field]) => [key, read(field)]));
  const empty = Object.entries(data).flatMap(([key, value]) => (value === '' ? [key] : []));
  if (empty.length > 0) {
    return withoutCredentials(
      'EmptyCredential',
      `Bundle "${bundle.name}" (${bundle.id}) has a ${rules.gatewayType} credential with an empty ${empty.join(' and ')}; its APIs are called without credentials. Complete the credential in UCL.`,
    );
  }
  const name = credentialsSecretName(applicationName, bundle.id);
  const authenticationUrl = rules.authenticationUrl === undefined ? '' : read(rules.authenticationUrl);
  const csrf = auth.csrfTokenEndpointUrl === null ? {} : { csrfInfo: { tokenEndpointURL: auth.csrfTokenEndpointUrl } };
  return {
    credentials: {
      type: rules.gatewayType,
      secretName: name,
      ...(authenticationUrl === '' ? {} : { authenticationUrl }),
      ...csrf,
    },
    credentialsSecret: { name, bundleId: bundle.id, kind: 'credentials', data },
  };
}

function withoutCredentials(reason: string, message: string): Access {
  return { credentials: noCredentials(), problem: { reason, message } };
}

function toParametersSecret(auth: BundleAuth, bundleId: string, applicationName: string): DesiredSecret | undefined {
  const { additionalHeaders, additionalQueryParams } = auth;
  if (isEmpty(additionalHeaders) && isEmpty(additionalQueryParams)) return undefined;
  return {
    name: parametersSecretName(applicationName, bundleId),
    bundleId,
    kind: 'parameters',
    data: {
      ...(additionalHeaders === null ? {} : { headers: toSortedJson(additionalHeaders) }),
      ...(additionalQueryParams === null ? {} : { queryParameters: toSortedJson(additionalQueryParams) }),
    },
  };
}

function isEmpty(map: ParameterMap | null): boolean {
  return map === null || Object.keys(map).length === 0;
}

function toSortedJson(map: ParameterMap): string {
  return JSON.stringify(Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1))));
}
