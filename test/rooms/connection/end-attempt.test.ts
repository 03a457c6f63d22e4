import { describe, expect, it } from 'vitest';
import { rememberAnswer } from '../../../agent/connection/connection-memory.ts';
import type { PairingEvent } from '../../../agent/connection/pairing-state.ts';
import { unpaired } from '../../data/builders/pairing-states.ts';
import { failFor, failOn, uncut } from '../../data/fakes/cut.ts';
import { beforeEachStage, type ConnectionStage } from './create-stage.ts';

let stage: ConnectionStage;

beforeEachStage((fresh) => {
  stage = fresh;
});

const remains = () => JSON.stringify(stage.credentials.pairing.state).match(/PRIVATE KEY|token-\d|BEGIN CERTIFICATE/g);
const turnAway = () => {
  const answer = { kind: 'refused', error: failFor('CompassRefused') } as const;
  stage.memory = rememberAnswer(stage.memory, answer, stage.time.now());
};
/** Lets a new token be tried and the attempt stop at this call. */
const stopAt = async (call: string) => {
  turnAway();
  const token = stage.configure();
  stage.ucl.cut = failOn(call, 'CompassUnreachable');
  await stage.connect();
  stage.ucl.cut = uncut;
  return token;
};

describe('what a pairing needed', () => {
  it('is gone when it has ended well', async () => {
    await stage.beConnected();
    expect(remains()).toBeNull();
  });

  it.each(['look', 'fetchConfiguration', 'signCertificateSigningRequest', 'prove'])(
    'is gone when it stopped at %s and the Director accepts the certificate again',
    async (call) => {
      const { link } = await stage.beConnected();
      const token = await stopAt(call);
      expect(remains()).not.toBeNull();
      stage.memory = rememberAnswer(stage.memory, { kind: 'accepted' }, stage.time.now());
      expect(await stage.connect()).toMatchObject({ link, events: [], maintenance: [] });
      expect(remains()).toBeNull();
      // What got an answer is not tried again, and the present certificate stays known.
      expect(stage.credentials.pairing.state.present?.identity).toEqual(link.identity);
      turnAway();
      const before = stage.ucl.presented.length;
      await stage.connect();
      const isAnswered = call === 'signCertificateSigningRequest' || call === 'prove';
      expect(stage.ucl.presented.slice(before).includes(token)).toBe(!isAnswered);
    },
  );

  const followUp = { token: 'follow-up', subject: 'CN=x', directorUrl: 'https://d', securedConnectorUrl: 'https://s' };
  it.each<[string, PairingEvent, boolean, boolean]>([
    ['not tried again where it has got an answer', { kind: 'configured', followUp }, true, false],
    ['tried again where no answer is known', { kind: 'lost' }, true, true],
    ['tried again where another attempt had got one', { kind: 'configured', followUp }, false, true],
  ])('is gone with what could not be written down; its token is %s', async (_, event, isOfThis, isTriedAgain) => {
    await stage.beConnected();
    const token = await stopAt('fetchConfiguration');
    const { state } = stage.credentials.pairing;
    stage.memory = { ...stage.memory, unwritten: { from: isOfThis ? state : unpaired, event } };
    stage.memory = rememberAnswer(stage.memory, { kind: 'accepted' }, stage.time.now());
    expect(await stage.connect()).toMatchObject({ unwritten: undefined });
    expect(remains()).toBeNull();
    turnAway();
    const before = stage.ucl.presented.length;
    await stage.connect();
    expect(stage.ucl.presented.slice(before).includes(token)).toBe(isTriedAgain);
  });

  it('is gone also where the write of its beginning got no answer and had its effect', async () => {
    const { link } = await stage.beConnected();
    turnAway();
    stage.configure();
    stage.credentials.cut = failOn('writePairing', 'ClusterUnreachable', 'after');
    await stage.connect();
    stage.credentials.cut = uncut;
    expect(remains()).not.toBeNull();
    stage.memory = rememberAnswer(stage.memory, { kind: 'accepted' }, stage.time.now());
    expect(await stage.connect()).toMatchObject({ link, events: [], maintenance: [] });
    expect(remains()).toBeNull();
    // After that it need not be read in each run.
    stage.credentials.calls.length = 0;
    await stage.connect();
    expect(stage.credentials.calls).not.toContain('readPairing');
  });

  it('is gone also where that write was made beside a certificate that had been accepted all the time', async () => {
    const { link } = await stage.beConnected();
    stage.memory = rememberAnswer(stage.memory, { kind: 'accepted' }, stage.time.now());
    stage.configure();
    stage.managementInfo = undefined;
    stage.credentials.cut = failOn('writePairing', 'ClusterUnreachable', 'after');
    expect(await stage.connect()).toMatchObject({ link, events: ['rebuilt'] });
    stage.credentials.cut = uncut;
    expect(remains()).not.toBeNull();
    stage.memory = rememberAnswer(stage.memory, { kind: 'accepted' }, stage.time.now());
    await stage.connect();
    expect(remains()).toBeNull();
  });

  it('is gone when its token is taken out of the configuration Secret', async () => {
    const { token } = await stage.beConnected();
    await stopAt('signCertificateSigningRequest');
    stage.configure({ token });
    await stage.connect();
    expect(remains()).toBeNull();
  });

  it('is gone also where nothing was ever paired', async () => {
    stage.configure();
    stage.ucl.cut = failOn('signCertificateSigningRequest', 'CompassUnreachable');
    await stage.run();
    expect(remains()).not.toBeNull();
    stage.configure({ token: '' });
    expect(await stage.run()).toMatchObject({ error: { reason: 'TokenMissing' } });
    expect(remains()).toBeNull();
  });

  it('is kept over a restart as long as the attempt is gone on with', async () => {
    await stage.beConnected();
    await stopAt('signCertificateSigningRequest');
    stage.restart();
    await stage.connect();
    expect(remains()).not.toBeNull();
    turnAway();
    expect((await stage.connect()).events).toEqual(['paired']);
    expect(remains()).toBeNull();
  });

  it('costs no link where it cannot be cleared', async () => {
    const { link } = await stage.beConnected();
    await stopAt('prove');
    stage.memory = rememberAnswer(stage.memory, { kind: 'accepted' }, stage.time.now());
    stage.credentials.cut = failOn('writePairing', 'PermissionMissing');
    expect(await stage.connect()).toMatchObject({ link, maintenance: [{ reason: 'PermissionMissing' }] });
  });
});
