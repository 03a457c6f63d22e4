import { X509Certificate } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arrangements, type Stage } from './arrangements.ts';
import { mintIdentity } from './mint-identity.ts';
import { type Exchange, readExchange, recorded, registerRecordedLandscape } from './recorded-landscape.ts';
import { startUcl, type Ucl } from './start-ucl.ts';
import { type ClientIdentity, callUcl, configurationQuery, type UclAnswer } from './ucl-client.ts';

/** Recordings of the backend that the embedded UCL does not repeat, by name or number, with the reason. */
const notCovered: Record<string, string> = {
  '04-create-bundle-instance-auth-headers-by-variable':
    'an administrator may give headers as they are, which suits tests',
  '02-': 'the webhook of the adapter, which only the recorded runtime had, is not modelled',
  '32-': 'a tenant inside a hand-made JWT: only the bare Director sees one; 53 and 58 cover tenants at the gateway',
  '33-':
    'a JWT missing, expired or without scopes: only the bare Director sees one; 43, 47 and 63 cover lost identities',
  '36-legacy-packages': 'the rewriting of legacy queries is for clients older than bundles',
  '41-token-expiresAt-past': 'the stored expiresAt, which the backend ignores, does not exist here',
  '77-application-name-not-unique': 'tests register several systems of one name, as upserts of the backend do',
  '77-api-target-url-257': 'the length of a target URL is not checked',
  '79-': 'no agent asks for instance auths',
  '80-database-down-direct': 'a database lost after authentication; any answer can be given with a rewriting fault',
  '90-': 'what the gateway hands to the services: here it is a function call',
};

const isNotCovered = (name: string) =>
  Object.keys(notCovered).some((key) => (key.endsWith('-') ? name.startsWith(key) : name === key));
const recordings = readdirSync(new URL('../../data/recordings/compass/', import.meta.url))
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.replace(/\.json$/, ''));
const names = recordings.filter((name) => !isNotCovered(name));

let offsetMs = 0;
const clock = () => new Date(Date.now() + offsetMs);
let gateway: Ucl;
let bare: Ucl;
const identities = new Map<Ucl, ClientIdentity & { fingerprint: string }>();
let stranger: ClientIdentity;

beforeAll(async () => {
  const options = { clock, tenantId: recorded.tenantId, hideSelectors: { hidden: ['true'] } };
  [gateway, bare] = await Promise.all([startUcl(options), startUcl({ ...options, mode: 'bare' })]);
  for (const ucl of [gateway, bare]) {
    registerRecordedLandscape(ucl.landscape);
    const { runtimeId, systemAuthId } = recorded;
    const minted = await mintIdentity(ucl, { runtimeId, systemAuthId, notBefore: new Date(Date.now() - 60_000) });
    const fingerprint = new X509Certificate(minted.clientCertificate).fingerprint256;
    identities.set(ucl, { key: minted.key, cert: minted.certificateChain, fingerprint });
  }
  // A certificate of the right form that another authority signed.
  const other = await startUcl();
  const { id } = other.landscape.registerRuntime();
  const minted = await mintIdentity(other, { runtimeId: id });
  stranger = { key: minted.key, cert: minted.certificateChain };
  await other.stop();
});

afterAll(async () => {
  await Promise.all([gateway?.stop(), bare?.stop()]);
});

describe('the embedded UCL answers as the recorded backend did', () => {
  it.each(names)('%s', async (name) => {
    const exchange = readExchange(name);
    const { hostname } = new URL(exchange.request.url);
    const ucl = hostname.startsWith('compass-gateway') ? gateway : bare;
    const stage = await setStage(ucl);
    await arrangements[name]?.(stage);

    const answer = await send(name, exchange, stage).catch(() => undefined);

    expect(answer?.status ?? 0).toBe(exchange.response.status);
    if (answer === undefined) return;
    expect(normalized(answer.json ?? answer.text, ucl)).toEqual(normalized(exchange.response.body, ucl));
    const contentType = exchange.response.headers?.['content-type'];
    if (contentType !== undefined)
      expect(String(answer.headers['content-type']).split(';')[0]).toBe(contentType.split(';')[0]);
    if (answer.json?.errors !== undefined) expect(Object.keys(answer.json)[0]).toBe('errors');
  });

  it('has a recording for each arrangement, and is asked most of them', () => {
    expect(Object.keys(arrangements).filter((name) => !names.includes(name))).toEqual([]);
    expect(names.length).toBeGreaterThanOrEqual(236);
  });
});

/** The recorded landscape as it was before anything happened to it, with the recorded identity. */
async function setStage(ucl: Ucl): Promise<Stage> {
  offsetMs = 0;
  ucl.faults.clear();
  ucl.landscape.clear();
  registerRecordedLandscape(ucl.landscape);
  ucl.landscape.addSystemAuth(recorded.runtimeId, recorded.systemAuthId);
  const identity = identityOf(ucl);
  const issueToken = () => ucl.landscape.requestOneTimeToken(recorded.runtimeId, recorded.systemAuthId).token;
  return {
    ucl,
    advance: (ms) => {
      offsetMs += ms;
    },
    token: issueToken(),
    issueToken,
    useToken: async (token) => {
      await callUcl(ucl, ucl.connectorUrl, { query: configurationQuery, headers: { 'connector-token': token } });
    },
    callOverMtls: async (path, query) => {
      const url = path === 'director' ? ucl.directorUrl : ucl.securedConnectorUrl;
      await callUcl(ucl, url, { query, identity });
    },
    fingerprint: identity.fingerprint,
  };
}

async function send(name: string, exchange: Exchange, stage: Stage): Promise<UclAnswer> {
  const { ucl } = stage;
  const { url, headers, query, variables, operationName } = exchange.request;
  const isAdministrator = JSON.stringify(headers).includes('Integration System');
  const isGet = query === undefined || query === null || query.startsWith('GET ') || name.endsWith('director-get');
  const isRaw = query?.startsWith('{"query"') || headers['content-length'] === '0' || name.includes('-text-plain');
  const sent = Object.fromEntries(
    Object.entries(headers)
      .map(([key, value]) => [key.toLowerCase(), String(value)] as const)
      .filter(([key]) => !['authorization', 'content-length', 'accept'].includes(key))
      .map(([key, value]) => [key, key === 'connector-token' ? stage.token : value]),
  );
  const isBodiless = isGet || Number(headers['content-length']) === 0;
  const body = isRaw || isBodiless ? { body: isBodiless ? '' : (query ?? '') } : { query: query ?? '' };
  // This recording does not say which path was asked for.
  return callUcl(
    ucl,
    target(new URL(url), ucl, isAdministrator, stage.token) + (name === '36-unknown-path' ? '/unknown' : ''),
    {
      ...body,
      ...(variables === undefined ? {} : { variables }),
      ...(operationName === undefined ? {} : { operationName }),
      ...(isGet ? { method: 'GET' } : {}),
      headers: sent,
      noContentType: name.includes('no-content-type'),
      ...identityFor(name, new URL(url).hostname, ucl),
    },
  );
}

function target(url: URL, ucl: Ucl, isAdministrator: boolean, token: string): string {
  if (isAdministrator) return ucl.adminUrl;
  const isTokenHost = url.hostname === 'compass-gateway.example.test' || url.hostname.startsWith('connector-bare');
  const base = new URL(isTokenHost ? ucl.connectorUrl : ucl.directorUrl);
  base.pathname = url.hostname.startsWith('connector-bare') ? '/connector/graphql' : url.pathname;
  base.search = url.searchParams.has('token') ? `?token=${encodeURIComponent(token)}` : url.search;
  return base.href;
}

function identityFor(name: string, hostname: string, ucl: Ucl): { identity?: ClientIdentity } {
  if (name === '54-mtls-untrusted-cert') return { identity: stranger };
  if (name === '54-mtls-no-cert' || hostname === 'compass-gateway.example.test') return {};
  return { identity: identityOf(ucl) };
}

function identityOf(ucl: Ucl): ClientIdentity & { fingerprint: string } {
  const identity = identities.get(ucl);
  if (identity === undefined) throw new Error('No identity was minted.');
  return identity;
}

/** A body without what differs from run to run: ids of errors and of what was created, times, tokens, hosts. */
function normalized(body: unknown, ucl: Ucl): unknown {
  const text = JSON.stringify(body ?? '')
    .replaceAll(/"(LS0tLS1CRUdJTi[^"]+)"/g, (_match, pem: string) => JSON.stringify(describeCertificates(pem)))
    .replaceAll(ucl.connectorUrl, 'https://compass-gateway.example.test/connector/graphql')
    .replaceAll(new URL(ucl.directorUrl).origin, 'https://compass-gateway-mtls.example.test')
    .replaceAll(/errorID=[0-9a-f-]{36}/g, 'errorID=…')
    .replaceAll(/"request":"[0-9a-f-]{36}"/g, '"request":"…"')
    .replaceAll(/("createBundleInstanceAuth":\{"id":)"[^"]+"/g, '$1"…"')
    .replaceAll(/"rawEncoded":"[^"]+"/g, '"rawEncoded":"…"')
    .replaceAll(/[\w-]{86}==/g, '<token>')
    .replaceAll(/20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>')
    .replaceAll(/(Error while parsing CSR: asn1: structure error: tags don't match)[^"]*/g, '$1');
  const parsed: unknown = JSON.parse(text);
  return sortedErrors(parsed);
}

/** Subject, serial number, dates and use of each certificate in a chain; the authorities have other names. */
function describeCertificates(encoded: string): unknown {
  const pem = Buffer.from(encoded, 'base64').toString();
  return (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map((text) => {
    const certificate = new X509Certificate(text);
    const lifetimeMs = Date.parse(certificate.validTo) - Date.parse(certificate.validFrom);
    return certificate.ca
      ? { authority: true }
      : {
          subject: certificate.subject,
          serialNumber: certificate.serialNumber,
          lifetimeHours: lifetimeMs / 3_600_000,
          use: certificate.keyUsage,
          keyBits: certificate.publicKey.asymmetricKeyDetails?.modulusLength,
        };
  });
}

/** Errors in a fixed order: the backend gives those of a list as they come. */
function sortedErrors(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('errors' in body) || !Array.isArray(body.errors)) return body;
  const errors = body.errors.toSorted((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
  return { ...body, errors };
}
