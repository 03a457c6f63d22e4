import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import * as x509 from '@peculiar/x509';
import { ecdsa, generateKeys, rsa, toPem } from '../../data/builders/key-pairs.ts';
import type { Ucl } from './start-ucl.ts';

/** A key and the PEM chain of a certificate for it. */
export interface ClientIdentity {
  key: string;
  cert: string;
}

/** An HTTP answer; `json` is absent where the body is none. */
export interface UclAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  json?: { data?: unknown; errors?: { message: string; path?: unknown; extensions?: unknown }[] };
}

/** What to send; `body` goes out as it is, in place of query and variables. */
export interface UclRequest {
  query?: string;
  variables?: Record<string, unknown>;
  operationName?: string;
  body?: string;
  method?: string;
  headers?: Record<string, string>;
  identity?: ClientIdentity;
  /** Sends no Content-Type at all. */
  noContentType?: boolean;
}

/** Sends one request on a connection of its own. Rejects where the connection fails. */
export function callUcl(ucl: Ucl, url: string, call: UclRequest): Promise<UclAnswer> {
  const { query, variables, operationName } = call;
  const body = call.method === 'GET' ? '' : (call.body ?? JSON.stringify({ query, variables, operationName }));
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    const outgoing = send(
      url,
      {
        method: call.method ?? 'POST',
        ca: readFileSync(ucl.caFile),
        agent: false,
        headers: { ...(call.noContentType ? {} : { 'content-type': 'application/json' }), ...call.headers },
        ...call.identity,
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('error', reject);
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const status = incoming.statusCode ?? 0;
          resolve({ status, headers: incoming.headers, text, ...parsed(text) });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function parsed(text: string): Pick<UclAnswer, 'json'> {
  try {
    return { json: JSON.parse(text) };
  } catch {
    return {};
  }
}

export interface CsrOptions {
  modulusLength?: number;
  algorithm?: 'RSA' | 'EC';
}

/** A new key and a CSR for it: the key as PEM, the CSR in standard base64 of PEM. */
export async function createCsr(subject: string, options: CsrOptions = {}): Promise<{ key: string; csr: string }> {
  const { modulusLength = rsa.modulusLength } = options;
  const algorithm = options.algorithm === 'EC' ? ecdsa : { ...rsa, modulusLength };
  const keys = await generateKeys(algorithm);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: subject,
    keys,
    signingAlgorithm: algorithm,
  });
  return {
    key: await toPem(keys.privateKey),
    csr: Buffer.from(`${request.toString('pem')}\n`).toString('base64'),
  };
}

export const configurationQuery =
  'query{configuration{token{token} certificateSigningRequestInfo{subject keyAlgorithm} ' +
  'managementPlaneInfo{directorURL certificateSecuredConnectorURL}}}';
export const signMutation =
  'mutation($csr:String!){signCertificateSigningRequest(csr:$csr)' +
  '{certificateChain caCertificate clientCertificate}}';

/** Pairs a runtime from a fresh one-time token: its certificate identity, ready for mTLS. */
export async function pair(
  ucl: Ucl,
  runtimeId: string,
  systemAuthId?: string,
): Promise<ClientIdentity & { systemAuthId: string }> {
  const { token, systemAuthId: commonName } = ucl.landscape.requestOneTimeToken(runtimeId, systemAuthId);
  const { key, csr } = await createCsr(`O=Org,OU=OrgUnit,L=locality,ST=province,C=DE,CN=${commonName}`);
  const answer = await callUcl(ucl, ucl.connectorUrl, {
    query: signMutation,
    variables: { csr },
    headers: { 'connector-token': token },
  });
  const cert = Buffer.from(
    String(field(answer, 'signCertificateSigningRequest', 'certificateChain')),
    'base64',
  ).toString();
  return { key, cert, systemAuthId: commonName };
}

/** A value inside `data`, by its path. */
export function field(answer: UclAnswer, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, step) => (typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined),
    answer.json?.data,
  );
}
