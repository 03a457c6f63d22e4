import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { ClientCredential, UclAddresses } from '../../../agent/connection/ucl-access.ts';
import { AgentError, type Reason } from '../../../agent/errors/agent-error.ts';
import type { Time } from '../../../agent/time/time.ts';
import { createIssuingAuthority, type IssuingAuthority, subjectFor } from '../../servers/ucl/certificate-authority.ts';
import { type Cut, uncut } from './cut.ts';

const dayMs = 86_400_000;

/** What UCL keeps, behind the fakes of Connector and Director: tokens that burn, certificates, whose they are. */
export class InMemoryUcl {
  readonly connectorUrl = 'https://connector.example.test';
  /** What Connector answers, and where Director and the Connector with mTLS are. */
  addresses: UclAddresses = {
    directorUrl: 'https://director.example.test',
    securedConnectorUrl: 'https://secured.example.test',
  };
  readonly authority: IssuingAuthority;
  /** An outage that looks like a refusal: a token is not burnt by it, a certificate is turned away. */
  isDown = false;
  /** Replaces what Connector signs. */
  tamper: ((signed: ClientCertificates) => ClientCertificates) | undefined;
  cut: Cut = uncut;
  /** Each presented token, in order. */
  readonly presented: string[] = [];
  signed = 0;
  readonly #time: Pick<Time, 'now'>;
  readonly #runtimes = new Map<string, string>();
  readonly #tokens = new Map<string, string>();
  readonly #certificates = new Map<string, string>();
  readonly #former: UclAddresses[] = [];
  #sequence = 0;

  constructor(authority: IssuingAuthority, time: Pick<Time, 'now'>) {
    this.authority = authority;
    this.#time = time;
  }

  static async create(time: Pick<Time, 'now'>): Promise<InMemoryUcl> {
    return new InMemoryUcl(await createIssuingAuthority(), time);
  }

  /** A token of a new SystemAuth of this runtime. */
  issueToken(runtimeId: string): string {
    this.#sequence += 1;
    const auth = `auth-${this.#sequence}`;
    this.#runtimes.set(auth, runtimeId);
    return this.#mint(auth);
  }

  /** Moves Director and the Connector with mTLS; they answer at the former addresses as well, or no more. */
  moveTo(addresses: UclAddresses, { isForwarding = true } = {}): void {
    if (isForwarding) this.#former.push(this.addresses);
    this.addresses = addresses;
  }

  /** Turns every certificate away from now on that was signed so far. */
  revokeAll(): void {
    this.#certificates.clear();
  }

  configure(auth: string) {
    return { token: this.#mint(auth), subject: subjectFor(auth), ...this.addresses };
  }

  /** Whose token it is; it burns by being presented. */
  useToken(token: string): string {
    this.presented.push(token);
    const auth = [...this.#tokens].find(([, present]) => present === token)?.[0];
    if (this.isDown || auth === undefined) throw refuse('TokenRefusedOrUnavailable');
    this.#tokens.delete(auth);
    return auth;
  }

  /** Whose credential it is; throws where the door stays shut. */
  identify({ certificatePem, privateKeyPem }: ClientCredential, api: keyof UclAddresses, url: string): string {
    if (![this.addresses, ...this.#former].some((addresses) => addresses[api] === url)) {
      throw refuse('CompassUnreachable');
    }
    const auth = this.#certificates.get(certificatePem);
    if (this.isDown || auth === undefined) throw refuse('CompassRefused');
    const certificate = new X509Certificate(certificatePem);
    const isHeld = certificate.checkPrivateKey(createPrivateKey(privateKeyPem));
    if (!isHeld || certificate.validToDate <= this.#time.now()) throw refuse('CompassRefused');
    return auth;
  }

  runtimeOf(auth: string): string | undefined {
    return this.#runtimes.get(auth);
  }

  async sign(csr: string, auth: string): Promise<ClientCertificates> {
    const notBefore = new Date(Math.floor(this.#time.now().getTime() / 1_000) * 1_000);
    const notAfter = new Date(notBefore.getTime() + 90 * dayMs);
    const issued = await this.authority.sign(csr, auth, { notBefore, notAfter });
    this.signed += 1;
    this.#certificates.set(issued.clientCertificate, auth);
    const signed = {
      clientCertificatePem: issued.clientCertificate,
      certificateChainPem: issued.certificateChain,
      caCertificatePem: issued.caCertificate,
    };
    return this.tamper?.(signed) ?? signed;
  }

  #mint(auth: string): string {
    this.#sequence += 1;
    const token = `token-${this.#sequence}`;
    this.#tokens.set(auth, token);
    return token;
  }
}

interface ClientCertificates {
  readonly clientCertificatePem: string;
  readonly certificateChainPem: string;
  readonly caCertificatePem: string;
}

const next = { TokenRefusedOrUnavailable: 'wait', CompassRefused: 'wait', CompassUnreachable: 'retry' } as const;

function refuse(reason: Reason & keyof typeof next): AgentError {
  return new AgentError(reason, `UCL in memory: ${reason}`, { next: next[reason] });
}
