import { describe, expect, it } from 'vitest';
import { issuersIn } from '../../../agent/connection/assemble-chain.ts';
import { step } from '../../../agent/connection/pairing-state.ts';
import { toWholeSeconds } from '../../../agent/errors/explain.ts';
import { type Cut, failOn } from '../../data/fakes/cut.ts';
import { createIssuingAuthority } from '../../servers/ucl/certificate-authority.ts';
import { beforeEachStage, type ConnectionStage } from './create-stage.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;
let stage: ConnectionStage;

beforeEachStage((fresh) => {
  stage = fresh;
});

describe('renewal', () => {
  it('is made when it is due, proven and stored before it is used', async () => {
    await stage.beDue();
    const before = stage.credentials.credential;
    const facts = await stage.connect();
    expect(facts).toMatchObject({ events: ['renewed'], maintenance: [], certificate: facts.link.certificate });
    expect(facts.link.credential).not.toEqual(before);
    expect(stage.credentials.credential).toEqual(facts.link.credential);
    expect(stage.directors.proven).toMatchObject([{ credential: facts.link.credential }]);
    expect(stage.ucl.presented).toEqual([]);
    expect(stage.log.text()).toContain('Expiring');
    expect((await stage.connect()).events).toEqual([]);
    expect(stage.connectors.open).toBe(0);
    expect(stage.secrets).toContain(facts.link.credential.privateKeyPem);
    expect(stage.credentials.pairing.state.present).toMatchObject({ usedTokenHash: expect.any(String) });
  });

  it('is not made before', async () => {
    await stage.beDue();
    await stage.time.pass(-1);
    expect((await stage.connect()).events).toEqual([]);
  });

  it('is made on request, also right after a failed one', async () => {
    await stage.beConnected();
    stage.ucl.cut = failOn('signCertificateSigningRequest', 'CompassUnreachable');
    expect(await stage.connect({ isRenewalForced: true })).toMatchObject({
      events: [],
      maintenance: [{ reason: 'CompassUnreachable' }],
    });
    stage.ucl.cut = () => undefined;
    expect((await stage.connect({ isRenewalForced: true })).events).toEqual(['renewed']);
    expect(stage.memory.failedRenewal).toBeUndefined();
  });

  it('is made three times an hour at most, whatever asks for it', async () => {
    await stage.beConnected();
    const events: string[] = [];
    for (let run = 0; run < 20; run += 1) {
      events.push(...(await stage.connect({ isRenewalForced: true })).events);
      await stage.time.pass(60_000);
    }
    expect(events).toEqual(['renewed', 'renewed', 'renewed']);
    await stage.time.pass(40 * 60_000);
    expect((await stage.connect({ isRenewalForced: true })).events).toEqual(['renewed']);
  });

  it('that a person asks for as the fourth within the hour is refused in words, with the time from when on it is made', async () => {
    const { link } = await stage.beConnected();
    const ask = () => stage.connect({ isRenewalForced: true });
    const first = stage.time.now();
    for (let asked = 0; asked < 3; asked += 1) {
      expect(await ask()).toMatchObject({ events: ['renewed'], maintenance: [] });
      await stage.time.pass(minuteMs + 1);
    }
    const refused = await ask();
    expect(refused).toMatchObject({
      events: [],
      isRenewalTried: false,
      maintenance: [
        { reason: 'RequestedTooOften', message: expect.stringMatching(/three within the last hour; the present one/) },
      ],
    });
    expect(refused.link.certificate.fingerprint).not.toBe(link.certificate.fingerprint);
    const possibleAt = new Date(first.getTime() + 60 * minuteMs);
    expect(refused.maintenance[0]?.remedy).toContain(`Ask again after ${toWholeSeconds(possibleAt)}`);
    expect(stage.log.text()).toContain('RequestedTooOften');
    // Nobody asks any more.
    expect((await stage.connect()).maintenance).toEqual([]);
    await stage.time.pass(possibleAt.getTime() - stage.time.now().getTime() - 1);
    expect((await ask()).maintenance).toMatchObject([{ reason: 'RequestedTooOften' }]);
    await stage.time.pass(1);
    expect(await ask()).toMatchObject({ events: ['renewed'], maintenance: [] });
  });

  it('that a person asks for after the certificate has expired is not refused for being asked too often', async () => {
    const { link } = await stage.beConnected();
    stage.ucl.cut = failOn('fetchConfiguration', 'CompassUnreachable');
    for (let asked = 0; asked < 3; asked += 1) await stage.connect({ isRenewalForced: true });
    stage.time.jump(link.certificate.notAfter.getTime() - stage.time.now().getTime());
    expect((await stage.connect({ isRenewalForced: true })).maintenance).toEqual([]);
  });

  it('stores the addresses that Connector names with it, and the certificate of the authority', async () => {
    await stage.beConnected();
    const moved = { directorUrl: 'https://moved-director', securedConnectorUrl: 'https://moved-connector' };
    stage.ucl.moveTo(moved);
    stage.credentials.caCertificatePem = undefined;
    const facts = await stage.connect({ isRenewalForced: true });
    expect(facts.link.addresses).toEqual(moved);
    expect(stage.credentials.pairing.state.present?.addresses).toEqual(moved);
    expect(stage.credentials.caCertificatePem).toBe(issuersIn(facts.link.credential));
  });

  it.each<[string, Cut]>([
    ['asking', failOn('fetchConfiguration', 'RateLimited')],
    ['the lost answer to the CSR', failOn('signCertificateSigningRequest', 'CompassUnreachable', 'after')],
    ['the proof', failOn('prove', 'CompassRefused')],
    ['the Secret', failOn('storeClientPair', 'PermissionMissing')],
    ['the read of the memory of pairing', failOn('readPairing', 'ClusterUnreachable')],
  ])(
    'that fails at %s leaves the old certificate in use, and is tried again five minutes later',
    async (where, cut) => {
      await stage.beDue();
      const { link } = stage.memory;
      stage.ucl.cut = cut;
      stage.credentials.cut = cut;
      const facts = await stage.connect();
      expect(facts).toMatchObject({ link, events: [], certificate: link?.certificate });
      const isTried = !where.startsWith('the read');
      expect(facts.maintenance).toHaveLength(isTried ? 0 : 1);
      expect(stage.credentials.credential).toEqual(link?.credential);
      stage.ucl.cut = () => undefined;
      stage.credentials.cut = () => undefined;
      if (isTried) {
        const since = stage.time.now();
        const nextTryAt = new Date(since.getTime() + 5 * minuteMs);
        await stage.time.pass(5 * minuteMs - 1);
        stage.time.jump(dayMs);
        const meanwhile = await stage.connect();
        expect(meanwhile.events).toEqual([]);
        // Told all the time, since when and until when.
        const told = { reason: facts.failedRenewal?.error?.reason, since, nextTryAt };
        expect(meanwhile.failedRenewal?.error).toMatchObject(told);
        expect(meanwhile.failedRenewal?.error?.message).toMatch(/^Renewing it failed: /);
        stage.time.jump(-dayMs);
        await stage.time.pass(1);
      }
      expect(await stage.connect()).toMatchObject({ events: ['renewed'], maintenance: [], failedRenewal: undefined });
      expect((await stage.connect()).failedRenewal).toBeUndefined();
    },
  );

  it('that a person asked for, and that fails before one is due, is told once', async () => {
    await stage.beConnected();
    stage.ucl.cut = failOn('signCertificateSigningRequest', 'CompassUnreachable');
    expect((await stage.connect({ isRenewalForced: true })).maintenance).toHaveLength(1);
    expect((await stage.connect()).maintenance).toEqual([]);
  });

  it('that fails again says since when it does, and waits for the hour of three', async () => {
    await stage.beDue();
    const since = stage.time.now();
    stage.ucl.cut = failOn('fetchConfiguration', 'RateLimited');
    for (let tries = 0; tries < 3; tries += 1) {
      await stage.connect();
      await stage.time.pass(5 * minuteMs);
    }
    const { failedRenewal } = await stage.connect();
    expect(failedRenewal?.error).toMatchObject({ since, nextTryAt: new Date(since.getTime() + 60 * minuteMs) });
  });

  it('takes no certificate that is not what it asked for', async () => {
    await stage.beDue();
    const { link } = stage.memory;
    stage.ucl.tamper = (signed) => ({ ...signed, clientCertificatePem: signed.caCertificatePem });
    expect(await stage.connect()).toMatchObject({
      link,
      failedRenewal: { error: { reason: 'CertificateRejected' } },
    });
    expect(stage.connectors.open).toBe(0);
  });

  it('is not used before it is written down what it serves', async () => {
    const { link } = await stage.beConnected();
    stage.ucl.moveTo({ directorUrl: 'https://moved-director', securedConnectorUrl: 'https://moved-connector' });
    stage.credentials.cut = failOn('writePairing', 'PermissionMissing');
    const facts = await stage.connect({ isRenewalForced: true });
    expect(facts).toMatchObject({ link, events: [], maintenance: [{ reason: 'PermissionMissing' }] });
    expect(stage.credentials.credential).toEqual(link.credential);
  });

  it('is made by whom the memory of pairing names now, not by whom it named once', async () => {
    await stage.beConnected();
    const { state } = stage.credentials.pairing;
    const identity = { runtimeId: stage.runtimeId, tenant: 'changed', connectorUrl: stage.ucl.connectorUrl };
    const { addresses } = stage.ucl;
    const fingerprints = state.present?.fingerprints ?? [];
    const event = { kind: 'serves', identity, addresses, fingerprints, certificatePem: 'any' } as const;
    stage.credentials.writeBySomebodyElse(step(state, event));
    stage.configuration.content = { kind: 'missing', message: 'gone' };
    expect(await stage.connect({ isRenewalForced: true })).toMatchObject({ events: ['renewed'], link: { identity } });
    expect(stage.credentials.pairing.state.present?.identity).toEqual(identity);
  });

  it('is spared where a pairing in the same run has given a new certificate already', async () => {
    stage.configure();
    const facts = await stage.connect({ isRenewalForced: true });
    expect(facts.events).toEqual(['paired']);
    expect(stage.ucl.signed).toBe(1);
  });
});

describe('the CA Secret', () => {
  it.each(['hasCaCertificate', 'storeCaCertificate'])(
    'costs no link where it is refused (%s), and is made up for',
    async (call) => {
      await stage.beConnected();
      stage.credentials.caCertificatePem = undefined;
      stage.restart();
      stage.credentials.cut = failOn(call, 'PermissionMissing');
      expect(await stage.connect()).toMatchObject({ maintenance: [{ reason: 'PermissionMissing' }] });
      expect(await stage.connect()).toMatchObject({ maintenance: [{ reason: 'PermissionMissing' }] });
      stage.credentials.cut = () => undefined;
      expect((await stage.connect()).maintenance).toEqual([]);
      expect(stage.credentials.caCertificatePem).toContain('BEGIN CERTIFICATE');
    },
  );

  it('is left alone where it holds a certificate', async () => {
    await stage.beConnected();
    stage.credentials.caCertificatePem = 'theirs';
    stage.restart();
    await stage.connect();
    await stage.connect();
    expect(stage.credentials.caCertificatePem).toBe('theirs');
    expect(stage.credentials.calls).not.toContain('storeCaCertificate');
  });

  it('is put back, as it came, when somebody deletes it', async () => {
    const { link } = await stage.beConnected();
    const stored = stage.credentials.caCertificatePem;
    stage.credentials.caCertificatePem = undefined;
    expect(await stage.connect()).toMatchObject({ link, events: [], maintenance: [] });
    expect(stage.credentials.caCertificatePem).toBe(stored);
    // Another life knows no more than the stored chain.
    stage.restart();
    await stage.connect();
    stage.credentials.caCertificatePem = undefined;
    await stage.connect();
    expect(stage.credentials.caCertificatePem).toBe(issuersIn(link.credential));
  });

  it('is told to be missing where the stored chain has no certificate of an authority', async () => {
    const { link } = await stage.beConnected();
    stage.credentials.caCertificatePem = undefined;
    stage.credentials.credential = { ...link.credential, chainPem: link.credential.certificatePem };
    stage.restart();
    const missing = { maintenance: [{ reason: 'CaCertificateMissing' }] };
    expect(await stage.connect()).toMatchObject(missing);
    expect(await stage.connect()).toMatchObject(missing);
    expect((await stage.connect({ isRenewalForced: true })).maintenance).toEqual([]);
    expect(stage.credentials.caCertificatePem).toContain('BEGIN CERTIFICATE');
  });

  it('stays as it is when what comes as the authority has not signed the certificate, and the pairing goes on', async () => {
    stage.credentials.caCertificatePem = 'theirs';
    stage.ucl.tamper = (signed) => ({ ...signed, caCertificatePem: 'rubbish' });
    stage.configure();
    const rejected = [{ reason: 'CaCertificateRejected' }];
    expect(await stage.connect()).toMatchObject({ events: ['paired'], maintenance: rejected });
    expect(await stage.connect()).toMatchObject({ events: [], maintenance: rejected });
    expect(stage.credentials.caCertificatePem).toBe('theirs');
    stage.ucl.tamper = undefined;
    expect(await stage.connect({ isRenewalForced: true })).toMatchObject({ events: ['renewed'], maintenance: [] });
    expect(stage.credentials.caCertificatePem).not.toBe('theirs');
  });

  it('is written whole, with whatever came beside the certificate of the authority', async () => {
    const { certificatePem: stranger } = await createIssuingAuthority();
    stage.ucl.tamper = (signed) => ({ ...signed, caCertificatePem: `${stranger}${signed.caCertificatePem}` });
    stage.configure();
    const { link } = await stage.connect();
    expect(stage.credentials.caCertificatePem).toBe(`${stranger}${issuersIn(link.credential)}`);
  });
});
