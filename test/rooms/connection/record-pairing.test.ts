import { beforeEach, describe, expect, it } from 'vitest';
import { type PairingEvent, type PairingState, step } from '../../../agent/connection/pairing-state.ts';
import { recordPairing } from '../../../agent/connection/record-pairing.ts';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import { unpaired } from '../../data/builders/pairing-states.ts';
import { InMemoryCredentials } from '../../data/fakes/in-memory-credentials.ts';

const signal = new AbortController().signal;
const begun: PairingEvent = { kind: 'begun', tokenHash: 'hash', privateKeyPem: 'key' };
const claimed: PairingEvent = { kind: 'claimed' };
const keyed = step(unpaired, begun);
const foreign: PairingState = { at: 'refused', present: undefined, refusedTokenHash: 'theirs', refusal: undefined };
const lost = new AgentError('ClusterUnreachable', 'the answer is lost', { next: 'retry' });

describe('writing down what happened in a pairing', () => {
  let credentials: InMemoryCredentials;
  const record = (event: PairingEvent) => recordPairing(credentials.pairing, event, credentials, signal);
  /** Somebody else writes between our read and our write, so often. */
  const interfere = (write: () => void, times = 1) => {
    let left = times;
    credentials.cut = (call, when) => {
      if (call !== 'writePairing' || when !== 'before' || left === 0) return;
      left -= 1;
      write();
    };
  };
  const touch = () => void credentials.writeBySomebodyElse(credentials.pairing.state);

  beforeEach(() => {
    credentials = new InMemoryCredentials();
  });

  it('gives the new state with its version', async () => {
    const renewals = [new Date('2030-01-01')];
    credentials.pairing = { state: unpaired, renewals, version: undefined };
    expect(await record(begun)).toEqual({ stored: { state: keyed, renewals, version: '1' }, isOurs: true });
    expect(credentials.pairing).toEqual({ state: keyed, renewals, version: '1' });
  });

  it('writes nothing where nothing changes', async () => {
    credentials.writeBySomebodyElse(foreign);
    expect(await record(claimed)).toEqual({ stored: { state: foreign, renewals: [], version: '1' }, isOurs: true });
    const present = { identity: { runtimeId: 'r', tenant: 't', connectorUrl: 'c' }, usedTokenHash: undefined };
    const fingerprints = ['AA'];
    const addresses = { directorUrl: 'd', securedConnectorUrl: 's' };
    credentials.writeBySomebodyElse({ at: 'paired', present: { ...present, addresses, fingerprints } });
    const { identity } = present;
    await record({ kind: 'serves', identity, addresses, fingerprints, certificatePem: 'certificate' });
    expect(credentials.calls).toEqual([]);
  });

  it('is written again where somebody else changed nothing of it, such as a label', async () => {
    credentials.writeBySomebodyElse(unpaired);
    interfere(touch);
    expect(await record(begun)).toEqual({ stored: { state: keyed, renewals: [], version: '3' }, isOurs: true });
    expect(credentials.states).toEqual([keyed]);
  });

  it('is written also where somebody deleted the Secret in between, with all that stood there', async () => {
    credentials.writeBySomebodyElse(step(keyed, claimed));
    interfere(() => {
      credentials.pairing = { state: unpaired, renewals: [], version: undefined };
    });
    const followUp = { token: 'follow-up', subject: 'CN=x', directorUrl: 'd', securedConnectorUrl: 's' };
    const { stored, isOurs } = await record({ kind: 'configured', followUp });
    expect({ at: stored.state.at, isOurs }).toEqual({ at: 'configured', isOurs: true });
    expect(credentials.pairing.state).toMatchObject({ at: 'configured', privateKeyPem: 'key', followUp });
  });

  it('is given up where somebody else writes each time, and nothing of theirs is written over', async () => {
    interfere(touch, Number.POSITIVE_INFINITY);
    expect(await record(begun)).toEqual({ stored: { state: unpaired, renewals: [], version: '3' }, isOurs: false });
    expect(credentials.states).toEqual([]);
    expect(credentials.calls).toEqual(Array.from({ length: 3 }, () => ['writePairing', 'readPairing']).flat());
  });

  it('is not written over what somebody else wrote', async () => {
    interfere(() => void credentials.writeBySomebodyElse(foreign));
    expect(await record(begun)).toEqual({ stored: { state: foreign, renewals: [], version: '1' }, isOurs: false });
    expect(credentials.pairing.state).toBe(foreign);
  });

  it('is done where our own write is found, but a claim may be anybody’s', async () => {
    interfere(() => void credentials.writeBySomebodyElse(keyed));
    expect(await record(begun)).toEqual({ stored: { state: keyed, renewals: [], version: '1' }, isOurs: true });
    const claim = step(keyed, claimed);
    interfere(() => void credentials.writeBySomebodyElse(claim));
    expect(await record(claimed)).toEqual({ stored: { state: claim, renewals: [], version: '2' }, isOurs: false });
  });

  it('throws what the store throws, and has written when only the answer was lost', async () => {
    credentials.cut = (call, when) => {
      if (call === 'writePairing' && when === 'after') throw lost;
    };
    await expect(record(begun)).rejects.toBe(lost);
    expect(credentials.pairing.state).toEqual(keyed);
  });
});
