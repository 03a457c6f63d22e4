import { describe, expect, it } from 'vitest';
import { explain } from '../../../agent/errors/explain.ts';
import { idOf } from '../../data/builders/landscape.ts';
import { failFor, failOn, uncut } from '../../data/fakes/cut.ts';
import { beforeEachStage, type ConnectionStage } from './create-stage.ts';

const dayMs = 86_400_000;
const otherRuntimeId = idOf('other runtime');
let stage: ConnectionStage;

beforeEachStage((fresh) => {
  stage = fresh;
});

describe('a new pair', () => {
  it('that belongs to another runtime is not stored, and serves as soon as RUNTIME_ID is right', async () => {
    const token = stage.configure({ token: stage.ucl.issueToken(otherRuntimeId) });
    const mismatch = { reason: 'RuntimeMismatch', remedy: expect.stringContaining('RUNTIME_ID') };
    expect(await stage.run()).toMatchObject({ link: undefined, error: mismatch, events: [] });
    expect(await stage.run()).toMatchObject({ link: undefined, error: mismatch, events: [] });
    expect(stage.credentials.credential).toBeUndefined();
    const calls = stage.ucl.presented.length;
    stage.configure({ token, runtimeId: otherRuntimeId });
    expect(await stage.connect()).toMatchObject({
      events: ['paired'],
      link: { identity: { runtimeId: otherRuntimeId } },
    });
    expect(stage.ucl.presented).toHaveLength(calls);
  });

  it('is not stored before it has proven itself, also where there was none before', async () => {
    stage.configure();
    stage.ucl.cut = failOn('prove', 'CompassUnreachable');
    expect(await stage.run()).toMatchObject({ link: undefined, error: { reason: 'CompassUnreachable' } });
    expect(stage.credentials.credential).toBeUndefined();
    stage.restart();
    stage.ucl.cut = uncut;
    const calls = stage.ucl.presented.length;
    expect((await stage.connect()).events).toEqual(['paired']);
    expect(stage.ucl.presented).toHaveLength(calls);
  });

  it('that is refused is told with what the configuration Secret says of it, before any talk of a new token', async () => {
    stage.configure();
    stage.ucl.cut = failOn('prove', 'CompassRefused');
    const { error } = await stage.run();
    expect(error?.message).toMatch(/^With the TENANT and RUNTIME_ID in .* UCL does not accept the new certificate/);
    expect(error?.remedy).toMatch(/^Check TENANT first/);
  });

  it('is given up when it has expired meanwhile, and nothing of it stays', async () => {
    stage.configure();
    stage.ucl.cut = failOn('prove', 'CompassUnreachable');
    await stage.run();
    await stage.time.pass(91 * dayMs);
    const rejected = { reason: 'CertificateRejected', message: expect.stringContaining('expired') };
    expect(await stage.run()).toMatchObject({ error: rejected });
    expect(await stage.run()).toMatchObject({ error: rejected });
    expect(JSON.stringify(stage.credentials.pairing)).not.toContain('PRIVATE KEY');
  });
});

describe('a change of the configuration Secret that UCL refuses', () => {
  it.each([
    ['TENANT', { tenant: 'mistyped' }],
    ['RUNTIME_ID', { runtimeId: otherRuntimeId }],
  ] as const)('is told by the name of what changed, first: %s', async (name, change) => {
    const { token } = await stage.beConnected();
    stage.configure({ token, ...change });
    stage.ucl.cut = failOn('prove', 'CompassRefused');
    const { error } = await stage.run();
    expect(error?.message).toMatch(new RegExp(`^${name} in the configuration Secret was changed`));
    expect(error?.remedy).toMatch(new RegExp(`^Check ${name} first`));
    const text = error === undefined ? '' : explain(error);
    expect(text.indexOf(name)).toBeLessThan(Math.max(0, text.indexOf('token')) || text.length);
    stage.configure({ token });
    expect((await stage.connect()).events).toEqual([]);
  });

  it('is told in the same way when a new token came with it', async () => {
    await stage.beConnected();
    stage.configure({ tenant: 'mistyped' });
    stage.ucl.cut = failOn('prove', 'CompassRefused');
    const { error } = await stage.run();
    expect(error?.message).toMatch(/^TENANT in the configuration Secret was changed/);
    expect(error?.remedy).toContain('continues with the certificate that it already has');
  });
});

describe('an installation that is taken over', () => {
  const leaveRecordOut = () => {
    stage.credentials.writeBySomebodyElse({ at: 'unpaired', present: undefined });
    stage.restart();
  };

  it('is not said to be connected before its certificate has proven itself', async () => {
    await stage.beConnected();
    leaveRecordOut();
    stage.ucl.cut = failOn('prove', 'CompassUnreachable');
    expect(await stage.run()).toMatchObject({ link: undefined, events: [], error: { reason: 'CompassUnreachable' } });
    expect(stage.credentials.pairing.state.at).toBe('unpaired');
    stage.ucl.cut = uncut;
    expect((await stage.connect()).events).toEqual(['taken-over']);
  });

  it('uses the token after its certificate was refused', async () => {
    await stage.beConnected();
    leaveRecordOut();
    stage.ucl.revokeAll();
    const token = stage.configure();
    expect(await stage.run()).toMatchObject({ error: { reason: 'CompassRefused' } });
    expect(stage.ucl.presented).toEqual([]);
    expect(await stage.connect()).toMatchObject({ events: ['paired'] });
    expect(stage.ucl.presented[0]).toBe(token);
  });

  it('sends its certificate to no address that only the CompassConnection names', async () => {
    const { link } = await stage.beConnected();
    stage.managementInfo = { directorUrl: 'https://director.evil.test', connectorUrl: 'https://connector.evil.test' };
    leaveRecordOut();
    const asked: string[] = [];
    stage.ucl.cut = (call) => void asked.push(call);
    const refused = { reason: 'AddressNotTrusted', remedy: expect.stringContaining('APP_COMPASS_TRUSTED_HOSTS') };
    expect(await stage.run({ isRenewalForced: true })).toMatchObject({ link: undefined, error: refused });
    expect(await stage.run()).toMatchObject({ link: undefined, error: refused });
    expect(asked).toEqual([]);
    expect(stage.credentials.pairing.state.at).toBe('unpaired');
    // Without a human touching the CompassConnection.
    stage.configure();
    const facts = await stage.connect();
    expect(facts).toMatchObject({ events: ['paired'], link: { addresses: link.addresses } });
  });

  it('keeps trying a token that came after that, and uses the addresses once they are corrected', async () => {
    const { link } = await stage.beConnected();
    const shown = stage.managementInfo;
    stage.managementInfo = { directorUrl: 'https://director.evil.test', connectorUrl: 'https://connector.evil.test' };
    leaveRecordOut();
    await stage.run();
    stage.configure({ token: 'nobody knows it' });
    const pending = { reason: 'TokenRefusedOrUnavailable' };
    expect(await stage.run()).toMatchObject({ error: pending });
    expect(await stage.run()).toMatchObject({ error: pending });
    stage.managementInfo = shown;
    expect(await stage.connect()).toMatchObject({ events: ['taken-over'], link });
  });

  it('finds a Director that moved meanwhile by the Connector that it knows', async () => {
    const { link } = await stage.beConnected();
    const former = stage.ucl.addresses;
    const moved = { ...former, directorUrl: 'https://moved.elsewhere.test' };
    stage.ucl.moveTo(moved, { isForwarding: false });
    leaveRecordOut();
    expect(await stage.connect()).toMatchObject({ events: ['taken-over'], link: { ...link, addresses: moved } });
    expect(stage.credentials.pairing.state.present?.addresses).toEqual(moved);
  });
});

describe('a Secret of the client certificate that somebody overwrites', () => {
  it.each([
    ['rubbish', { certificatePem: 'rubbish', privateKeyPem: 'rubbish', chainPem: '' }],
    ['a certificate alone', { privateKeyPem: 'rubbish' }],
    ['a chain that is none', { chainPem: 'rubbish' }],
  ])('with %s gets the proven pair back once, and that is told', async (_, change) => {
    const { link } = await stage.beConnected();
    const spoilt = { ...link.credential, ...change };
    stage.credentials.credential = spoilt;
    expect(await stage.connect()).toMatchObject({ link, events: ['restored'], maintenance: [] });
    expect(stage.credentials.credential).toEqual(link.credential);
    expect(stage.ucl.presented).toEqual([]);
    // Whoever writes it again is not fought with, and the link goes on.
    stage.credentials.credential = spoilt;
    expect(await stage.connect()).toMatchObject({ link, events: [], maintenance: [{ reason: 'Conflict' }] });
    expect(stage.credentials.credential).toEqual(spoilt);
    await stage.time.pass(60 * 60_000);
    expect(await stage.connect()).toMatchObject({ link, events: ['restored'] });
  });

  it('with an expired pair gets the proven one back', async () => {
    const { link: expired } = await stage.beConnected();
    await stage.time.pass(70 * dayMs);
    const { link } = await stage.connect();
    expect(link.credential).not.toEqual(expired.credential);
    await stage.time.pass(30 * dayMs);
    stage.credentials.credential = expired.credential;
    expect(await stage.connect()).toMatchObject({ events: ['restored'], link: { identity: link.identity } });
    expect(stage.credentials.credential).not.toEqual(expired.credential);
  });

  it('outlives that it cannot be put back', async () => {
    const { link } = await stage.beConnected();
    stage.credentials.credential = undefined;
    stage.credentials.cut = failOn('storeClientPair', 'PermissionMissing');
    expect(await stage.connect()).toMatchObject({ link, events: [], maintenance: [{ reason: 'PermissionMissing' }] });
  });

  it('with another valid pair has that used after it has proven itself', async () => {
    const { link } = await stage.beConnected();
    const other = await renewElsewhere();
    stage.ucl.cut = failOn('prove', 'CompassUnreachable');
    expect(await stage.connect()).toMatchObject({ link, maintenance: [{ reason: 'CompassUnreachable' }] });
    expect(stage.credentials.credential).toEqual(other);
    stage.ucl.cut = uncut;
    expect(await stage.connect()).toMatchObject({ events: ['replaced'], link: { credential: other }, maintenance: [] });
    expect((await stage.connect()).events).toEqual([]);
    stage.restart();
    expect(await stage.connect()).toMatchObject({ events: [], link: { credential: other } });
  });

  it.each(['RuntimeMismatch', 'CompassRefused'] as const)(
    'with a valid pair that UCL turns away (%s) gets the proven one back, which it does not turn away',
    async (reason) => {
      const { link } = await stage.beConnected();
      const other = await renewElsewhere();
      let proofs = 0;
      stage.ucl.cut = (call, when) => {
        if (call !== 'prove' || when !== 'before') return;
        proofs += 1;
        if (proofs === 1) throw failFor(reason);
      };
      expect(await stage.connect()).toMatchObject({ link, events: ['restored'], maintenance: [{ reason }] });
      expect(stage.credentials.credential).toEqual(link.credential);
      expect(other).not.toEqual(link.credential);
      stage.ucl.cut = uncut;
      expect(await stage.connect()).toMatchObject({ link, events: [], maintenance: [] });
    },
  );

  it('with a valid pair that is turned away in an outage keeps that, and goes on with what served', async () => {
    const { link } = await stage.beConnected();
    const other = await renewElsewhere();
    stage.ucl.isDown = true;
    expect(await stage.connect()).toMatchObject({ link, events: [], maintenance: [{ reason: 'CompassRefused' }] });
    expect(stage.credentials.credential).toEqual(other);
  });

  /** Somebody else renews with the same identity, and stores the pair. */
  async function renewElsewhere() {
    const before = { ...stage.memory };
    const { link: renewed } = await stage.connect({ isRenewalForced: true });
    stage.memory = { ...before, pairing: stage.memory.pairing };
    return renewed.credential;
  }
});
