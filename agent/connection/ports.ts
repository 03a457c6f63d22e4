import type { Landscape } from '../domain/landscape.ts';
import type { PairingState } from './pairing-state.ts';
import type {
  ClientCredential,
  ConnectorConfiguration,
  PairingConfiguration,
  SignedCertificate,
  UclAccess,
} from './ucl-access.ts';

/** Ports of the connection room. */

/**
 * Port: the Connector, either with a one-time token or with a certificate.
 * Throws AgentError: `TokenRefused` (a GraphQL answer refused: the token is burnt), `TokenRefusedOrUnavailable`
 * (empty 400: refused or an outage), `CompassRefused` (the same with a certificate), `CompassUnreachable`,
 * `RateLimited`, `InvalidAnswer`, `AnswerTooLarge`.
 */
export interface Connector {
  fetchConfiguration(signal: AbortSignal): Promise<ConnectorConfiguration>;
  /** `csr`: standard base64 of one PEM block. */
  signCertificateSigningRequest(csr: string, signal: AbortSignal): Promise<SignedCertificate>;
  close(): void;
}

/** Port: makes Connector clients. Requests with a token never carry a Tenant header: a wrong one burns the token. */
export interface Connectors {
  withToken(connectorUrl: string, token: string): Connector;
  /**
   * Whether Connector and the gateway in front of it are there, asked without a token, which burns none. Throws AgentError
   * (`CompassUnreachable`, `RateLimited`) where they are not.
   */
  look(connectorUrl: string, signal: AbortSignal): Promise<void>;
  withCertificate(securedConnectorUrl: string, credential: ClientCredential): Connector;
}

/**
 * Port: the Director over mTLS. Every method throws AgentError: `CompassUnreachable`, `RateLimited`,
 * `CompassRefused`, `RuntimeMismatch`, `InvalidAnswer`, `AnswerTooLarge`, `LandscapeMoving`.
 */
export interface Director {
  /** Who Director takes us for: the proof of a certificate. Throws `RuntimeMismatch` for another runtime's. */
  proveIdentity(signal: AbortSignal): Promise<void>;
  /** Every list to its end; gaps name the systems that could not be read whole. */
  readLandscape(signal: AbortSignal): Promise<Landscape>;
  /** The ids of all systems assigned to the runtime, as of one moment. */
  readIds(signal: AbortSignal): Promise<ReadonlySet<string>>;
  /** The names of all systems assigned to the runtime, by id. */
  readNames(signal: AbortSignal): Promise<ReadonlyMap<string, string>>;
  setRuntimeLabel(key: string, value: string, signal: AbortSignal): Promise<void>;
}

/** Port: the clients of the Director. */
export interface Directors {
  /**
   * The client of the present link: the very same one while credential, identity and Director's address stay the same.
   * Another's running requests may end, then its connections are closed.
   */
  current(access: UclAccess): Director;
  /** Proves a credential by one call over a connection of its own. Throws what {@link Director} throws. */
  prove(access: UclAccess, signal: AbortSignal): Promise<void>;
  /** Lets go of the present client; its running requests may end. `current` makes a new one. */
  close(): void;
}

/** Port: private keys, and requests to certify them; by far the dearest thing that the agent computes. */
export interface KeySource {
  /** A new RSA key as PKCS#1 PEM. */
  generatePrivateKey(modulusLength: number): Promise<string>;
  /** In the form that Connector takes: standard base64 of one PEM block, with exactly this subject. */
  createCertificateSigningRequest(subject: string, privateKeyPem: string): Promise<string>;
  /** What such a request asks for; undefined where the text is no subject. */
  readSubject(subject: string): Promise<readonly SubjectAttribute[] | undefined>;
}

/** One attribute of a distinguished name: `['CN', 'runtime']`, with nothing escaped. */
export type SubjectAttribute = readonly [type: string, value: string];

/** What a read of the configuration Secret gave. `message` names every problem, and no value that is secret. */
export type PairingConfigurationRead =
  | { readonly kind: 'present'; readonly configuration: PairingConfiguration }
  | { readonly kind: 'missing'; readonly message: string }
  | { readonly kind: 'invalid'; readonly message: string };

/** Port: the configuration Secret. */
export interface ConfigurationSource {
  read(signal: AbortSignal): Promise<PairingConfigurationRead>;
}

/** The memory of pairing with the version of the Secret that it was read from; undefined: there is no Secret. */
export interface StoredPairing {
  readonly state: PairingState;
  /** When renewals were tried, as far as that is written down; in the last write, those of the hour before. */
  readonly renewals: readonly Date[];
  readonly version: string | undefined;
}

/** Read from the API server itself, or as a watch tells it where that follows the cluster. */
export type Freshness = 'live' | 'watched';

/** Port: the named Secrets. Throws AgentError (`PermissionMissing`, `ClusterUnreachable`, `Conflict`, `Refused`). */
export interface CredentialStore {
  /**
   * Read live, but for the pair that is `serving`: where that is given, it may be told as a watch has it. Any other is read
   * live all the same, since a stale copy must not decide about a key.
   */
  readClientPair(signal: AbortSignal, serving?: ClientCredential): Promise<ClientCredential | undefined>;
  /** One update of the client Secret (`crt`, `key`, `crtChain`). */
  storeClientPair(credential: ClientCredential, signal: AbortSignal): Promise<void>;
  /** Whether the CA Secret holds a certificate: the Go agent takes its credentials for lost where it does not. */
  hasCaCertificate(freshness: Freshness, signal: AbortSignal): Promise<boolean>;
  /** Sets key `cacert` of the CA Secret and keeps every other key. */
  storeCaCertificate(caCertificatePem: string, signal: AbortSignal): Promise<void>;
  /** Read live. What cannot be understood reads as `unpaired`, or as no renewals. */
  readPairing(signal: AbortSignal): Promise<StoredPairing>;
  /**
   * Writes the state if the Secret still has this version (undefined: if there is none), and gives the new version. The
   * renewals stay. Throws `Conflict` when somebody else wrote in between: read again and decide anew.
   */
  writePairing(state: PairingState, version: string | undefined, signal: AbortSignal): Promise<string>;
  /** Writes when renewals were tried, as `writePairing` writes the state, which stays. */
  writeRenewals(renewals: readonly Date[], version: string | undefined, signal: AbortSignal): Promise<string>;
}
