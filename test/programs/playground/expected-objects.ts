import { createHash } from 'node:crypto';
import { applicationNameForRuntime, normalizeApplicationName } from '../../servers/ucl/application-name.ts';
import type { Landscape } from '../../servers/ucl/landscape.ts';
import type {
  ApiDefinition,
  Application,
  AuthInput,
  Bundle,
  EventDefinition,
  MultiValues,
} from '../../servers/ucl/landscape-types.ts';

/**
 * What a landscape has to look like in the cluster: docs/contracts/kubernetes.md#what-the-go-agent-writes stated a
 * second time and on its own, so that it can judge the agent. Nothing of the agent is used here.
 */

export interface ExpectationOptions {
  /** Namespace of the Secrets; `kyma-system` by default. */
  namespace?: string;
  /** Root of `centralGatewayUrl`, without a slash at its end. */
  gatewayUrl?: string;
  /** `skipVerify` of Applications that are created. */
  skipVerify?: boolean;
}

/** A Secret; a value that is an object stands for its JSON, in whatever order and spelling. */
export interface ExpectedSecret {
  name: string;
  namespace: string;
  type: 'Opaque';
  labels: Record<string, string>;
  /** Name of the Application that owns it. */
  owner: string;
  data: Record<string, string | MultiValues>;
}

export interface ExpectedApplication {
  name: string;
  labels: Record<string, string>;
  spec: Record<string, unknown>;
  status: Record<string, unknown>;
}

/** A failure that the status has to name. */
export interface ExpectedFailure {
  applicationId: string;
  reason: 'UnsupportedCredential' | 'EmptyCredential';
}

export interface ExpectedObjects {
  applications: ExpectedApplication[];
  secrets: ExpectedSecret[];
  failures: ExpectedFailure[];
}

const managedBy = { 'applicationconnector.kyma-project.io/managed-by': 'compass-runtime-agent' };
const defaultGatewayUrl = 'http://central-application-gateway.kyma-system.svc.cluster.local:8082';
const defaultDescription = 'Description not provided';
const noAuth = { type: '', secretName: '' };

/** All objects for the systems that a runtime is assigned to, with the credentials that are its own. */
export function expectedObjects(
  landscape: Landscape,
  runtimeId: string,
  { namespace = 'kyma-system', gatewayUrl = defaultGatewayUrl, skipVerify = false }: ExpectationOptions = {},
): ExpectedObjects {
  const runtime = landscape.runtime(runtimeId);
  const expected: ExpectedObjects = { applications: [], secrets: [], failures: [] };
  for (const system of landscape.applicationsForRuntime(runtime)) {
    const name = expectedApplicationName(system, runtime.labels.isNormalized);
    const bundles = system.bundles.map((bundle) => ({ bundle, access: expectedAccess(bundle, runtimeId, name) }));
    expected.applications.push({
      name,
      labels: managedBy,
      spec: {
        description: system.description || defaultDescription,
        displayName: '',
        providerDisplayName: '',
        longDescription: '',
        skipVerify,
        encodeUrl: false,
        labels: { 'connected-app': name },
        compassMetadata: { applicationId: system.id, authentication: { clientIds: system.auths } },
        services: bundles.map(({ bundle, access }) => expectedService(bundle, access, `${gatewayUrl}/${name}`)),
      },
      status: { installationStatus: { status: '', description: '' } },
    });
    for (const { bundle, access } of bundles) {
      const labels = { app: expectedLabelValue(name), bundleId: bundle.id };
      for (const secret of access.secrets) {
        expected.secrets.push({ ...secret, namespace, type: 'Opaque', labels, owner: name });
      }
      if (access.failure !== undefined) expected.failures.push({ applicationId: system.id, reason: access.failure });
    }
  }
  return expected;
}

/**
 * docs/contracts/kubernetes.md#normalisation: the string "true" alone says that UCL has normalised the name already.
 */
function expectedApplicationName(system: Application, isNormalized: unknown): string {
  const listed = applicationNameForRuntime(system, isNormalized);
  return isNormalized === 'true' ? listed : normalizeApplicationName(listed);
}

function expectedService(bundle: Bundle, access: Access, applicationUrl: string) {
  const digest = createHash('sha1').update(bundle.id).digest('hex').slice(0, 5);
  const segment = gatewaySegment(bundle.name);
  return {
    id: bundle.id,
    identifier: '',
    name: segment === '' ? digest : `${segment}-${digest}`,
    displayName: bundle.name,
    description: bundle.description || defaultDescription,
    providerDisplayName: '',
    ...(bundle.instanceAuthRequestInputSchema === null
      ? {}
      : { authCreateParameterSchema: bundle.instanceAuthRequestInputSchema }),
    entries: [
      ...bundle.apis.filter(isPublic).map((api) => expectedApiEntry(api, access, `${applicationUrl}/${segment}`)),
      ...bundle.events.filter(isPublic).map(expectedEventEntry),
    ],
  };
}

function isPublic({ visibility }: EventDefinition): boolean {
  return visibility === 'public';
}

function expectedApiEntry(api: ApiDefinition, access: Access, serviceUrl: string) {
  return {
    type: 'API',
    id: api.id,
    name: api.name,
    targetUrl: api.targetURL,
    gatewayUrl: '',
    centralGatewayUrl: `${serviceUrl}/${gatewaySegment(api.name)}`,
    credentials: access.credentials,
    ...(access.parametersSecretName === undefined ? {} : { requestParametersSecretName: access.parametersSecretName }),
  };
}

function expectedEventEntry(event: EventDefinition) {
  return {
    type: 'Events',
    id: event.id,
    name: event.name,
    targetUrl: '',
    gatewayUrl: '',
    centralGatewayUrl: '',
    credentials: noAuth,
  };
}

interface Access {
  credentials: Record<string, unknown>;
  parametersSecretName?: string;
  secrets: Pick<ExpectedSecret, 'name' | 'data'>[];
  failure?: ExpectedFailure['reason'];
}

function expectedAccess(bundle: Bundle, runtimeId: string, applicationName: string): Access {
  const own = bundle.instanceAuths.find((instanceAuth) => instanceAuth.runtimeId === runtimeId);
  const auth = own === undefined ? bundle.defaultInstanceAuth : own.auth;
  if (auth === null) return { credentials: noAuth, secrets: [] };
  const access = expectedCredentials(auth, secretName(applicationName, bundle.id));
  const data = expectedParameters(auth);
  if (data === undefined) return access;
  const parametersSecretName = secretName(`params-${applicationName}`, bundle.id);
  return { ...access, parametersSecretName, secrets: [...access.secrets, { name: parametersSecretName, data }] };
}

function expectedCredentials(auth: AuthInput, name: string): Access {
  const csrf = auth.requestAuth?.csrf;
  const csrfInfo = csrf ? { csrfInfo: { tokenEndpointURL: csrf.tokenEndpointURL } } : {};
  const without = (failure: ExpectedFailure['reason']): Access => ({ credentials: noAuth, secrets: [], failure });
  const { credential } = auth;
  if (!credential) return { credentials: noAuth, secrets: [] };
  if ('basic' in credential) {
    const { username, password } = credential.basic;
    if (username === '' || password === '') return without('EmptyCredential');
    return {
      credentials: { type: 'Basic', secretName: name, ...csrfInfo },
      secrets: [{ name, data: { username, password } }],
    };
  }
  if ('oauth' in credential) {
    const { clientId, clientSecret, url } = credential.oauth;
    if (clientId === '' || clientSecret === '') return without('EmptyCredential');
    return {
      credentials: { type: 'OAuth', secretName: name, authenticationUrl: url, ...csrfInfo },
      secrets: [{ name, data: { clientId, clientSecret } }],
    };
  }
  return without('UnsupportedCredential');
}

function expectedParameters({ additionalHeaders, additionalQueryParams }: AuthInput) {
  // UCL answers null for an empty map (docs/contracts/compass.md#scalars).
  const headers = isFilled(additionalHeaders) ? { headers: additionalHeaders } : {};
  const queryParameters = isFilled(additionalQueryParams) ? { queryParameters: additionalQueryParams } : {};
  const data: Record<string, MultiValues> = { ...headers, ...queryParameters };
  return Object.keys(data).length === 0 ? undefined : data;
}

function isFilled(map: MultiValues | null | undefined): map is MultiValues {
  return map !== null && map !== undefined && Object.keys(map).length > 0;
}

/** docs/contracts/kubernetes.md#secret-names: at most 26 bytes of the name, a dash, the bundle's id. */
function secretName(prefix: string, bundleId: string): string {
  return `${Buffer.from(prefix).subarray(0, 26).toString()}-${bundleId}`;
}

/** docs/contracts/kubernetes.md#service-names: a name as the gateway looks it up. */
function gatewaySegment(name: string): string {
  let segment = name.replaceAll(/[^A-Za-z0-9]+/g, '-').toLowerCase();
  if (segment.endsWith('-')) segment = segment.slice(0, -1);
  segment = segment.slice(0, 57);
  return segment.startsWith('-') ? segment.slice(1) : segment;
}

/**
 * docs/contracts/kubernetes.md#traps, mended: a label value has at most 63 characters, so a longer name is cut and gets
 * a hash.
 */
function expectedLabelValue(name: string): string {
  if (name.length <= 63) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${name.slice(0, 54).replace(/[-.]+$/, '')}-${digest}`;
}
