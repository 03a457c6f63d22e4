import { buildExecutableSchema } from './build-schema.ts';
import type { IssuingAuthority } from './certificate-authority.ts';
import { type ConnectorContext, connectorSchema } from './connector-schema.ts';
import { type DirectorContext, runtimeScopes } from './director-context.ts';
import { DirectorError, toDirectorErrorAnswer } from './director-error.ts';
import { directorMutations } from './director-mutations.ts';
import { directorResolvers } from './director-resolvers.ts';
import type { Faults } from './faults.ts';
import { connectorDialect, directorDialect } from './graphql-dialect.ts';
import type { Identities, SystemAuth } from './identities.ts';
import type { Landscape } from './landscape.ts';
import { NestedBatches } from './nested-batches.ts';
import type { Credentials, Service } from './serve-graphql.ts';
import type { HttpAnswer, WireRequest } from './wire-request.ts';

/** The parts of the backend that the services work on. */
export interface Backend {
  readonly clock: () => Date;
  readonly landscape: Landscape;
  readonly identities: Identities;
  readonly authority: IssuingAuthority;
  readonly faults: Faults;
  readonly certificateLifetimeMs: number;
  readonly mode: 'gateway' | 'bare';
  /** Set once the ports are known; what `configuration` tells a client. */
  readonly managementPlane: { directorURL: string; certificateSecuredConnectorURL: string };
  /** Where one-time tokens are to be used. */
  connectorUrl: string;
}

const directorSchema = buildExecutableSchema<DirectorContext>(['director.graphql'], {
  ...directorResolvers,
  ...directorMutations,
});

/** How the tenant that a client names relates to the one of its identity. */
type TenantMatch = 'own' | 'foreign' | 'unknown';

/** The Connector behind the token host (server TLS only) or behind the mTLS host. */
export function createConnectorService(
  endpoint: 'connector-token' | 'connector-mtls',
  backend: Backend,
): Service<ConnectorContext> {
  // The gateway passes an unauthenticated request on with a token that the Connector refuses without a word.
  const refusal: HttpAnswer = { status: 400 };
  return {
    endpoint,
    schema: connectorSchema,
    dialect: connectorDialect,
    authenticate: (credentials) => {
      const systemAuth = identifyForConnector(endpoint, credentials, backend.identities);
      const tenant = systemAuth === undefined ? 'unknown' : matchTenant(credentials, systemAuth, backend.landscape);
      const isKnown = systemAuth !== undefined && tenant !== 'unknown';
      if (!isKnown && backend.mode === 'gateway') return { refusal };
      const fingerprint = endpoint === 'connector-mtls' ? credentials.certificate?.fingerprint : undefined;
      return {
        context: {
          isForeignTenant: tenant === 'foreign',
          identities: backend.identities,
          authority: backend.authority,
          now: () => new Date(backend.clock().getTime() + backend.faults.clockSkewMs),
          certificateLifetimeMs: backend.certificateLifetimeMs,
          managementPlane: backend.managementPlane,
          ...(isKnown ? { systemAuth } : {}),
          ...(isKnown && fingerprint !== undefined ? { certificateFingerprint: fingerprint } : {}),
        },
      };
    },
  };
}

/** The Director behind the mTLS host. */
export function createDirectorService(backend: Backend): Service<DirectorContext> {
  return {
    endpoint: 'director',
    schema: directorSchema,
    dialect: directorDialect,
    authenticate: (credentials, request) => {
      const { certificate } = credentials;
      const systemAuth = certificate === undefined ? undefined : backend.identities.identify(certificate);
      const tenant = systemAuth === undefined ? 'unknown' : matchTenant(credentials, systemAuth, backend.landscape);
      if (tenant === 'foreign') return { refusal: tenantNotFound(credentials.tenant ?? '') };
      const context = createDirectorContext(backend);
      // Without an identity the request goes through, with no scopes: the fields refuse it.
      if (systemAuth === undefined || tenant === 'unknown') return { context };
      const runtime = backend.landscape.runtime(systemAuth.runtimeId);
      noteUse(runtime, request, backend.clock());
      return { context: { ...context, runtime, scopes: runtimeScopes, tenantId: runtime.tenantId } };
    },
  };
}

/** The context of a request that nobody is known to have sent; the administrator's has all scopes. */
export function createDirectorContext(backend: Backend): DirectorContext {
  return {
    landscape: backend.landscape,
    connectorUrl: backend.connectorUrl,
    clock: backend.clock,
    scopes: [],
    tenantId: backend.landscape.tenantId,
    nested: new NestedBatches(),
    isListQuery: false,
  };
}

/** A token is used up here, before the Connector sees the request: whatever comes of it, it is burnt. */
function identifyForConnector(
  endpoint: 'connector-token' | 'connector-mtls',
  { oneTimeToken, certificate }: Credentials,
  identities: Identities,
): SystemAuth | undefined {
  if (endpoint === 'connector-mtls') return certificate === undefined ? undefined : identities.identify(certificate);
  return oneTimeToken === undefined ? undefined : identities.consumeToken(oneTimeToken);
}

function matchTenant({ tenant }: Credentials, systemAuth: SystemAuth, landscape: Landscape): TenantMatch {
  const runtime = landscape.findRuntime(systemAuth.runtimeId);
  if (runtime === undefined) return 'unknown';
  if (tenant === undefined || tenant === runtime.tenantId) return 'own';
  return landscape.knowsTenant(tenant) ? 'foreign' : 'unknown';
}

function tenantNotFound(tenant: string): HttpAnswer {
  const error = new DirectorError('TenantNotFound', `Tenant not found [externalTenant=${tenant}]`);
  return { status: 400, json: { errors: [toDirectorErrorAnswer(error)], data: null } };
}

/** The first call marks a runtime connected, and any mention of bundles leaves a label. */
function noteUse(runtime: Parameters<Landscape['applicationsForRuntime']>[0], request: WireRequest, now: Date): void {
  if (runtime.status.condition === 'INITIAL') runtime.status = { condition: 'CONNECTED', timestamp: now };
  if (/bundle/i.test(request.query)) runtime.labels.useBundles = 'true';
}
