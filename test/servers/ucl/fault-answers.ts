import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { generateKeys, rsa } from '../../data/builders/key-pairs.ts';
import type { CertificateToIssue, IssuedCertificate } from './certificate-authority.ts';
import { internalError, toDirectorErrorAnswer } from './director-error.ts';
import type { FaultEffect, GraphQLAnswer } from './faults.ts';
import type { Ucl } from './start-ucl.ts';

// Outages (docs/contracts/compass.md#outage-or-refusal, docs/contracts/compass.md#http-statuses)

/** PostgreSQL is down: code 23 or 10 from the Director, an empty 400 from the Connector, no token burnt. */
export function databaseDown(): FaultEffect {
  return { loseIdentity: true };
}

/** The Director is down as seen over mTLS, or the Connector as seen by a pairing client: an empty 502. */
export function badGateway502(): FaultEffect {
  return { status: 502 };
}

/** The Connector while the Director is down, and for whatever else it refuses: an empty 400. */
export function empty400(): FaultEffect {
  return { status: 400 };
}

/** The hydrator is down: a 500 whose JSON has the key `error`, not `errors`. */
export function hydratorDown500(): FaultEffect {
  const message = 'An internal server error occurred, please contact the system administrator';
  return jsonAnswer(500, { error: { code: 500, status: 'Internal Server Error', request: randomUUID(), message } });
}

/** A request took longer than the backend allows. */
export function serviceUnavailable503(): FaultEffect {
  return jsonAnswer(503, { Message: 'operation has timed out' });
}

/** The gateway's rate limit, which all runtimes share; it says no Retry-After unless one is given. */
export function rateLimited429(retryAfterSeconds?: number): FaultEffect {
  const retryAfter = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  return {
    status: 429,
    headers: { 'content-type': 'text/plain', 'x-local-rate-limit': 'gateway', ...retryAfter },
    body: 'local_rate_limited',
  };
}

/** A proxy's page in place of an answer. */
export function htmlPage(status = 200): FaultEffect {
  return { status, headers: { 'content-type': 'text/html' }, body: '<html><body>Please sign in.</body></html>' };
}

// Answers of the Director that are not the whole truth

/** An empty page in place of the systems, without an error: what a runtime in no formation gets. */
export function emptyPage(): FaultEffect {
  return rewriteField('applicationsForRuntime', () => ({
    data: [],
    pageInfo: { startCursor: '', endCursor: '', hasNextPage: false },
    totalCount: 0,
  }));
}

/** A null in place of a root field, without an error. */
export function nullPage(field = 'applicationsForRuntime'): FaultEffect {
  return rewriteField(field, () => null);
}

/** All systems with `bundles: null` and one error for each, as a failing nested list gives. */
export function nullBundlesWithErrors(): FaultEffect {
  return {
    rewrite: (answer) => {
      const applications = listOf(answer, 'applicationsForRuntime');
      const errors = applications.map((_application, index) =>
        toDirectorErrorAnswer(internalError(), ['applicationsForRuntime', 'data', index, 'bundles']),
      );
      for (const application of applications) Reflect.set(application, 'bundles', null);
      return { errors: errors.toReversed(), data: answer.data };
    },
  };
}

/** All data, and an error beside it. */
export function dataWithError(): FaultEffect {
  const error = () => toDirectorErrorAnswer(internalError(), ['applicationsForRuntime', 'data', 0, 'auths']);
  return { rewrite: ({ data }) => ({ errors: [error()], data }) };
}

/** JSON of status 200 that is no GraphQL answer: `{}`. */
export function missingData(): FaultEffect {
  return { rewrite: () => ({}) };
}

/** The last system of each page is missing, while `totalCount` still counts it. */
export function shortPage(): FaultEffect {
  return {
    rewrite: (answer) => {
      listOf(answer, 'applicationsForRuntime').pop();
      return answer;
    },
  };
}

// What may stand beside a good certificate; for `signCertificateSigningRequest`

/** A further certificate at the end of the chain; PEM. */
export function appendToChain(certificatePem: string): FaultEffect {
  return changeText('certificateChain', (pem) => `${pem}${certificatePem}`);
}

/** Another certificate in place of the authority's; PEM. */
export function otherAuthority(certificatePem: string): FaultEffect {
  return changeText('caCertificate', () => certificatePem);
}

function changeText(field: string, change: (pem: string) => string): FaultEffect {
  return rewriteField('signCertificateSigningRequest', (signed) => {
    const before: unknown = Reflect.get(Object(signed), field);
    const pem = Buffer.from(String(before), 'base64').toString();
    return { ...Object(signed), [field]: Buffer.from(change(pem)).toString('base64') };
  });
}

// Certificates that must not replace a good one; for `signCertificateSigningRequest`

/** The right key and subject, expired a day ago. */
export function expiredCertificate(ucl: Ucl): FaultEffect {
  const dayMs = 24 * 60 * 60 * 1000;
  const notBefore = new Date(Date.now() - 90 * dayMs);
  return changedCertificate(ucl, async () => ({ notBefore, notAfter: new Date(Date.now() - dayMs) }));
}

/** The right subject, for a key that the client does not have. */
export function otherKeyCertificate(ucl: Ucl): FaultEffect {
  return changedCertificate(ucl, async () => ({ publicKey: (await generateKeys(rsa)).publicKey }));
}

/** The right key, for another identity. */
export function otherSubjectCertificate(ucl: Ucl): FaultEffect {
  const subject = `C=DE, ST=province, L=locality, O=Org, OU=OrgUnit, CN=${randomUUID()}`;
  return changedCertificate(ucl, async () => ({ subject }));
}

/** Base64 of something that is no certificate. */
export function rubbishCertificate(): FaultEffect {
  const rubbish = Buffer.from('no certificate').toString('base64');
  const answer = { certificateChain: rubbish, caCertificate: rubbish, clientCertificate: rubbish };
  return rewriteField('signCertificateSigningRequest', () => answer);
}

/** A chain that lacks the authority's certificate. */
export function incompleteChain(): FaultEffect {
  return rewriteField('signCertificateSigningRequest', (signed) => {
    const clientCertificate: unknown = isObject(signed) ? Reflect.get(signed, 'clientCertificate') : undefined;
    return { ...(isObject(signed) ? signed : {}), certificateChain: clientCertificate };
  });
}

function changedCertificate(ucl: Ucl, change: () => Promise<Partial<CertificateToIssue>>): FaultEffect {
  return {
    rewrite: async (answer) => {
      const signed: unknown = isObject(answer.data)
        ? Reflect.get(answer.data, 'signCertificateSigningRequest')
        : undefined;
      const encoded: unknown = isObject(signed) ? Reflect.get(signed, 'clientCertificate') : undefined;
      if (typeof encoded !== 'string') return answer;
      const good = new x509.X509Certificate(Buffer.from(encoded, 'base64').toString());
      const { subject, publicKey, notBefore, notAfter } = good;
      const issued = await ucl.authority.issue({ subject, publicKey, notBefore, notAfter, ...(await change()) });
      return { data: { signCertificateSigningRequest: encodeCertificates(issued) } };
    },
  };
}

function encodeCertificates(issued: IssuedCertificate): Record<string, string> {
  const encoded = Object.entries(issued).map(([name, pem]) => [name, Buffer.from(pem).toString('base64')]);
  return Object.fromEntries(encoded);
}

function jsonAnswer(status: number, json: unknown): FaultEffect {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(json) };
}

function rewriteField(field: string, change: (value: unknown) => unknown): FaultEffect {
  return {
    rewrite: (answer) => {
      if (!isObject(answer.data)) return answer;
      return { ...answer, data: { ...answer.data, [field]: change(Reflect.get(answer.data, field)) } };
    },
  };
}

function listOf({ data }: GraphQLAnswer, field: string): object[] {
  const page: unknown = isObject(data) ? Reflect.get(data, field) : undefined;
  const list: unknown = isObject(page) ? Reflect.get(page, 'data') : undefined;
  return Array.isArray(list) ? list : [];
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
