import { describe, expect, it } from 'vitest';
import type { UclAddresses } from '../../../agent/connection/ucl-access.ts';
import { failOn, uncut } from '../../data/fakes/cut.ts';
import { beforeEachStage, type ConnectionStage } from './create-stage.ts';

const minuteMs = 60_000;
let stage: ConnectionStage;
/** Calls of Connector's `configuration`. */
let asked: number;

beforeEachStage((fresh) => {
  stage = fresh;
});

const moveDirector = () => {
  const moved = { ...stage.ucl.addresses, directorUrl: 'https://moved.elsewhere.test' };
  stage.ucl.moveTo(moved, { isForwarding: false });
  return moved;
};
const countAsking = () => {
  asked = 0;
  stage.ucl.cut = (call, when) => {
    if (call === 'fetchConfiguration' && when === 'before') asked += 1;
  };
};
const runFor = async (minutes: number) => {
  for (let run = 0; run < minutes / 5; run += 1) {
    await stage.time.pass(5 * minuteMs);
    await stage.runAndAsk();
  }
};

describe('a Director that has moved', () => {
  it('is found by the known Connector after it failed, proven, and written down before it is used', async () => {
    const { link } = await stage.beConnected();
    const moved = moveDirector();
    expect((await stage.runAndAsk())?.reason).toBe('CompassUnreachable');
    const facts = await stage.connect();
    expect(facts).toMatchObject({ events: ['moved'], link: { ...link, addresses: moved }, maintenance: [] });
    expect(stage.directors.proven.at(-1)).toMatchObject({ addresses: moved });
    expect(stage.credentials.pairing.state.present).toMatchObject({ addresses: moved, identity: link.identity });
    expect(await stage.runAndAsk()).toBeUndefined();
    expect(stage.ucl.presented).toEqual([]);
    expect(stage.connectors.open).toBe(0);
  });

  it('is known after a death before the CompassConnection shows it', async () => {
    await stage.beConnected();
    const moved = moveDirector();
    await stage.runAndAsk();
    const shown = stage.managementInfo;
    await stage.connect();
    stage.managementInfo = shown;
    stage.restart();
    expect(await stage.connect()).toMatchObject({ events: [], link: { addresses: moved } });
  });

  it('is found although the configuration Secret names another identity, which alone explains no silence', async () => {
    const { token } = await stage.beConnected();
    const moved = moveDirector();
    stage.configure({ token, tenant: 'another' });
    expect(await stage.connect()).toMatchObject({ events: ['identity-changed'], link: { addresses: moved } });
  });

  it('is found where it moved before a new certificate was proven, without another token', async () => {
    const token = stage.configure();
    let moved: UclAddresses | undefined;
    stage.ucl.cut = (call, when) => {
      if (call === 'prove' && when === 'before') moved ??= moveDirector();
    };
    const { link, events } = await stage.connect();
    expect({ events, addresses: link.addresses }).toEqual({ events: ['paired'], addresses: moved });
    expect(stage.credentials.pairing.state).toMatchObject({ at: 'paired', present: { addresses: moved } });
    expect(stage.ucl.presented.filter((presented) => presented === token)).toHaveLength(1);
    expect(stage.connectors.open).toBe(0);
  });

  it('is looked for once an hour while a new certificate waits, and told of with what failed', async () => {
    stage.configure();
    countAsking();
    const count = stage.ucl.cut;
    stage.ucl.cut = (call, when) => {
      count(call, when);
      failOn('prove', 'CompassUnreachable')(call, when);
    };
    for (let minutes = 0; minutes < 120; minutes += 5) {
      expect((await stage.run()).error).toMatchObject({ reason: 'CompassUnreachable' });
      await stage.time.pass(5 * minuteMs);
    }
    // Once for the pairing itself.
    expect(asked).toBe(3);
    const moved = moveDirector();
    stage.ucl.cut = uncut;
    expect(await stage.connect()).toMatchObject({ events: ['paired'], link: { addresses: moved } });
  });

  it('is not used by a new certificate before that is written down', async () => {
    stage.configure();
    stage.ucl.cut = failOn('prove', 'CompassUnreachable');
    await stage.run();
    await stage.time.pass(60 * minuteMs);
    moveDirector();
    stage.ucl.cut = uncut;
    stage.credentials.cut = failOn('writePairing', 'PermissionMissing');
    const maintenance = [{ reason: 'PermissionMissing' }];
    expect(await stage.run()).toMatchObject({ error: { reason: 'CompassUnreachable' }, events: [], maintenance });
    expect(stage.credentials.credential).toBeUndefined();
  });

  it('is not looked for where another identity is refused', async () => {
    const { token } = await stage.beConnected();
    stage.configure({ token, tenant: 'another' });
    countAsking();
    const count = stage.ucl.cut;
    stage.ucl.cut = (call, when) => {
      count(call, when);
      failOn('prove', 'CompassRefused')(call, when);
    };
    await stage.run();
    expect(asked).toBe(0);
  });

  it('is not used before that is written down', async () => {
    const { link } = await stage.beConnected();
    moveDirector();
    await stage.runAndAsk();
    stage.credentials.cut = failOn('writePairing', 'PermissionMissing');
    expect(await stage.connect()).toMatchObject({ link, events: [], maintenance: [{ reason: 'PermissionMissing' }] });
  });
});

describe('the known Connector', () => {
  it('tells of a certificate that is no longer accepted where the Director is gone, and a new token is used', async () => {
    await stage.beConnected();
    moveDirector();
    await stage.runAndAsk();
    stage.ucl.cut = failOn('fetchConfiguration', 'CompassRefused');
    await stage.connect();
    expect(stage.memory.standing).toMatchObject({ kind: 'refused' });
    stage.ucl.cut = uncut;
    stage.configure();
    expect(await stage.connect()).toMatchObject({ events: ['paired'] });
  });

  it('tells that of a certificate too that was to be proven after a start', async () => {
    await stage.beConnected();
    moveDirector();
    stage.restart();
    stage.managementInfo = undefined;
    stage.ucl.cut = (call, when) => {
      failOn('prove', 'CompassUnreachable')(call, when);
      failOn('fetchConfiguration', 'CompassRefused')(call, when);
    };
    await stage.run();
    expect(stage.memory.standing).toMatchObject({ kind: 'refused' });
  });

  it('tells that also within the hour after it has refused a renewal, which says nothing of the addresses', async () => {
    await stage.beConnected();
    moveDirector();
    stage.ucl.cut = failOn('fetchConfiguration', 'CompassRefused');
    await stage.connect({ isRenewalForced: true });
    expect((await stage.runAndAsk())?.reason).toBe('CompassUnreachable');
    await stage.connect();
    expect(stage.memory.standing).toMatchObject({ kind: 'refused' });
  });

  it('is not asked within the hour after a renewal that it has answered', async () => {
    await stage.beConnected();
    stage.ucl.cut = failOn('signCertificateSigningRequest', 'CompassUnreachable');
    await stage.connect({ isRenewalForced: true });
    moveDirector();
    await stage.runAndAsk();
    countAsking();
    await stage.connect();
    expect(asked).toBe(0);
  });

  it.each([
    ['where none is stored, so that a new token is asked for', 'refused'],
    ['but nothing of one that is stored', 'unknown'],
  ])('tells that of a new certificate as well, %s', async (_, kind) => {
    if (kind === 'unknown') await stage.beConnected();
    stage.configure({ tenant: 'another' });
    let isSigned = false;
    stage.ucl.cut = (call, when) => {
      isSigned ||= call === 'signCertificateSigningRequest';
      failOn('prove', 'CompassUnreachable')(call, when);
      if (isSigned) failOn('fetchConfiguration', 'CompassRefused')(call, when);
    };
    await stage.run();
    expect(stage.memory.standing).toMatchObject({ kind });
    stage.ucl.cut = uncut;
    stage.configure({ tenant: 'another' });
    expect(await stage.connect()).toMatchObject({ events: ['paired'] });
    expect(stage.memory.standing).toEqual({ kind: 'unknown' });
  });

  it('tells that of one too that is stored already, where the agent died before that was written down', async () => {
    stage.configure();
    stage.credentials.cut = (call, when) => {
      if (stage.credentials.credential !== undefined) failOn('writePairing', 'ClusterUnreachable')(call, when);
    };
    await stage.run();
    stage.credentials.cut = uncut;
    stage.restart();
    stage.ucl.cut = (call, when) => {
      failOn('prove', 'CompassUnreachable')(call, when);
      failOn('fetchConfiguration', 'CompassRefused')(call, when);
    };
    await stage.run();
    expect(stage.credentials.pairing.state.at).toBe('signed');
    expect(stage.memory.standing).toMatchObject({ kind: 'refused' });
  });

  it('is never asked by a healthy link', async () => {
    await stage.beConnected();
    countAsking();
    await runFor(180);
    expect(asked).toBe(0);
  });

  it.each(['a failure', 'a refusal'])('is asked once an hour at most after %s', async (what) => {
    await stage.beConnected();
    countAsking();
    const count = stage.ucl.cut;
    stage.ucl.cut = (call, when) => {
      count(call, when);
      failOn('proveIdentity', what === 'a refusal' ? 'CompassRefused' : 'CompassUnreachable')(call, when);
    };
    await runFor(180);
    expect(asked).toBe(3);
    stage.ucl.cut = uncut;
    await runFor(10);
    countAsking();
    await runFor(180);
    expect(asked).toBe(0);
  });

  it('costs no link when it fails as well, or names an address at which nobody answers', async () => {
    const { link } = await stage.beConnected();
    stage.ucl.moveTo({ ...link.addresses, directorUrl: 'https://nobody.example.test' });
    stage.ucl.cut = failOn('proveIdentity', 'CompassUnreachable');
    await stage.runAndAsk();
    stage.ucl.cut = failOn('prove', 'CompassUnreachable');
    expect(await stage.connect()).toMatchObject({ link, events: [], maintenance: [] });
    await stage.time.pass(60 * minuteMs);
    stage.ucl.cut = failOn('fetchConfiguration', 'CompassUnreachable');
    expect(await stage.connect()).toMatchObject({ link, events: [], maintenance: [] });
  });
});
