/** What a connection with UCL consists of, as plain data. */

/** Whom a certificate stands for, as the configuration Secret names it. */
export interface UclIdentity {
  readonly runtimeId: string;
  readonly tenant: string;
  /** Where the one-time token is used. */
  readonly connectorUrl: string;
}

/** Where UCL's two APIs take the certificate, as the Connector said. */
export interface UclAddresses {
  readonly directorUrl: string;
  /** The Connector with mTLS, for renewal. */
  readonly securedConnectorUrl: string;
}

/** A client certificate with its key: what mTLS needs. */
export interface ClientCredential {
  /** Client certificate, PEM. */
  readonly certificatePem: string;
  /** PKCS#1 PEM. */
  readonly privateKeyPem: string;
  /** Client certificate and the issuing CA, PEM. */
  readonly chainPem: string;
}

/** All that a call to UCL with a certificate needs. */
export interface UclAccess {
  readonly identity: UclIdentity;
  readonly addresses: UclAddresses;
  readonly credential: ClientCredential;
}

/** Content of the configuration Secret (`APP_AGENT_CONFIGURATION_SECRET`). */
export interface PairingConfiguration extends UclIdentity {
  /** Empty when the Secret holds none. */
  readonly token: string;
}

/** What Connector's `configuration` answers (docs/contracts/compass.md#configuration). */
export interface ConnectorConfiguration extends UclAddresses {
  /** One-time token for the next call, on the same SystemAuth. */
  readonly token: string;
  /** `O=..,OU=..,L=..,ST=..,C=..,CN=<SystemAuth id>`; the CSR repeats it exactly. */
  readonly subject: string;
}

/** PEM texts as Connector's `signCertificateSigningRequest` answers them, base64 removed. */
export interface SignedCertificate {
  readonly clientCertificatePem: string;
  readonly certificateChainPem: string;
  readonly caCertificatePem: string;
}
