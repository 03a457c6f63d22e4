import { buildExecutableSchema, type Resolvers } from './build-schema.ts';
import { CsrRefused, type IssuingAuthority, subjectFor } from './certificate-authority.ts';
import type { Identities, SystemAuth } from './identities.ts';

/** Who asks the Connector. */
export interface ConnectorContext {
  /** The identity behind the token or the certificate; absent only without a gateway, which would refuse. */
  readonly systemAuth?: SystemAuth;
  /** The fingerprint of the certificate, where one was used. */
  readonly certificateFingerprint?: string;
  /** The tenant that the client named is known, but not the runtime's. */
  readonly isForeignTenant: boolean;
  readonly identities: Identities;
  readonly authority: IssuingAuthority;
  /** The clock that certificates are dated by. */
  readonly now: () => Date;
  readonly certificateLifetimeMs: number;
  readonly managementPlane: { directorURL: string; certificateSecuredConnectorURL: string };
}

const noIdentity =
  'Failed to authenticate request. Token authentication error: Failed to authenticate with one time token.. ' +
  'Certificate authentication error: Failed to authenticate with Certificate. Invalid subject.';
const foreignTenant =
  'Failed to get one-time token during fetching configuration process: could not get one time token: ' +
  'Failed to authenticate request, tenant not found: cannot read TenantKey key from context';

/**
 * The Connector's three operations (docs/contracts/compass.md#connector). Errors reach the client with their message.
 */
const connectorResolvers: Resolvers<ConnectorContext> = {
  Query: {
    configuration: (_source: unknown, _args: object, context) => {
      const { systemAuth, identities } = context;
      if (systemAuth === undefined) throw new Error(noIdentity);
      if (context.isForeignTenant) throw new Error(foreignTenant);
      const { token } = identities.issueToken(systemAuth.runtimeId, systemAuth.id);
      return {
        token: { token },
        certificateSigningRequestInfo: { subject: subjectFor(systemAuth.id), keyAlgorithm: 'rsa2048' },
        managementPlaneInfo: context.managementPlane,
      };
    },
  },
  Mutation: {
    signCertificateSigningRequest: async (_source: unknown, { csr }: { csr: string }, context) => {
      if (context.systemAuth === undefined) throw new Error(`Failed to authenticate with token: ${noIdentity}`);
      const notBefore = context.now();
      const notAfter = new Date(notBefore.getTime() + context.certificateLifetimeMs);
      const issued = await sign(csr, context.systemAuth.id, { notBefore, notAfter }, context.authority);
      return {
        certificateChain: base64(issued.certificateChain),
        caCertificate: base64(issued.caCertificate),
        clientCertificate: base64(issued.clientCertificate),
      };
    },
    revokeCertificate: (_source: unknown, _args: object, context) => {
      if (context.certificateFingerprint === undefined) {
        const why = 'Failed to authenticate with Certificate. Invalid subject.';
        throw new Error(`Failed to authenticate with certificate: ${why}`);
      }
      context.identities.revokeCertificate(context.certificateFingerprint);
      return true;
    },
  },
};

export const connectorSchema = buildExecutableSchema(['connector.graphql'], connectorResolvers);

async function sign(
  csr: string,
  commonName: string,
  validity: { notBefore: Date; notAfter: Date },
  authority: IssuingAuthority,
) {
  try {
    return await authority.sign(csr, commonName, validity);
  } catch (error: unknown) {
    if (error instanceof CsrRefused) throw error;
    throw new Error(`Error while signing Certificate Signing Request: ${String(error)}`);
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
