import type { Clock } from '../time/clock.ts';
import { authorityPem, certify, readRequest, subjectOf } from './certificates.ts';
import type { Rubbish } from './no-ucl-faults.ts';

interface Token {
  readonly authId: string;
  readonly createdAt: number;
  isBurnt: boolean;
}

/** What UCL knows of a certificate that it signed. */
export interface SignedCertificate {
  readonly pem: string;
  readonly authId: string;
  readonly key: number;
  readonly from: number;
  readonly to: number;
  isRevoked: boolean;
}

export interface Addresses {
  directorUrl: string;
  connectorUrl: string;
}

const tokenLifeMs = 60 * 60_000;

/** UCL's authority: one-time tokens, each good once and for an hour, and the certificates that they lead to. */
export class Connector {
  readonly tokens = new Map<string, Token>();
  readonly certificates = new Map<string, SignedCertificate>();
  addresses: Addresses = { directorUrl: directorUrlOf(1), connectorUrl: 'https://mtls.ucl.test/connector/graphql' };
  readonly #clock: Clock;
  readonly #certificateLifeMs: number;
  #count = 0;
  #moves = 1;

  constructor(clock: Clock, certificateLifeMs: number) {
    this.#clock = clock;
    this.#certificateLifeMs = certificateLifeMs;
  }

  /** A new token; for the identity of another, which it replaces, or for a new one. */
  issueToken(authId?: string): string {
    this.#count += 1;
    const token = `token-${this.#count}`;
    if (authId !== undefined) this.#burnAll(authId);
    const known = { authId: authId ?? `auth-${this.#count}`, createdAt: this.#clock.nowMs(), isBurnt: false };
    this.tokens.set(token, known);
    return token;
  }

  /** Whose token it is; burnt by that. undefined: used, expired or unknown. */
  burn(token: string): string | undefined {
    const known = this.tokens.get(token);
    if (known === undefined || known.isBurnt || this.#clock.nowMs() - known.createdAt > tokenLifeMs) return undefined;
    known.isBurnt = true;
    return known.authId;
  }

  isUsable(token: string): boolean {
    const known = this.tokens.get(token);
    return known !== undefined && !known.isBurnt && this.#clock.nowMs() - known.createdAt <= tokenLifeMs;
  }

  /** The answer to `configuration`. It mints a token. */
  configure(authId: string): object {
    const { directorUrl, connectorUrl } = this.addresses;
    return {
      configuration: {
        token: { token: this.issueToken(authId) },
        certificateSigningRequestInfo: { subject: subjectOf(authId), keyAlgorithm: 'rsa2048' },
        managementPlaneInfo: { directorURL: directorUrl, certificateSecuredConnectorURL: connectorUrl },
      },
    };
  }

  /** The answer to a CSR. */
  sign(authId: string, csr: string, rubbish?: Rubbish): object {
    const { key } = readRequest(csr);
    const from = this.#clock.nowMs() - (rubbish === 'expired' ? 2 * this.#certificateLifeMs : 0);
    const to = from + this.#certificateLifeMs;
    const [holder, certified] = [rubbish === 'other-subject' ? 'auth-0' : authId, rubbish === 'other-key' ? 0 : key];
    const pem = rubbish === 'text' ? `rubbish ${from}` : certify(holder, certified, new Date(from), new Date(to));
    this.certificates.set(pem.trim(), {
      pem,
      authId: holder,
      key: certified,
      from,
      to,
      isRevoked: false,
    });
    const [client, authority] = [pem, authorityPem].map((text) => Buffer.from(text).toString('base64'));
    const chain = Buffer.from(pem + authorityPem).toString('base64');
    return {
      signCertificateSigningRequest: { clientCertificate: client, certificateChain: chain, caCertificate: authority },
    };
  }

  find(certificatePem: string): SignedCertificate | undefined {
    return this.certificates.get(certificatePem.trim());
  }

  isInForce({ from, to }: SignedCertificate): boolean {
    const now = this.#clock.nowMs();
    return Math.floor(from / 1000) * 1000 <= now && now <= to;
  }

  revokeAll(): void {
    for (const certificate of this.certificates.values()) certificate.isRevoked = true;
  }

  /** Somebody has asked Director where it is now. */
  isDirectorFound = true;
  /** Director was elsewhere before. */
  get hasMoved(): boolean {
    return this.#moves > 1;
  }

  /** Director moves; the old address answers no more. */
  moveDirector(): void {
    this.#moves += 1;
    this.isDirectorFound = false;
    this.addresses = { ...this.addresses, directorUrl: directorUrlOf(this.#moves) };
  }

  #burnAll(authId: string): void {
    for (const token of this.tokens.values()) if (token.authId === authId) token.isBurnt = true;
  }
}

function directorUrlOf(move: number): string {
  return `https://director-${move}.ucl.test/director/graphql`;
}
