import type { ClientCredential } from '../../../agent/connection/ucl-access.ts';
import type { Chance } from '../time/chance.ts';
import { Clock } from '../time/clock.ts';
import type { Timeline } from '../time/timeline.ts';
import { numberOf } from './certificates.ts';
import { Connector, type SignedCertificate } from './connector.ts';
import { Landscape } from './landscape.ts';
import { noUclFaults, type UclFaults } from './no-ucl-faults.ts';
import { type Page, toOffset, toPage } from './to-page.ts';

export interface UclRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly credential: ClientCredential | undefined;
}

export type UclAnswer =
  | { readonly kind: 'answer'; readonly status: number; readonly body: string; readonly retryAfter?: string }
  /** No answer; `sent`: the request may have been read. */
  | { readonly kind: 'broken'; readonly errno: string; readonly sent: boolean }
  | { readonly kind: 'truncated' }
  | { readonly kind: 'silence' };

/** What a request was, and what it came to on UCL's side. */
export interface UclCall {
  /** When UCL had it, and when it was sent. */
  readonly at: number;
  readonly sentAt: number;
  readonly api: 'connector' | 'director';
  readonly operation: string;
  /** Where in the list of systems it asks for a page. */
  readonly offset: number;
  readonly answer: UclAnswer;
  readonly token?: string;
  /** The token was good, and is burnt by this. */
  readonly isTokenBurnt?: boolean;
  /** A token was minted. */
  readonly isMinted?: boolean;
  readonly signed?: string;
  readonly usedCertificate?: SignedCertificate | undefined;
  readonly page?: Page;
}

export const runtimeId = '11111111-1111-4111-8111-111111111111';
export const tenant = 'tenant';
export const connectorUrl = 'https://gateway.ucl.test/connector/graphql';

/** UCL in memory: it answers each request at one instant, and knows what is true. */
export class Ucl {
  readonly landscape: Landscape;
  readonly connector: Connector;
  readonly runtimeLabels: Record<string, unknown> = { isNormalized: 'true' };
  faults: UclFaults = noUclFaults();
  readonly #timeline: Timeline;
  readonly #chance: Chance;

  constructor(timeline: Timeline, chance: Chance, certificateLifeMs: number) {
    this.#timeline = timeline;
    this.#chance = chance;
    this.landscape = new Landscape(timeline);
    // UCL's own clock is right.
    this.connector = new Connector(new Clock(timeline), certificateLifeMs);
  }

  answer(request: UclRequest, sentAt: number): UclCall {
    const { query = '', variables = {} } = JSON.parse(request.body);
    const operation = /^\s*(?:#.*\n)*\s*(?:query|mutation)\s+(\w+)/.exec(query)?.[1] ?? '';
    const isConnector = request.url.includes('/connector/');
    const at = this.#timeline.now;
    const asked = {
      sentAt,
      at,
      api: isConnector ? 'connector' : 'director',
      operation,
      offset: toOffset(variables.after),
    } as const;
    const failure = this.#fail(request);
    if (failure !== undefined) return { ...asked, answer: failure, ...tokenOf(request) };
    const isList = String(query).includes('applicationsForRuntime');
    if (!isConnector) return { ...asked, ...this.#askDirector(operation, isList, variables, request) };
    return { ...asked, ...this.#askConnector(operation, variables, request) };
  }

  /** How the outage, or TLS, keeps the request from being answered. */
  #fail(request: UclRequest): UclAnswer | undefined {
    const isConnector = request.url.includes('/connector/');
    const { outage, outageOf, retryAfterS } = this.faults;
    if (outageOf !== 'both' && outageOf !== (isConnector ? 'connector' : 'director')) return this.#failTls(request);
    const retryAfter = retryAfterS === undefined ? {} : { retryAfter: String(retryAfterS) };
    switch (outage) {
      case 'unreachable':
        return { kind: 'broken', errno: 'ECONNREFUSED', sent: false };
      case 'bad-gateway':
        // The hydrator invalidates a token before the gateway finds that Connector is gone.
        this.connector.burn(request.headers['connector-token'] ?? '');
        return { kind: 'answer', status: 502, body: '' };
      case 'unavailable':
        return { kind: 'answer', status: 503, body: '{"Message":"operation has timed out"}', ...retryAfter };
      case 'busy':
        return { kind: 'answer', status: 429, body: 'local_rate_limited', ...retryAfter };
      case 'garbage':
        return { kind: 'answer', status: 200, body: '<html>Welcome</html>' };
      case 'truncated':
        return { kind: 'truncated' };
      case 'silent':
        return { kind: 'silence' };
      case 'refusing':
        return isConnector ? { kind: 'answer', status: 400, body: '' } : insufficientScopes;
      case undefined:
        return this.#failTls(request);
    }
  }

  #failTls({ url, credential }: UclRequest): UclAnswer | undefined {
    if (url === connectorUrl) return undefined;
    const { directorUrl, connectorUrl: secured } = this.connector.addresses;
    if (url === directorUrl) this.connector.isDirectorFound = true;
    if (url !== directorUrl && url !== secured) return { kind: 'broken', errno: 'ENOTFOUND', sent: false };
    if (credential === undefined) return { kind: 'broken', errno: 'ERR_SSL_CERTIFICATE_REQUIRED_ALERT', sent: false };
    const certificate = this.connector.find(credential.certificatePem);
    if (certificate === undefined || certificate.key !== numberOf(credential.privateKeyPem)) {
      return { kind: 'broken', errno: 'ERR_OSSL_X509_KEY_VALUES_MISMATCH', sent: false };
    }
    if (!this.connector.isInForce(certificate)) {
      return { kind: 'broken', errno: 'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED', sent: false };
    }
    return undefined;
  }

  #askConnector(operation: string, variables: Readonly<Record<string, unknown>>, request: UclRequest) {
    const token = request.headers['connector-token'];
    const used = tokenOf(request);
    const certificate = request.credential && this.connector.find(request.credential.certificatePem);
    const authId =
      token === undefined
        ? certificate?.isRevoked === false
          ? certificate.authId
          : undefined
        : this.connector.burn(token);
    const common = { ...used, usedCertificate: certificate };
    if (authId === undefined) return { ...common, answer: emptyRefusal };
    const isTokenBurnt = token !== undefined;
    if (operation === 'Configuration') {
      return { ...common, isTokenBurnt, isMinted: true, answer: ok(this.connector.configure(authId)) };
    }
    const csr = String(variables.csr);
    const before = new Set(this.connector.certificates.keys());
    const answer = ok(this.connector.sign(authId, csr, this.faults.rubbish));
    const signed = [...this.connector.certificates.keys()].find((pem) => !before.has(pem)) ?? '';
    return { ...common, isTokenBurnt, signed, answer };
  }

  #askDirector(operation: string, isList: boolean, variables: Readonly<Record<string, unknown>>, request: UclRequest) {
    const { distortions } = this.faults;
    const usedCertificate = request.credential && this.connector.find(request.credential.certificatePem);
    if (usedCertificate === undefined || usedCertificate.isRevoked)
      return { usedCertificate, answer: insufficientScopes };
    if (request.headers.tenant !== tenant) return { usedCertificate, answer: wrongTenant };
    const id = distortions.has('other-runtime') ? '22222222-2222-4222-8222-222222222222' : runtimeId;
    const viewer = { id, type: 'RUNTIME' };
    if (isList) {
      const page = toPage(this.landscape, variables, viewer, distortions, this.runtimeLabels);
      if (distortions.has('moving') && !page.isLast) this.#moveBorder();
      page.isIdsOnly = operation !== 'LandscapePage';
      return {
        usedCertificate,
        page,
        answer: { kind: 'answer', status: 200, body: JSON.stringify(page.answer) } as const,
      };
    }
    if (operation === 'SetRuntimeLabel') {
      const { key, value } = variables;
      this.runtimeLabels[String(key)] = value;
      return { usedCertificate, answer: ok({ setRuntimeLabel: { key } }) };
    }
    return { usedCertificate, answer: ok({ viewer }) };
  }

  /** A departure before the border and an arrival behind it: the counts agree, and one system is never seen. */
  #moveBorder(): void {
    const [first] = this.landscape.present();
    if (first !== undefined) this.landscape.depart(first.id);
    this.landscape.arrive();
  }

  /** Whether this answer is lost on its way. */
  loses(): boolean {
    return this.#chance.happens(this.faults.lostAnswers);
  }
}

function tokenOf({ headers }: UclRequest): { token?: string } {
  const token = headers['connector-token'];
  return token === undefined ? {} : { token };
}

function ok(data: object): UclAnswer {
  return { kind: 'answer', status: 200, body: JSON.stringify({ data }) };
}

const emptyRefusal: UclAnswer = { kind: 'answer', status: 400, body: '' };

const insufficientScopes: UclAnswer = {
  kind: 'answer',
  status: 200,
  body: JSON.stringify({
    errors: [
      {
        message: 'insufficient scopes provided [actual=; required=runtime:read]',
        path: [],
        extensions: { error: 'InsufficientScopes', error_code: 23 },
      },
    ],
    data: null,
  }),
};

const wrongTenant: UclAnswer = {
  kind: 'answer',
  status: 400,
  body: JSON.stringify({
    errors: [{ message: 'Tenant not found', path: [], extensions: { error: 'TenantNotFound', error_code: 25 } }],
  }),
};
