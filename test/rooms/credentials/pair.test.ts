import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCompass } from '../../../agent/compass/create-compass.ts';
import { type PairingContext, pair } from '../../../agent/credentials/pair.ts';
import { renew } from '../../../agent/credentials/renew.ts';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import { InMemoryCredentials } from '../../data/builders/in-memory-credentials.ts';
import * as faults from '../../servers/ucl/fault-answers.ts';
import { startUcl, type Ucl } from '../../servers/ucl/start-ucl.ts';
import { buildCompassOptions, createRecordingLogger } from '../compass/compass-options.ts';

const signal = new AbortController().signal;

describe('pairing', () => {
  let ucl: Ucl;
  let store: InMemoryCredentials;
  let runtimeId: string;
  let token: string;
  let nowMs: number;
  let secrets: string[];
  let lines: string[];

  beforeAll(async () => {
    ucl = await startUcl({ clock: () => new Date(nowMs) });
    setDefaultCACertificates([...getCACertificates('default'), readFileSync(ucl.caFile, 'utf8')]);
  });
  afterAll(() => ucl.stop());
  beforeEach(() => {
    nowMs = Date.now();
    store = new InMemoryCredentials();
    secrets = [];
    lines = [];
    ucl.faults.clear();
    ucl.requests.clear();
    runtimeId = ucl.landscape.registerRuntime().id;
    token = ucl.landscape.requestOneTimeToken(runtimeId).token;
  });

  const context = (): PairingContext => ({
    connectors: createCompass(buildCompassOptions({ requestTimeoutMs: 5_000 })).connectors,
    store,
    clock: () => new Date(nowMs),
    keySize: 2048,
    retryDelaysMs: [60_000, 180_000],
    log: createRecordingLogger(lines),
    registerSecret: (secret) => void secrets.push(secret),
  });
  const configuration = () => ({ connectorUrl: ucl.connectorUrl, token, runtimeId, tenant: ucl.landscape.tenantId });
  const tryToPair = () =>
    pair(configuration(), undefined, context(), signal).catch((error: unknown) => {
      if (error instanceof AgentError) return error;
      throw error;
    });
  const countCalls = () => ucl.requests.count({ endpoint: 'connector-token' });

  it('ends with a stored certificate that fits its key and bears the subject asked for', async () => {
    const connection = await pair(configuration(), undefined, context(), signal);
    const certificate = new X509Certificate(store.pair?.certificatePem ?? '');
    expect(certificate.checkPrivateKey(createPrivateKey(store.pair?.privateKeyPem ?? ''))).toBe(true);
    expect(store.pair?.privateKeyPem).toContain('BEGIN RSA PRIVATE KEY');
    expect(connection.paired).toEqual({
      runtimeId,
      tenant: ucl.landscape.tenantId,
      connectorUrl: ucl.connectorUrl,
      directorUrl: ucl.directorUrl,
      securedConnectorUrl: ucl.securedConnectorUrl,
    });
    expect(store.record).toEqual({ paired: connection.paired, usedTokenHash: expect.any(String) });
    expect(ucl.requests.all().every(({ tenant }) => tenant === undefined)).toBe(true);
  });

  it('writes the key down before the token is used, and the follow-up token before the CSR goes out', async () => {
    const calls: number[] = [];
    const write = store.writePairingRecord.bind(store);
    store.writePairingRecord = async (record) => {
      calls.push(countCalls());
      await write(record);
    };
    await pair(configuration(), undefined, context(), signal);
    expect(calls).toEqual([0, 0, 1, 2, 2]);
    expect(store.records[0]).toMatchObject({ privateKeyPem: expect.any(String) });
    expect(store.records[2]?.followUp?.token).toEqual(expect.any(String));
    expect(secrets).toContain(store.records[2]?.followUp?.token);
  });

  it('never logs a token or a key', async () => {
    await pair(configuration(), undefined, context(), signal);
    expect(lines.length).toBeGreaterThan(0);
    for (const secret of [token, store.records[2]?.followUp?.token ?? '', 'PRIVATE KEY']) {
      expect(lines.join('\n')).not.toContain(secret);
    }
  });

  it('does not send a token again that Compass refused to the end, and says that a new one is needed', async () => {
    ucl.faults.add({ on: 'connector-token', times: Number.POSITIVE_INFINITY, effect: faults.empty400() });
    const first = await tryToPair();
    expect(first).toMatchObject({ reason: 'TokenRefusedOrUnavailable', next: 'wait', retryAfterMs: 60_000 });
    expect(await tryToPair()).toMatchObject({ reason: 'TokenRefusedOrUnavailable' });
    expect(countCalls()).toBe(1);
    nowMs += 60_000;
    expect(await tryToPair()).toMatchObject({ retryAfterMs: 180_000 });
    nowMs += 180_000;
    const last = await tryToPair();
    expect(last).toMatchObject({ reason: 'TokenRefused', next: 'stall', remedy: expect.stringContaining('new token') });
    nowMs += 3_600_000;
    expect(await tryToPair()).toMatchObject({ reason: 'TokenRefused' });
    expect(countCalls()).toBe(3);
  });

  it('connects by itself with the same token after an outage that answered with an empty 400', async () => {
    const outage = ucl.faults.add({
      on: 'connector-token',
      times: Number.POSITIVE_INFINITY,
      effect: faults.databaseDown(),
    });
    await tryToPair();
    outage.remove();
    nowMs += 60_000;
    expect(await tryToPair()).toMatchObject({ paired: { runtimeId } });
  });

  it.each([
    ['the reply of configuration is lost', 'configuration', { cutReply: true }, 'CompassUnreachable'],
    ['the reply to the CSR is lost', 'signCertificateSigningRequest', { cutReply: true }, 'CompassUnreachable'],
    ['rubbish is signed', 'signCertificateSigningRequest', faults.rubbishCertificate(), 'InvalidAnswer'],
  ] as const)(
    'ends in the named reason after a bounded number of calls when %s',
    async (_, operation, effect, firstReason) => {
      ucl.faults.add({ on: 'connector-token', operation, times: 1, effect });
      expect(await tryToPair()).toMatchObject({ reason: firstReason });
      for (let attempt = 0; attempt < 10; attempt += 1) {
        nowMs += 600_000;
        await tryToPair();
      }
      expect(await tryToPair()).toMatchObject({ reason: 'TokenRefused', next: 'stall' });
      expect(countCalls()).toBeLessThanOrEqual(5);
      token = ucl.landscape.requestOneTimeToken(runtimeId).token;
      expect(await tryToPair()).toMatchObject({ paired: { runtimeId } });
    },
  );

  it('goes on with the follow-up token when it died before the CSR went out', async () => {
    ucl.faults.add({
      on: 'connector-token',
      operation: 'signCertificateSigningRequest',
      times: 1,
      effect: { refuse: true },
    });
    await tryToPair();
    const { privateKeyPem } = store.record;
    expect(await tryToPair()).toMatchObject({ pair: { privateKeyPem } });
    expect(ucl.requests.count({ operation: 'configuration' })).toBe(1);
  });

  it('stores a certificate that was signed before a crash, without another call', async () => {
    store.failures.pair = 1;
    expect(await tryToPair()).toMatchObject({ reason: 'PermissionMissing' });
    const calls = countCalls();
    expect(await tryToPair()).toMatchObject({ paired: { runtimeId } });
    expect(countCalls()).toBe(calls);
  });

  it.each([
    ['another key', faults.otherKeyCertificate],
    ['an expired certificate', faults.expiredCertificate],
    ['another subject', faults.otherSubjectCertificate],
    ['a chain without the issuer', faults.incompleteChain],
  ])('refuses %s and keeps what it has', async (_, toFault) => {
    const before = { certificatePem: 'old', privateKeyPem: 'old', chainPem: 'old' };
    store.pair = before;
    ucl.faults.add({
      on: 'connector-token',
      operation: 'signCertificateSigningRequest',
      times: 1,
      effect: toFault(ucl),
    });
    expect(await tryToPair()).toMatchObject({ reason: 'CertificateRejected', next: 'stall' });
    expect(store.pair).toBe(before);
    expect(await tryToPair()).toMatchObject({ reason: 'TokenRefused' });
  });

  it('keeps the old pair when the new one cannot prove itself, and proves it again without another call', async () => {
    const before = { certificatePem: 'old', privateKeyPem: 'old', chainPem: 'old' };
    store.pair = before;
    const unreachable = new AgentError('CompassUnreachable', 'down', { next: 'retry' });
    const failing = pair(configuration(), () => Promise.reject(unreachable), context(), signal);
    await expect(failing).rejects.toBe(unreachable);
    expect(store.pair).toBe(before);
    const calls = countCalls();
    const made = await pair(configuration(), () => Promise.resolve(), context(), signal);
    expect(store.pair).toEqual(made.pair);
    expect(countCalls()).toBe(calls);
  });

  it('tolerates that the clock of Compass is ahead', async () => {
    ucl.faults.clockSkewMs = 10 * 60_000;
    expect(await tryToPair()).toMatchObject({ paired: { runtimeId } });
    ucl.faults.clockSkewMs = 0;
  });

  it('renews over mTLS, and keeps the old pair when the answer is lost', async () => {
    const connection = await pair(configuration(), undefined, context(), signal);
    const proven: string[] = [];
    const prove = async ({ pair: made }: { pair: { certificatePem: string } }) => void proven.push(made.certificatePem);
    ucl.faults.add({
      on: 'connector-mtls',
      operation: 'signCertificateSigningRequest',
      times: 1,
      effect: { cutReply: true },
    });
    const renewing = () => renew(connection.pair, connection.paired, prove, context(), signal);
    await expect(renewing()).rejects.toMatchObject({ reason: 'CompassUnreachable' });
    expect(store.pair).toEqual(connection.pair);
    const renewed = await renewing();
    expect(renewed.pair.certificatePem).not.toBe(connection.pair.certificatePem);
    expect(proven).toEqual([renewed.pair.certificatePem]);
    expect(store.pair).toEqual(renewed.pair);
    expect(store.record.usedTokenHash).toEqual(expect.any(String));
  });
});
