import { createPrivateKey, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  databaseDown,
  emptyPage,
  expiredCertificate,
  missingData,
  nullBundlesWithErrors,
  otherKeyCertificate,
  rateLimited429,
  serviceUnavailable503,
  shortPage,
} from './fault-answers.ts';
import { type GeneratedLandscape, generateLandscape } from './generate-landscape.ts';
import { mintIdentity } from './mint-identity.ts';
import { startUcl, type Ucl } from './start-ucl.ts';
import {
  type ClientIdentity,
  callUcl,
  configurationQuery,
  createCsr,
  field,
  pair,
  signMutation,
} from './ucl-client.ts';

let ucl: Ucl;
let landscape: GeneratedLandscape;
let identity: ClientIdentity;

beforeAll(async () => {
  ucl = await startUcl();
  landscape = generateLandscape(ucl.landscape, { apps: 5, bundles: 2 });
  identity = await pair(ucl, landscape.runtimeId);
});

afterAll(() => ucl?.stop());

beforeEach(() => {
  ucl.faults.clear();
  ucl.requests.clear();
});

const list =
  'query($r:ID!,$f:Int,$a:PageCursor){viewer{id} applicationsForRuntime(runtimeID:$r,first:$f,after:$a)' +
  '{data{id bundles{data{id}}} pageInfo{endCursor hasNextPage} totalCount}}';

function readPage(first = 200, after = '') {
  const variables = { r: landscape.runtimeId, f: first, a: after };
  return callUcl(ucl, ucl.directorUrl, { query: list, variables, identity, headers: { 'x-request-id': 'read-1' } });
}

function configuration(token: string) {
  return callUcl(ucl, ucl.connectorUrl, { query: configurationQuery, headers: { 'connector-token': token } });
}

function idsOf(answer: Awaited<ReturnType<typeof readPage>>): unknown {
  return field(answer, 'applicationsForRuntime', 'data');
}

describe('faults of the embedded UCL', () => {
  it('takes as many requests as it says and counts them', async () => {
    const fault = ucl.faults.add({ on: 'director', times: 2, effect: serviceUnavailable503() });

    const statuses = [(await readPage()).status, (await readPage()).status, (await readPage()).status];

    expect(statuses).toEqual([503, 503, 200]);
    expect(fault.hits).toBe(2);
  });

  it('leaves other operations and other pages alone', async () => {
    ucl.faults.add({ on: 'director', operation: 'runtime', effect: rateLimited429() });
    ucl.faults.add({ on: 'director', when: ({ page }) => page === 2, effect: rateLimited429(7) });

    const first = await readPage(2);
    const cursor = String(field(first, 'applicationsForRuntime', 'pageInfo', 'endCursor'));
    const second = await readPage(2, cursor);

    expect(first.status).toBe(200);
    expect(second.status).toBe(429);
    expect(second.headers['retry-after']).toBe('7');
    expect(second.headers['x-local-rate-limit']).toBe('gateway');
  });

  it('sends bytes that are no text', async () => {
    const spoil = (body: Buffer) => Buffer.concat([body.subarray(0, -1), Buffer.from([0x20, 0xff])]);
    ucl.faults.add({ on: 'director', effect: { rewriteBytes: spoil } });
    const { text } = await readPage();
    expect(text.endsWith(' \uFFFD')).toBe(true);
  });

  it('stops when it is removed', async () => {
    const fault = ucl.faults.add({ on: 'director', times: Number.POSITIVE_INFINITY, effect: emptyPage() });
    expect(idsOf(await readPage())).toEqual([]);

    fault.remove();

    expect(idsOf(await readPage())).toHaveLength(5);
  });

  it('burns the token when only the reply is lost, and keeps it when the request is refused', async () => {
    const token = () => ucl.landscape.requestOneTimeToken(landscape.runtimeId).token;
    const [refused, lost] = [token(), token()];
    ucl.faults.add({ on: 'connector-token', effect: { refuse: true } });
    await expect(configuration(refused)).rejects.toThrow();
    ucl.faults.add({ on: 'connector-token', effect: { cutReply: true } });
    await expect(configuration(lost)).rejects.toThrow();

    expect((await configuration(refused)).status).toBe(200);
    expect((await configuration(lost)).status).toBe(400);
  });

  it('holds the answer until the function is done that it calls, and then loses it', async () => {
    const { token } = ucl.landscape.requestOneTimeToken(landscape.runtimeId);
    const order: string[] = [];
    const cutReply = async () => void order.push(`then ${(await configuration(token)).status}`);
    ucl.faults.add({ on: 'connector-token', effect: { cutReply } });
    await configuration(token).catch(() => order.push('cut'));

    expect(order).toEqual(['then 400', 'cut']);
  });

  it('keeps the token through an outage of the database', async () => {
    const { token } = ucl.landscape.requestOneTimeToken(landscape.runtimeId);
    ucl.faults.add({ on: 'connector-token', effect: databaseDown() });

    expect((await configuration(token)).status).toBe(400);
    expect((await configuration(token)).status).toBe(200);
  });

  it('truncates a body of announced length', async () => {
    ucl.faults.add({ on: 'director', effect: { truncateBody: 20 } });

    await expect(readPage()).rejects.toThrow();
  });

  it('leaves a request hanging until it stops', async () => {
    const other = await startUcl();
    other.faults.add({ on: 'connector-look', effect: { hang: true } });
    const pending = callUcl(other, other.connectorUrl, { query: configurationQuery }).then(
      () => 'answered',
      () => 'cut',
    );
    await expect.poll(() => other.requests.count()).toBe(1);

    await other.stop();

    expect(await pending).toBe('cut');
  });

  it('gives partial data with one error a system', async () => {
    ucl.faults.add({ on: 'director', effect: nullBundlesWithErrors() });

    const answer = await readPage();

    expect(answer.json?.errors).toHaveLength(5);
    expect(field(answer, 'applicationsForRuntime', 'data', 0, 'bundles')).toBeNull();
  });

  it('gives JSON without data, and a page shorter than its count', async () => {
    ucl.faults.add({ on: 'director', effect: missingData() });
    expect((await readPage()).text).toBe('{}');

    ucl.faults.add({ on: 'director', effect: shortPage() });
    const answer = await readPage();
    expect(idsOf(answer)).toHaveLength(4);
    expect(field(answer, 'applicationsForRuntime', 'totalCount')).toBe(5);
  });

  it('moves the landscape before it answers', async () => {
    const extra = ucl.landscape.registerApplication({ name: 'Late' });
    ucl.faults.add({
      on: 'director',
      effect: { movingLandscape: (moving) => moving.assign(extra.id, 'APPLICATION', landscape.formation) },
    });

    expect(idsOf(await readPage())).toHaveLength(6);
    ucl.landscape.deleteApplication(extra.id);
  });

  it.each([
    ['expired', expiredCertificate],
    ['for another key', otherKeyCertificate],
  ] as const)('signs a certificate that is %s', async (kind, effect) => {
    const { token, systemAuthId } = ucl.landscape.requestOneTimeToken(landscape.runtimeId);
    const { csr, key } = await createCsr(`O=Org,OU=OrgUnit,L=locality,ST=province,C=DE,CN=${systemAuthId}`);
    ucl.faults.add({ on: 'connector-token', operation: 'signCertificateSigningRequest', effect: effect(ucl) });

    const answer = await callUcl(ucl, ucl.connectorUrl, {
      query: signMutation,
      variables: { csr },
      headers: { 'connector-token': token },
    });

    const encoded = String(field(answer, 'signCertificateSigningRequest', 'clientCertificate'));
    const certificate = new X509Certificate(Buffer.from(encoded, 'base64'));
    expect(certificate.subject).toContain(systemAuthId);
    expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(kind === 'expired');
    expect(Date.parse(certificate.validTo) < Date.now()).toBe(kind === 'expired');
  });

  it('dates certificates by a clock that is off, and accepts them by that clock', async () => {
    ucl.faults.clockSkewMs = 10 * 60_000;

    const early = await pair(ucl, landscape.runtimeId);

    expect(Date.parse(new X509Certificate(early.cert).validFrom)).toBeGreaterThan(Date.now() + 5 * 60_000);
    const answer = await callUcl(ucl, ucl.directorUrl, { query: '{viewer{id}}', identity: early });
    expect(field(answer, 'viewer', 'id')).toBe(landscape.runtimeId);
  });

  it('refuses an expired certificate in the handshake', async () => {
    const { key, certificateChain } = await mintIdentity(ucl, {
      runtimeId: landscape.runtimeId,
      notBefore: new Date(Date.now() - 7_200_000),
      notAfter: new Date(Date.now() - 3_600_000),
    });

    const call = callUcl(ucl, ucl.directorUrl, { query: '{viewer{id}}', identity: { key, cert: certificateChain } });

    await expect(call).rejects.toThrow();
  });
});

describe('the request log', () => {
  it('keeps endpoint, operation, status, tenant, request id and certificate of each request', async () => {
    await readPage();

    const [request] = ucl.requests.all({ endpoint: 'director', operation: 'applicationsForRuntime' });

    expect(request).toMatchObject({
      operation: 'applicationsForRuntime',
      operations: ['viewer', 'applicationsForRuntime'],
      status: 200,
      requestId: 'read-1',
    });
    expect(request?.clientCertificateFingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(request?.bytes).toBeGreaterThan(100);
    expect(ucl.requests.count({ endpoint: 'connector-token' })).toBe(0);
  });
});
