import { describe, expect, it } from 'vitest';
import { issuersIn } from '../../../agent/connection/assemble-chain.ts';
import { hashToken } from '../../../agent/connection/decide-pairing-step.ts';
import type { Reason } from '../../../agent/errors/agent-error.ts';
import { unpaired } from '../../data/builders/pairing-states.ts';
import { failOn, uncut } from '../../data/fakes/cut.ts';
import { beforeEachStage, type ConnectionStage } from './create-stage.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;
let stage: ConnectionStage;

beforeEachStage((fresh) => {
  stage = fresh;
});

describe('an agent that was never connected', () => {
  it('says what is wrong with the configuration Secret', async () => {
    expect(await stage.run()).toMatchObject({ error: { reason: 'ConfigurationMissing' }, certificate: undefined });
    stage.configuration.content = { kind: 'invalid', message: 'RUNTIME_ID must be a UUID' };
    expect(await stage.run()).toMatchObject({
      error: { reason: 'ConfigurationInvalid', message: 'RUNTIME_ID must be a UUID' },
      maintenance: [],
    });
  });

  it('pairs, and tells whom for before it asks', async () => {
    const token = stage.configure();
    const facts = await stage.connect();
    const { identity, addresses, certificate } = facts.link;
    expect(identity).toEqual({ runtimeId: stage.runtimeId, tenant: 'tenant', connectorUrl: stage.ucl.connectorUrl });
    expect(addresses).toEqual(stage.ucl.addresses);
    expect(facts).toMatchObject({ error: undefined, events: ['paired'], maintenance: [], certificate });
    expect(stage.credentials.credential).toEqual(facts.link.credential);
    expect(stage.credentials.caCertificatePem).toBe(issuersIn(facts.link.credential));
    expect(stage.credentials.pairing.state).toEqual({
      at: 'paired',
      present: { identity, addresses, usedTokenHash: hashToken(token), fingerprints: [certificate.fingerprint] },
    });
    expect(stage.runtimeIds).toEqual([stage.runtimeId]);
    expect(stage.connectors.open).toBe(0);
  });

  it('tells whether there was a certificate before, of which its own Secret or the stored pair tells', async () => {
    stage.configure();
    expect(await stage.connect()).toMatchObject({ events: ['paired'], isFirstPairing: true });
    expect(await stage.connect()).toMatchObject({ events: [], isFirstPairing: false });
    const pairAgain = () => {
      stage.managementInfo = undefined;
      stage.configure();
      return stage.connect();
    };
    expect(await pairAgain()).toMatchObject({ events: ['paired'], isFirstPairing: false });
    stage.credentials.credential = undefined;
    stage.restart();
    expect(await pairAgain()).toMatchObject({ events: ['paired'], isFirstPairing: false });
    stage.credentials.pairing = { state: unpaired, renewals: [], version: undefined };
    stage.restart();
    expect(await pairAgain()).toMatchObject({ events: ['paired'], isFirstPairing: false });
  });

  it('writes the key down before the token is used, and the follow-up token before the CSR goes out', async () => {
    stage.configure();
    const log: string[] = [];
    stage.credentials.cut = (call, when) => void (call === 'writePairing' && when === 'after' && log.push('write'));
    stage.ucl.cut = (call, when) => void (when === 'before' && log.push(call));
    await stage.connect();
    expect(log).toEqual([
      'write',
      'look',
      'write',
      'fetchConfiguration',
      'write',
      'signCertificateSigningRequest',
      'write',
      'prove',
      'write',
    ]);
    expect(stage.credentials.states.map(({ at }) => at)).toEqual(['keyed', 'keyed', 'configured', 'signed', 'paired']);
  });

  it.each([
    ['Connector answered', 'fetchConfiguration', 2],
    ['Connector signed', 'signCertificateSigningRequest', 2],
  ])(
    'uses no token again while what came after %s cannot be written, and goes on from there',
    async (_, call, tokens) => {
      stage.configure();
      stage.ucl.cut = (made, when) => {
        if (made === call && when === 'after') stage.credentials.cut = failOn('writePairing', 'ClusterUnreachable');
      };
      expect(await stage.run()).toMatchObject({ error: { reason: 'ClusterUnreachable' } });
      expect(await stage.run()).toMatchObject({ error: { reason: 'ClusterUnreachable' } });
      stage.ucl.cut = uncut;
      stage.credentials.cut = uncut;
      expect(await stage.connect()).toMatchObject({ events: ['paired'] });
      expect(stage.ucl.presented).toHaveLength(tokens);
      expect(stage.memory.unwritten).toBeUndefined();
    },
  );

  it('has every secret known before it could be logged', async () => {
    const token = stage.configure();
    const { link } = await stage.connect();
    expect(stage.secrets).toEqual(
      expect.arrayContaining([token, ...stage.ucl.presented, link.credential.privateKeyPem]),
    );
    for (const secret of stage.secrets) expect(stage.log.text()).not.toContain(secret);
  });

  it('forgets neither what it was doing nor the pause after a restart, and never waits longer than the longest delay', async () => {
    stage.configure();
    stage.ucl.isDown = true;
    expect(await stage.run()).toMatchObject({
      error: { reason: 'TokenRefusedOrUnavailable', next: 'wait', retryAfterMs: minuteMs },
    });
    stage.ucl.isDown = false;
    stage.restart();
    stage.time.jump(-365 * dayMs);
    expect(await stage.run()).toMatchObject({ error: { retryAfterMs: 3 * minuteMs } });
    await stage.time.pass(2 * minuteMs);
    const nextTryAt = new Date(stage.time.now().getTime() + minuteMs);
    expect(await stage.run()).toMatchObject({ error: { retryAfterMs: minuteMs, nextTryAt } });
    expect(stage.ucl.presented).toHaveLength(1);
    await stage.time.pass(minuteMs);
    expect((await stage.connect()).events).toEqual(['paired']);
  });

  it('waits as long as was said, however the wall clock is set meanwhile', async () => {
    stage.configure();
    stage.ucl.isDown = true;
    await stage.run();
    stage.time.jump(dayMs);
    expect(await stage.run()).toMatchObject({ error: { retryAfterMs: minuteMs } });
    stage.time.jump(-2 * dayMs);
    await stage.time.pass(minuteMs);
    expect(await stage.run()).toMatchObject({ error: { retryAfterMs: 3 * minuteMs } });
    expect(stage.ucl.presented).toHaveLength(2);
  });

  it('tries a token as often as there are delays, then asks for a new one, which it uses at once', async () => {
    const token = stage.configure();
    stage.ucl.isDown = true;
    for (const waitMs of [minuteMs, 3 * minuteMs]) {
      expect(await stage.run()).toMatchObject({ error: { retryAfterMs: waitMs } });
      await stage.time.pass(waitMs);
    }
    expect(await stage.run()).toMatchObject({
      error: { reason: 'TokenRefused', next: 'stall', message: expect.stringContaining('every time') },
    });
    expect(await stage.run()).toMatchObject({
      error: { reason: 'TokenRefused', next: 'stall', message: expect.stringContaining('was refused') },
    });
    expect(stage.ucl.presented).toEqual([token, token, token]);
    stage.ucl.isDown = false;
    stage.configure();
    expect((await stage.connect()).events).toEqual(['paired']);
  });

  it.each<[string, Reason, number]>([
    ['a refusal for certain', 'TokenRefused', 0],
    ['an outage that says nothing about the token', 'CompassUnreachable', 1],
  ])('after %s goes by what the answer was', async (_, reason, uses) => {
    stage.configure();
    stage.ucl.cut = failOn('fetchConfiguration', reason);
    expect(await stage.run()).toMatchObject({ error: { reason } });
    const calls: string[] = [];
    stage.ucl.cut = (call, when) => void (when === 'before' && calls.push(call));
    await stage.run();
    expect(calls.filter((call) => call === 'fetchConfiguration')).toHaveLength(uses);
  });

  it('takes no certificate that is not what it asked for, and does not try its token again', async () => {
    stage.configure();
    stage.ucl.tamper = (signed) => ({ ...signed, clientCertificatePem: signed.caCertificatePem });
    const rejected = { reason: 'CertificateRejected', message: expect.stringContaining('belongs to another key') };
    expect(await stage.run()).toMatchObject({ error: rejected });
    expect(stage.credentials.credential).toBeUndefined();
    expect(JSON.stringify(stage.credentials.pairing)).not.toMatch(/PRIVATE KEY|token-/);
    // The first reason stays, over a restart as well.
    stage.restart();
    expect(await stage.run()).toMatchObject({ error: rejected });
    expect(stage.ucl.signed).toBe(1);
  });

  it('stores nothing that was written down and cannot be read, and asks for a new token', async () => {
    const token = stage.configure();
    const present = undefined;
    const followUp = { token: 'x', subject: 'CN=x', ...stage.ucl.addresses };
    const signed = { certificatePem: 'rubbish', chainPem: 'rubbish', caCertificatePem: 'rubbish' };
    const attempt = { present, tokenHash: hashToken(token), privateKeyPem: 'rubbish', tries: undefined };
    stage.credentials.writeBySomebodyElse({ at: 'signed', ...attempt, followUp, signed });
    expect(await stage.run()).toMatchObject({ error: { reason: 'CertificateRejected' } });
    expect(await stage.run()).toMatchObject({ error: { reason: 'CertificateRejected' } });
    expect(stage.credentials.credential).toBeUndefined();
  });
});
