import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCompass } from '../../../agent/compass/create-compass.ts';
import { openMtlsExchange } from '../../../agent/compass/open-mtls-exchange.ts';
import type { UclLink } from '../../../agent/connection/connection-facts.ts';
import type { ConnectionParts } from '../../../agent/connection/connection-parts.ts';
import {
  createCertificateSigningRequest,
  readSubject,
} from '../../../agent/connection/create-certificate-signing-request.ts';
import { explainFailure } from '../../../agent/connection/explain-failure.ts';
import { type PairingOutcome, pairWithToken } from '../../../agent/connection/pair-with-token.ts';
import type { PairingPause } from '../../../agent/connection/pairing-pause.ts';
import { renewCertificate } from '../../../agent/connection/renew-certificate.ts';
import type { ClientCredential } from '../../../agent/connection/ucl-access.ts';
import { buildCompassOptions } from '../../data/builders/build-compass-options.ts';
import { type RecordedLog, recordLog } from '../../data/builders/record-log.ts';
import { InMemoryConfiguration } from '../../data/fakes/in-memory-configuration.ts';
import { InMemoryCredentials } from '../../data/fakes/in-memory-credentials.ts';
import { prepareKeys } from '../../data/fakes/prepare-keys.ts';
import { VirtualTime } from '../../data/fakes/virtual-time.ts';
import * as faults from '../../servers/ucl/fault-answers.ts';
import { startUcl, type Ucl } from '../../servers/ucl/start-ucl.ts';

const signal = new AbortController().signal;
const minuteMs = 60_000;
const old: ClientCredential = { certificatePem: 'old', privateKeyPem: 'old', chainPem: 'old' };

describe('pairing over the wire', () => {
  let ucl: Ucl;
  let generatePrivateKey: () => Promise<string>;
  let time = new VirtualTime(new Date());
  let credentials: InMemoryCredentials;
  let parts: ConnectionParts;
  let pause: PairingPause | undefined;
  let runtimeId: string;
  let token: string;
  let secrets: string[];
  let log: RecordedLog;

  beforeAll(async () => {
    ucl = await startUcl({ clock: () => time.now() });
    setDefaultCACertificates([...getCACertificates('default'), readFileSync(ucl.caFile, 'utf8')]);
    generatePrivateKey = await prepareKeys();
  });
  afterAll(() => ucl.stop());
  beforeEach(() => {
    time = new VirtualTime(new Date());
    credentials = new InMemoryCredentials();
    pause = undefined;
    secrets = [];
    log = recordLog();
    ucl.faults.clear();
    ucl.faults.clockSkewMs = 0;
    ucl.requests.clear();
    runtimeId = ucl.landscape.registerRuntime().id;
    token = ucl.landscape.requestOneTimeToken(runtimeId).token;
    const compass = createCompass(buildCompassOptions({ requestTimeoutMs: 5_000 }), openMtlsExchange);
    parts = {
      ports: { ...compass, credentials, configuration: new InMemoryConfiguration() },
      settings: {
        certKeySize: 2048,
        pairingRetryDelaysMs: [minuteMs, 3 * minuteMs],
        certValidityRenewalThreshold: 0.3,
        compassTrustedHosts: undefined,
      },
      time,
      keys: { generatePrivateKey, createCertificateSigningRequest, readSubject },
      log,
      registerSecret: (secret) => void secrets.push(secret),
      onRuntimeId: () => undefined,
    };
  });

  const configuration = () => ({ connectorUrl: ucl.connectorUrl, token, runtimeId, tenant: ucl.landscape.tenantId });
  const pair = async (): Promise<PairingOutcome> => {
    const outcome = await pairWithToken(
      configuration(),
      { stored: credentials.pairing, pause, unwritten: undefined, request: undefined },
      parts,
      signal,
    );
    pause = outcome.pause;
    return outcome;
  };
  const pairWell = async (): Promise<UclLink> => {
    const { made, failure } = await pair();
    if (made === undefined) throw explainFailure(failure);
    return made.link;
  };
  const pairInVain = async () => {
    const { failure } = await pair();
    return failure && explainFailure(failure);
  };
  const countCalls = () => ucl.requests.count({ endpoint: 'connector-token' });

  it('ends with a stored certificate that fits its key and bears the subject asked for', async () => {
    const { identity, addresses } = await pairWell();
    const { certificatePem = '', privateKeyPem = '' } = credentials.credential ?? {};
    const certificate = new X509Certificate(certificatePem);
    expect(certificate.checkPrivateKey(createPrivateKey(privateKeyPem))).toBe(true);
    expect(certificate.subject).toContain(`CN=${ucl.landscape.systemAuthIds(runtimeId)[0]}`);
    expect(privateKeyPem).toContain('BEGIN RSA PRIVATE KEY');
    expect(identity).toEqual({ runtimeId, tenant: ucl.landscape.tenantId, connectorUrl: ucl.connectorUrl });
    expect(addresses).toEqual({ directorUrl: ucl.directorUrl, securedConnectorUrl: ucl.securedConnectorUrl });
    expect(credentials.pairing.state).toMatchObject({ at: 'paired', present: { identity, addresses } });
    const asked = ucl.requests.all().filter(({ endpoint }) => endpoint !== 'director');
    expect(asked.map(({ endpoint, operation }) => `${endpoint} ${operation}`)).toEqual([
      'connector-look configuration',
      'connector-token configuration',
      'connector-token signCertificateSigningRequest',
    ]);
    expect(asked.every(({ tenant }) => tenant === undefined)).toBe(true);
  });

  it('never logs a token or a key', async () => {
    await pairWell();
    const followUps = credentials.states.flatMap((state) => ('followUp' in state ? [state.followUp.token] : []));
    expect(secrets).toEqual(expect.arrayContaining(followUps));
    expect(log.entries.length).toBeGreaterThan(0);
    for (const secret of [token, ...followUps, 'PRIVATE KEY']) expect(log.text()).not.toContain(secret);
  });

  it('does not send a token again that Compass refused to the end, and says that a new one is needed', async () => {
    ucl.faults.add({ on: 'connector-token', times: Number.POSITIVE_INFINITY, effect: faults.empty400() });
    const pending = { reason: 'TokenRefusedOrUnavailable', next: 'wait' };
    expect(await pairInVain()).toMatchObject({ ...pending, retryAfterMs: minuteMs });
    expect(await pairInVain()).toMatchObject(pending);
    expect(countCalls()).toBe(1);
    await time.pass(minuteMs);
    expect(await pairInVain()).toMatchObject({ retryAfterMs: 3 * minuteMs });
    await time.pass(3 * minuteMs);
    expect(await pairInVain()).toMatchObject({
      reason: 'TokenRefused',
      next: 'stall',
      remedy: expect.stringContaining('new token'),
    });
    await time.pass(60 * minuteMs);
    expect(await pairInVain()).toMatchObject({ reason: 'TokenRefused' });
    expect(countCalls()).toBe(3);
  });

  it('connects by itself with the same token after an outage that answered with an empty 400', async () => {
    const always = Number.POSITIVE_INFINITY;
    const outage = ucl.faults.add({ on: 'connector-token', times: always, effect: faults.databaseDown() });
    expect(await pairInVain()).toMatchObject({ reason: 'TokenRefusedOrUnavailable' });
    outage.remove();
    await time.pass(minuteMs);
    expect((await pairWell()).identity).toMatchObject({ runtimeId });
  });

  it.each([
    ['the reply of configuration is lost', 'configuration', { cutReply: true }, 'CompassUnreachable'],
    ['the reply to the CSR is lost', 'signCertificateSigningRequest', { cutReply: true }, 'CompassUnreachable'],
  ] as const)(
    'ends in the named reason after a bounded number of calls when %s',
    async (_, operation, effect, firstReason) => {
      ucl.faults.add({ on: 'connector-token', operation, times: 1, effect });
      expect(await pairInVain()).toMatchObject({ reason: firstReason });
      for (let attempt = 0; attempt < 10; attempt += 1) {
        await time.pass(10 * minuteMs);
        await pairInVain();
      }
      expect(await pairInVain()).toMatchObject({ reason: 'TokenRefused', next: 'stall' });
      expect(countCalls()).toBeLessThanOrEqual(5);
      token = ucl.landscape.requestOneTimeToken(runtimeId).token;
      expect((await pairWell()).identity).toMatchObject({ runtimeId });
    },
  );

  it.each([
    ['signs rubbish', 'signCertificateSigningRequest', faults.rubbishCertificate()],
    ['gives no configuration', 'configuration', faults.nullPage('configuration')],
  ] as const)('uses no token again where Connector %s, and says so from then on', async (_, operation, effect) => {
    ucl.faults.add({ on: 'connector-token', operation, times: 1, effect });
    const told = { reason: 'InvalidAnswer', next: 'stall', remedy: expect.stringContaining('new token') };
    expect(await pairInVain()).toMatchObject(told);
    const calls = countCalls();
    await time.pass(10 * minuteMs);
    expect(await pairInVain()).toMatchObject(told);
    expect(countCalls()).toBe(calls);
    token = ucl.landscape.requestOneTimeToken(runtimeId).token;
    expect((await pairWell()).identity).toMatchObject({ runtimeId });
  });

  it('goes on with the follow-up token when it died before the CSR went out', async () => {
    const operation = 'signCertificateSigningRequest';
    ucl.faults.add({ on: 'connector-token', operation, times: 1, effect: { refuse: true } });
    expect(await pairInVain()).toMatchObject({ reason: 'CompassUnreachable' });
    const { state } = credentials.pairing;
    const key = 'privateKeyPem' in state ? state.privateKeyPem : undefined;
    expect((await pairWell()).credential.privateKeyPem).toBe(key);
    expect(ucl.requests.count({ endpoint: 'connector-token', operation: 'configuration' })).toBe(1);
  });

  it.each([
    ['another key', faults.otherKeyCertificate],
    ['an expired certificate', faults.expiredCertificate],
    ['another subject', faults.otherSubjectCertificate],
  ])('refuses %s and keeps what it has', async (_, toFault) => {
    credentials.credential = old;
    const operation = 'signCertificateSigningRequest';
    ucl.faults.add({ on: 'connector-token', operation, times: 1, effect: toFault(ucl) });
    expect(await pairInVain()).toMatchObject({ reason: 'CertificateRejected', next: 'stall' });
    expect(credentials.credential).toBe(old);
    // What was told at first is told as long as the token stays.
    const again = { reason: 'CertificateRejected', remedy: expect.stringContaining('new one-time token') };
    expect(await pairInVain()).toMatchObject(again);
    expect(countCalls()).toBe(2);
  });

  it('takes a chain that lacks its issuer, since that is in the answer as the authority', async () => {
    const operation = 'signCertificateSigningRequest';
    ucl.faults.add({ on: 'connector-token', operation, times: 1, effect: faults.incompleteChain() });
    const { credential } = await pairWell();
    expect(credential.chainPem).toContain(ucl.authority.certificatePem.trim());
    expect(credentials.credential).toEqual(credential);
  });

  it('keeps the old pair when the new one cannot prove itself, and proves it again without another call', async () => {
    credentials.credential = old;
    ucl.faults.add({ on: 'director', times: 1, effect: { refuse: true } });
    expect(await pairInVain()).toMatchObject({ reason: 'CompassUnreachable' });
    expect(credentials.credential).toBe(old);
    const calls = countCalls();
    const { made } = await pair();
    expect(credentials.credential).toEqual(made?.link.credential);
    expect(countCalls()).toBe(calls);
  });

  it.each([
    ['the gateway', faults.badGateway502()],
    ['the hydrator', faults.hydratorDown500()],
    ['the limit of all runtimes', faults.rateLimited429()],
    ['nobody', { refuse: true } as const],
  ])('keeps the token while %s does not answer, and uses it afterwards', async (_, effect) => {
    const outage = ucl.faults.add({ on: 'connector-look', times: Number.POSITIVE_INFINITY, effect });
    const told = await pairInVain();
    expect(['CompassUnreachable', 'RateLimited']).toContain(told?.reason);
    expect(told).toMatchObject({ message: expect.stringContaining('token was not used') });
    await time.pass(minuteMs);
    await pairInVain();
    expect(countCalls()).toBe(0);
    outage.remove();
    expect((await pairWell()).identity).toMatchObject({ runtimeId });
  });

  it.each([
    ['an empty 400', faults.empty400()],
    ['a page of HTML', faults.htmlPage()],
    ['a page that says 404', faults.htmlPage(404)],
    ['408', { status: 408 }],
    ['nothing that makes sense', faults.missingData()],
  ])('takes %s for a sign that somebody is there', async (_, effect) => {
    ucl.faults.add({ on: 'connector-look', effect });
    expect((await pairWell()).identity).toMatchObject({ runtimeId });
  });

  it.each([
    ['a 502', faults.badGateway502()],
    ['a time limit', faults.serviceUnavailable503()],
    ['a lost answer', { cutReply: true } as const],
  ])('says after %s to a token that it is probably spent, also later and after a restart', async (_, effect) => {
    ucl.faults.add({ on: 'connector-token', times: 1, effect });
    const probably = expect.stringContaining('probably used up');
    const newToken = expect.stringContaining('new token');
    const lost = await pairInVain();
    expect(lost).toMatchObject({ reason: 'CompassUnreachable', message: probably, remedy: newToken });
    ucl.faults.add({ on: 'connector-token', times: 1, effect: faults.empty400() });
    const refused = { reason: 'TokenRefusedOrUnavailable', message: probably, remedy: newToken };
    expect(await pairInVain()).toMatchObject(refused);
    pause = undefined;
    expect(await pairInVain()).toMatchObject(refused);
    token = ucl.landscape.requestOneTimeToken(runtimeId).token;
    expect((await pairWell()).identity).toMatchObject({ runtimeId });
  });

  it.each([
    ['a hydrator that is down', faults.hydratorDown500()],
    ['a limit', faults.rateLimited429()],
  ])('does not say so after %s, which burns none', async (_, effect) => {
    ucl.faults.add({ on: 'connector-token', times: 1, effect });
    expect((await pairInVain())?.message).not.toContain('spent');
    expect((await pairWell()).identity).toMatchObject({ runtimeId });
  });

  it('tolerates that the clock of Compass is ahead', async () => {
    ucl.faults.clockSkewMs = 10 * minuteMs;
    expect((await pairWell()).identity).toMatchObject({ runtimeId });
  });

  it('renews over mTLS, and keeps the old pair when the answer is lost', async () => {
    const link = await pairWell();
    const operation = 'signCertificateSigningRequest';
    ucl.faults.add({ on: 'connector-mtls', operation, times: 1, effect: { cutReply: true } });
    const renew = () => renewCertificate(link, credentials.pairing, undefined, parts, signal);
    const lost = await renew();
    expect(lost.failure && explainFailure(lost.failure)).toMatchObject({ reason: 'CompassUnreachable' });
    expect(credentials.credential).toEqual(link.credential);
    const { made } = await renew();
    expect(made?.link.credential.certificatePem).not.toBe(link.credential.certificatePem);
    expect(credentials.credential).toEqual(made?.link.credential);
    // The proof of the pairing, and that of the renewal.
    expect(ucl.requests.count({ endpoint: 'director' })).toBe(2);
  });
});
