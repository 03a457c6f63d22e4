/** Ports of the credentials room, and the plain data that passes through them. */

/** What Connector's `configuration` answers (Compass contract 1). */
export interface ConnectorConfiguration {
  /** One-time token for the next call, on the same SystemAuth. */
  token: string;
  /** `O=..,OU=..,L=..,ST=..,C=..,CN=<SystemAuth id>`; the CSR repeats it exactly. */
  subject: string;
  directorUrl: string;
  /** The Connector with mTLS, for renewal. */
  securedConnectorUrl: string;
}

/** PEM texts as Connector's `signCertificateSigningRequest` answers them, base64 removed. */
export interface SignedCertificate {
  clientCertificatePem: string;
  certificateChainPem: string;
  caCertificatePem: string;
}

/** A client certificate with its key: what mTLS needs. */
export interface ClientPair {
  /** Client certificate, PEM. */
  certificatePem: string;
  /** PKCS#1 PEM. */
  privateKeyPem: string;
  /** Client certificate and the issuing CA, PEM. */
  chainPem: string;
}

/**
 * Port: the Connector, either with a one-time token or with a certificate.
 * Throws AgentError: `TokenRefused` (a GraphQL answer refused: the token is burnt, next 'stall'),
 * `TokenRefusedOrUnavailable` (empty 400: refused or an outage, next 'wait'), `CompassUnreachable` (next 'retry';
 * `details.sent` false when the request certainly never reached the server), `RateLimited`, `InvalidAnswer`.
 */
export interface Connector {
  fetchConfiguration(signal: AbortSignal): Promise<ConnectorConfiguration>;
  /** `csr`: standard base64 of one PEM block. */
  signCertificateSigningRequest(csr: string, signal: AbortSignal): Promise<SignedCertificate>;
  close(): void;
}

/** Port: makes Connector clients. Requests with a token never carry a Tenant header: a wrong one burns the token. */
export interface ConnectorFactory {
  withToken(connectorUrl: string, token: string): Connector;
  withCertificate(securedConnectorUrl: string, pair: ClientPair): Connector;
}

/** Content of the configuration Secret (`APP_AGENT_CONFIGURATION_SECRET`). */
export interface PairingConfiguration {
  connectorUrl: string;
  /** Empty when the Secret holds none. */
  token: string;
  runtimeId: string;
  tenant: string;
}

/**
 * The agent's memory of pairing, in the Secret `ucl-agent-pairing`. Everything is written down before the step that
 * could lose it. Unknown or broken content reads as an empty record.
 */
export interface PairingRecord {
  /** sha256 (hex) of the token that this attempt began with. */
  tokenHash?: string;
  /** PKCS#1 PEM of the key of the attempt. */
  privateKeyPem?: string;
  /** The token from `configuration`, kept before the CSR goes out, with the answer it came with. */
  followUp?: ConnectorConfiguration;
  /** A signed and verified pair that waits to be proven or stored. */
  signed?: { certificatePem: string; chainPem: string; caCertificatePem: string };
  /** Tries so far with this token that may have reached Compass. */
  attempts?: number;
  /** RFC 3339; no try before. */
  nextAttemptAt?: string;
  /** sha256 of a token that is known to be useless. */
  refusedTokenHash?: string;
  /** sha256 of the token that paired the present certificate. */
  usedTokenHash?: string;
  /** What the present certificate was paired for, and where its APIs are; rebuilds the CR when that is lost. */
  paired?: {
    runtimeId: string;
    tenant: string;
    connectorUrl: string;
    directorUrl: string;
    securedConnectorUrl: string;
  };
}

/** Port: the named Secrets. Throws AgentError (`PermissionMissing`, `ClusterUnreachable`, `Conflict`, `Refused`). */
export interface CredentialStore {
  readClientPair(signal: AbortSignal): Promise<ClientPair | undefined>;
  /** One update of the client Secret (`crt`, `key`, `crtChain`). */
  storeClientPair(pair: ClientPair, signal: AbortSignal): Promise<void>;
  /** Whether the CA Secret holds a certificate: the Go agent takes its credentials for lost where it does not. */
  hasCaCertificate(signal: AbortSignal): Promise<boolean>;
  /** Sets key `cacert` of the CA Secret and keeps every other key. */
  storeCaCertificate(caCertificatePem: string, signal: AbortSignal): Promise<void>;
  readPairingRecord(signal: AbortSignal): Promise<PairingRecord>;
  writePairingRecord(record: PairingRecord, signal: AbortSignal): Promise<void>;
}
