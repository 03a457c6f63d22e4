import { beforeEach, describe, expect, it } from 'vitest';
import type { UclLink } from '../../../agent/connection/connection-facts.ts';
import { rememberAnswer } from '../../../agent/connection/connection-memory.ts';
import { hashToken } from '../../../agent/connection/decide-pairing-step.ts';
import { AgentError, type Reason } from '../../../agent/errors/agent-error.ts';
import { idOf } from '../../data/builders/landscape.ts';
import { unpaired } from '../../data/builders/pairing-states.ts';
import { type Cut, failFor, failOn, uncut } from '../../data/fakes/cut.ts';
import { beforeEachStage, type ConnectionStage } from './create-stage.ts';

const dayMs = 86_400_000;
const refusal = new AgentError('CompassRefused', 'viewer was refused', { next: 'wait' });
const credential = { certificatePem: 'rubbish', privateKeyPem: 'rubbish', chainPem: '' };
let stage: ConnectionStage;

beforeEachStage((fresh) => {
  stage = fresh;
});

describe('an installation that was there before', () => {
  it('is taken over without a token, and that is written down', async () => {
    const { link } = await stage.beConnected();
    stage.credentials.writeBySomebodyElse(unpaired);
    stage.restart();
    const facts = await stage.connect();
    expect(facts).toMatchObject({ events: ['taken-over'], link });
    expect(stage.credentials.pairing.state).toEqual({
      at: 'paired',
      present: {
        identity: link.identity,
        addresses: link.addresses,
        usedTokenHash: undefined,
        fingerprints: [link.certificate.fingerprint],
      },
    });
    expect(stage.ucl.presented).toEqual([]);
    expect((await stage.connect()).events).toEqual([]);
  });

  it('is not used before that is written down', async () => {
    await stage.beConnected();
    stage.credentials.writeBySomebodyElse(unpaired);
    stage.restart();
    stage.credentials.cut = failOn('writePairing', 'PermissionMissing');
    expect(await stage.run()).toMatchObject({ error: { reason: 'PermissionMissing' }, events: [] });
  });
});

describe('a connected agent', () => {
  it('reads the stored certificate and nothing of pairing while there is nothing to do', async () => {
    const { link } = await stage.beConnected();
    stage.configure();
    const facts = await stage.connect();
    expect(facts).toMatchObject({ link, events: [], maintenance: [] });
    expect(stage.credentials.calls).toEqual(['readClientPair', 'hasCaCertificate']);
    expect(stage.ucl.presented).toEqual([]);
    expect(stage.directors.isOpen).toBe(true);
  });

  it('reads the Secrets of its certificates as the watches tell them, unless somebody waits for the run', async () => {
    await stage.beConnected();
    await stage.connect({ isUnattended: true });
    expect([stage.credentials.isReadLive, stage.credentials.isCaReadLive]).toEqual([false, false]);
    await stage.connect({ isUnattended: false });
    expect([stage.credentials.isReadLive, stage.credentials.isCaReadLive]).toEqual([true, true]);
  });

  it('reads the stored certificate live where something may have to be done about it', async () => {
    await stage.beConnected();
    await stage.connect({ isRenewalForced: true });
    expect(stage.credentials.isReadLive).toBe(true);
    stage.memory = { ...stage.memory, standing: { kind: 'refused', since: new Date(0), error: refusal } };
    await stage.run();
    expect(stage.credentials.isReadLive).toBe(true);
    stage.restart();
    await stage.connect();
    expect(stage.credentials.isReadLive).toBe(true);
  });

  it('reads all again after a restart, and spends no token', async () => {
    const { link } = await stage.beConnected();
    stage.restart();
    expect(await stage.connect()).toMatchObject({ link, events: [], maintenance: [] });
    expect(stage.credentials.calls).toEqual(['readClientPair', 'readPairing', 'hasCaCertificate']);
    expect(stage.ucl.presented).toEqual([]);
  });

  it('puts a deleted certificate back from memory', async () => {
    const { link } = await stage.beConnected();
    stage.credentials.credential = undefined;
    expect(await stage.connect()).toMatchObject({ link });
    expect(stage.credentials.credential).toEqual(link.credential);
    expect(stage.log.text()).toContain('put back from memory');
  });

  describe('whose memory of pairing is lost with all else', () => {
    let before: ConnectionStage['credentials']['pairing'];
    let link: UclLink;
    beforeEach(async () => {
      ({ link } = await stage.beConnected());
      before = stage.credentials.pairing;
      // A used token was put back with the configuration Secret.
      stage.credentials.credential = undefined;
      stage.credentials.pairing = { state: unpaired, renewals: [], version: undefined };
      stage.managementInfo = undefined;
    });

    it('puts it back, and spends no token', async () => {
      expect(await stage.connect()).toMatchObject({ link, events: ['restored', 'rebuilt'], maintenance: [] });
      expect(stage.credentials.pairing.state).toEqual(before.state);
      expect(stage.ucl.presented).toEqual([]);
    });

    it('goes on with what it knows where it cannot be put back, and does that as soon as it can', async () => {
      stage.credentials.cut = failOn('writePairing', 'PermissionMissing');
      expect(await stage.connect()).toMatchObject({ link, maintenance: [{ reason: 'PermissionMissing' }] });
      expect(await stage.connect()).toMatchObject({ link, maintenance: [{ reason: 'PermissionMissing' }] });
      stage.credentials.cut = uncut;
      expect(await stage.connect()).toMatchObject({ link, maintenance: [] });
      expect(stage.credentials.pairing.state).toEqual(before.state);
      expect(stage.ucl.presented).toEqual([]);
    });
  });

  it('puts a memory of pairing back that somebody emptied, before it renews', async () => {
    const { token } = await stage.beConnected();
    stage.credentials.writeBySomebodyElse(unpaired);
    const { link, events } = await stage.connect({ isRenewalForced: true });
    expect(events).toEqual(['renewed']);
    expect(stage.credentials.pairing.state).toMatchObject({
      at: 'paired',
      present: { usedTokenHash: hashToken(token), identity: link.identity },
    });
  });

  it('outlives a configuration Secret that becomes unusable, and says what is wrong with it', async () => {
    await stage.beConnected();
    stage.configuration.content = { kind: 'invalid', message: 'TENANT is missing' };
    expect(await stage.connect()).toMatchObject({
      maintenance: [{ reason: 'ConfigurationInvalid', message: 'TENANT is missing' }],
    });
    expect(stage.log.text()).toContain('TENANT is missing');
    stage.configuration.content = { kind: 'missing', message: 'gone' };
    expect((await stage.connect()).maintenance).toEqual([]);
  });

  it.each<[string, Cut, Reason]>([
    ['the configuration Secret', failOn('read', 'PermissionMissing'), 'PermissionMissing'],
    ['the stored certificate', failOn('readClientPair', 'ClusterUnreachable'), 'ClusterUnreachable'],
  ])('keeps what it has when %s cannot be read', async (_, cut, reason) => {
    const { link } = await stage.beConnected();
    stage.configuration.cut = cut;
    stage.credentials.cut = cut;
    expect(await stage.run()).toMatchObject({
      error: { reason },
      certificate: link.certificate,
      keepsFormerLink: true,
    });
    expect(stage.memory.link).toEqual(link);
    expect(stage.directors.isOpen).toBe(true);
  });

  it('lets go of the link when its certificate is of no use any more, and pairs with a new token', async () => {
    const { link } = await stage.beConnected();
    await stage.time.pass(91 * dayMs);
    // Its own clock may be wrong: UCL is asked first.
    expect(await stage.run()).toMatchObject({ link, events: [] });
    const refused = { kind: 'refused', error: failFor('CompassRefused') } as const;
    stage.memory = rememberAnswer(stage.memory, refused, stage.time.now());
    expect(await stage.run()).toMatchObject({
      error: { reason: 'TokenRefused' },
      certificate: link.certificate,
      keepsFormerLink: false,
    });
    expect(stage.directors.isOpen).toBe(false);
    expect(stage.memory.link).toBeUndefined();
    stage.configure();
    expect((await stage.connect()).events).toEqual(['paired']);
  });

  it('pairs anew with rubbish in the place of its certificate, when it has no other in its memory', async () => {
    await stage.beConnected();
    stage.restart();
    stage.credentials.credential = credential;
    stage.configure();
    const facts = await stage.connect();
    expect(facts.events).toEqual(['paired']);
    expect(stage.credentials.credential).toEqual(facts.link.credential);
  });
});

describe('an agent whose certificate is turned away', () => {
  const beTurnedAway = (reason: 'CompassRefused' | 'RuntimeMismatch') => {
    const answer =
      reason === 'RuntimeMismatch'
        ? ({ kind: 'mismatch', error: failFor(reason) } as const)
        : ({ kind: 'refused', error: failFor(reason) } as const);
    stage.memory = rememberAnswer(stage.memory, answer, stage.time.now());
  };

  it.each(['CompassRefused', 'RuntimeMismatch'] as const)(
    'uses a new token after %s, proven before the old one goes',
    async (reason) => {
      const { link } = await stage.beConnected();
      beTurnedAway(reason);
      expect((await stage.connect()).events).toEqual([]);
      stage.ucl.revokeAll();
      const token = stage.configure();
      const facts = await stage.connect();
      expect(facts.events).toEqual(['paired']);
      expect(facts.link.credential).not.toEqual(link.credential);
      expect(stage.ucl.presented[0]).toBe(token);
      expect(stage.directors.proven).toMatchObject([{ credential: facts.link.credential }]);
      expect(stage.memory.standing).toEqual({ kind: 'unknown' });
    },
  );

  it('goes on with the old certificate while the token is refused as well, and says both', async () => {
    const { link } = await stage.beConnected();
    beTurnedAway('CompassRefused');
    stage.ucl.isDown = true;
    stage.configure();
    const facts = await stage.connect();
    expect(facts).toMatchObject({ link, events: [], maintenance: [{ reason: 'TokenRefusedOrUnavailable' }] });
    expect(stage.memory.standing).toMatchObject({ kind: 'refused' });
    expect(stage.memory.pause).toBeDefined();
    expect(stage.log.text()).toContain('refused the one-time token');
  });

  it('keeps the old certificate when the new one cannot prove itself, and proves it again without another call', async () => {
    const { link } = await stage.beConnected();
    beTurnedAway('CompassRefused');
    stage.configure();
    stage.ucl.cut = failOn('prove', 'CompassUnreachable');
    expect(await stage.connect()).toMatchObject({ link, maintenance: [{ reason: 'CompassUnreachable' }] });
    expect(stage.credentials.credential).toEqual(link.credential);
    stage.ucl.cut = () => undefined;
    const calls = stage.ucl.presented.length;
    expect((await stage.connect()).events).toEqual(['paired']);
    expect(stage.ucl.presented).toHaveLength(calls);
  });
});

describe('an agent that is configured for another identity', () => {
  const runtimeId = idOf('other runtime');

  it('pairs at once with a new token, and keeps the old certificate until then', async () => {
    const { link } = await stage.beConnected();
    stage.configure({ runtimeId });
    stage.ucl.cut = failOn('prove', 'CompassUnreachable');
    expect(await stage.run()).toMatchObject({ error: { reason: 'CompassUnreachable' }, keepsFormerLink: false });
    expect(stage.credentials.credential).toEqual(link.credential);
    expect(stage.directors.isOpen).toBe(false);
    stage.ucl.cut = () => undefined;
    expect(await stage.connect()).toMatchObject({ events: ['paired'], link: { identity: { runtimeId } } });
  });

  it('goes on with the old certificate where that serves the other identity', async () => {
    const { link, token } = await stage.beConnected();
    stage.configure({ token, tenant: 'other tenant' });
    const facts = await stage.connect();
    const identity = { ...link.identity, tenant: 'other tenant' };
    expect(facts).toMatchObject({ events: ['identity-changed'], link: { identity, credential: link.credential } });
    expect(stage.directors.proven).toMatchObject([{ identity }]);
    expect(stage.credentials.pairing.state.present).toMatchObject({ identity, usedTokenHash: hashToken(token) });
    expect((await stage.connect()).events).toEqual([]);
  });

  it('has no link where it does not, and touches nothing', async () => {
    const { link, token } = await stage.beConnected();
    const before = stage.credentials.pairing;
    stage.configure({ token, runtimeId });
    expect(await stage.run()).toMatchObject({
      error: { reason: 'RuntimeMismatch' },
      certificate: link.certificate,
      keepsFormerLink: false,
    });
    expect(stage.credentials.pairing).toEqual(before);
    expect(stage.directors.isOpen).toBe(false);
    stage.configure({ token });
    expect((await stage.connect()).events).toEqual([]);
  });

  it('has no link while that cannot be written down', async () => {
    const { token } = await stage.beConnected();
    stage.configure({ token, tenant: 'other tenant' });
    stage.credentials.cut = failOn('writePairing', 'PermissionMissing');
    expect(await stage.run()).toMatchObject({ error: { reason: 'PermissionMissing' }, keepsFormerLink: false });
  });
});

describe('an agent whose CompassConnection is gone', () => {
  it('is connected again by the stored certificate, which proves itself first', async () => {
    const { link } = await stage.beConnected();
    stage.managementInfo = undefined;
    expect(await stage.connect()).toMatchObject({ events: ['rebuilt'], link });
    expect(stage.directors.proven).toMatchObject([{ credential: link.credential }]);
    expect(stage.ucl.presented).toEqual([]);
    expect(stage.credentials.states).toHaveLength(5);
  });

  it('pairs with an unused token, and falls back on the stored certificate where that fails', async () => {
    const { link } = await stage.beConnected();
    stage.managementInfo = { directorUrl: '', connectorUrl: '' };
    stage.configure({ token: 'nobody knows it' });
    expect(await stage.connect()).toMatchObject({
      events: ['rebuilt'],
      link,
      maintenance: [{ reason: 'TokenRefusedOrUnavailable' }],
    });
    stage.managementInfo = undefined;
    stage.configure();
    expect((await stage.connect()).events).toEqual(['paired']);
  });

  describe('and that finds no place for the answer to a new token', () => {
    /**
     * The CompassConnection is lost, and Connector answers a token. Of the writes of the memory of pairing after that, so many
     * fail: the first before its effect, another after it.
     */
    const beAnsweredInVain = (failures: number) => {
      const token = stage.configure();
      stage.managementInfo = undefined;
      let left = failures;
      let isAnswered = false;
      stage.ucl.cut = (call, when) => {
        isAnswered ||= call === 'fetchConfiguration' && when === 'after';
      };
      stage.credentials.cut = (call, when) => {
        if (call !== 'writePairing' || !isAnswered || left === 0) return;
        const isOfAnswer = left === failures;
        if (isOfAnswer !== (when === 'before')) return;
        left -= 1;
        throw failFor('ClusterUnreachable');
      };
      return () => stage.ucl.presented.filter((presented) => presented === token).length;
    };

    it('goes on from that answer, whatever it has noted of the stored certificate since', async () => {
      await stage.beConnected();
      await stage.connect({ isRenewalForced: true });
      const countUses = beAnsweredInVain(2);
      expect(await stage.run()).toMatchObject({ error: { reason: 'ClusterUnreachable' } });
      expect((await stage.connect()).events).toEqual(['paired']);
      expect(countUses()).toBe(1);
    });

    it.each([
      ['once the stored certificate serves', false],
      ['also where the end of the attempt cannot be written down at first', true],
    ])('does not use that token again %s', async (_, isFailing) => {
      await stage.beConnected();
      const countUses = beAnsweredInVain(1);
      expect((await stage.connect()).events).toEqual(['rebuilt']);
      await stage.runAndAsk();
      if (isFailing) {
        stage.credentials.cut = failOn('writePairing', 'ClusterUnreachable');
        await stage.connect();
        stage.credentials.cut = uncut;
      }
      expect((await stage.connect()).unwritten).toBeUndefined();
      stage.managementInfo = undefined;
      expect((await stage.connect()).events).toEqual(['rebuilt']);
      expect(countUses()).toBe(1);
    });
  });
});
