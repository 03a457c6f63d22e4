import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { issuersIn } from '../../../agent/connection/inspect-credential.ts';
import { step } from '../../../agent/connection/pairing-state.ts';
import { type Cut, failOn } from '../../data/fakes/cut.ts';
import { type ConnectionStage, prepareStages } from './create-stage.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;
let createStage: () => ConnectionStage;
let stage: ConnectionStage;

beforeAll(async () => {
  createStage = await prepareStages();
});
beforeEach(() => {
  stage = createStage();
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
    expect(stage.memory.renewNotBefore).toBeUndefined();
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
      expect(facts.maintenance).toHaveLength(1);
      expect(stage.credentials.credential).toEqual(link?.credential);
      stage.ucl.cut = () => undefined;
      stage.credentials.cut = () => undefined;
      if (!where.startsWith('the read')) {
        await stage.time.pass(5 * minuteMs - 1);
        stage.time.jump(dayMs);
        expect((await stage.connect()).events).toEqual([]);
        stage.time.jump(-dayMs);
        await stage.time.pass(1);
      }
      expect((await stage.connect()).events).toEqual(['renewed']);
    },
  );

  it('takes no certificate that is not what it asked for', async () => {
    await stage.beDue();
    const { link } = stage.memory;
    stage.ucl.tamper = (signed) => ({ ...signed, caCertificatePem: '' });
    expect(await stage.connect()).toMatchObject({ link, maintenance: [{ reason: 'CertificateRejected' }] });
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
    stage.credentials.writeBySomebodyElse(step(state, { kind: 'serves', identity, addresses: stage.ucl.addresses }));
    stage.configuration.content = { kind: 'missing', message: 'gone' };
    expect(await stage.connect({ isRenewalForced: true })).toMatchObject({ events: ['renewed'], link: { identity } });
    expect(stage.credentials.pairing.state.present?.identity).toEqual(identity);
  });

  it('follows a pairing in the same run where it was asked for', async () => {
    stage.configure();
    const facts = await stage.connect({ isRenewalForced: true });
    expect(facts.events).toEqual(['paired', 'renewed']);
    expect(stage.ucl.signed).toBe(2);
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

  it('is looked at once, and left alone where it holds a certificate', async () => {
    await stage.beConnected();
    stage.credentials.caCertificatePem = 'theirs';
    stage.restart();
    await stage.connect();
    expect(stage.credentials.caCertificatePem).toBe('theirs');
    stage.credentials.calls.length = 0;
    stage.credentials.caCertificatePem = undefined;
    await stage.connect();
    expect(stage.credentials.calls).toEqual(['readClientPair']);
  });

  it('is left alone where the stored chain has no certificate of an authority', async () => {
    const { link } = await stage.beConnected();
    stage.credentials.caCertificatePem = undefined;
    stage.credentials.credential = { ...link.credential, chainPem: '' };
    stage.restart();
    await stage.connect();
    await stage.connect();
    expect(stage.credentials.calls.filter((call) => call.includes('CaCertificate'))).toEqual(['hasCaCertificate']);
  });
});
