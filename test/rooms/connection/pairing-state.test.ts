import { describe, expect, it } from 'vitest';
import { isMadeFor, type PairingEvent, type PairingState, step } from '../../../agent/connection/pairing-state.ts';
import { unpaired } from '../../data/builders/pairing-states.ts';

const identity = { runtimeId: 'r1', tenant: 't1', connectorUrl: 'https://c' };
const addresses = { directorUrl: 'https://d', securedConnectorUrl: 'https://s' };
const present = { identity, addresses, usedTokenHash: 'used', fingerprints: ['AA'] };
const refusal = { reason: 'CertificateRejected', message: 'it belongs to another key' } as const;
const followUp = { token: 'follow-up', subject: 'CN=x', directorUrl: 'https://d2', securedConnectorUrl: 'https://s2' };
const signedCertificate = { certificatePem: 'certificate', chainPem: 'chain', caCertificatePem: 'ca' };
const attempt = { present, tokenHash: 'hash', privateKeyPem: 'key', tries: undefined };

const states = {
  unpaired,
  keyed: { at: 'keyed', ...attempt },
  configured: { at: 'configured', ...attempt, followUp },
  signed: { at: 'signed', ...attempt, followUp, signed: signedCertificate },
  paired: { at: 'paired', present },
  refused: { at: 'refused', present, refusedTokenHash: 'refused', refusal: undefined },
} as const satisfies { [At in PairingState['at']]: PairingState };

const now = new Date('2026-01-01T00:00:00Z');
const events = {
  begun: { kind: 'begun', tokenHash: 'new hash', privateKeyPem: 'new key' },
  claimed: { kind: 'claimed' },
  configured: { kind: 'configured', followUp },
  signed: { kind: 'signed', signed: signedCertificate },
  located: { kind: 'located', addresses: { directorUrl: 'https://d3', securedConnectorUrl: 'https://s3' } },
  stored: { kind: 'stored', identity, fingerprint: 'BB' },
  burnt: { kind: 'burnt', refusal },
  unanswered: { kind: 'unanswered', at: now, retryDelaysMs: [1_000] },
  lost: { kind: 'lost' },
  abandoned: { kind: 'abandoned', isSpent: false },
  serves: {
    kind: 'serves',
    identity: { ...identity, runtimeId: 'r2' },
    addresses,
    fingerprints: ['AA', 'CC'],
    certificatePem: 'another certificate',
  },
} as const satisfies { [Kind in PairingEvent['kind']]: PairingEvent };

const burnt = { at: 'refused', present, refusedTokenHash: 'hash', refusal };
const spent = { ...burnt, refusal: undefined };
const tried = { count: 1, notBefore: new Date('2026-01-01T00:00:01Z'), isAnswerLost: false };
const lost = { count: 0, notBefore: undefined, isAnswerLost: true };
const begun = { at: 'keyed', present, tokenHash: 'new hash', privateKeyPem: 'new key', tries: undefined };
const moved = { ...present, identity: { ...identity, runtimeId: 'r2' }, fingerprints: ['AA', 'CC'] };

/** What each event makes of each state; what is not named stays as it is. */
const changes: { [Kind in PairingEvent['kind']]: { [At in PairingState['at']]?: object } } = {
  begun: {
    unpaired: { ...begun, present: undefined },
    keyed: begun,
    configured: begun,
    signed: begun,
    paired: begun,
    refused: begun,
  },
  claimed: { keyed: { ...states.keyed, tries: { count: 0, notBefore: undefined, isAnswerLost: false } } },
  configured: { keyed: { ...states.keyed, at: 'configured', followUp } },
  signed: { configured: { ...states.configured, at: 'signed', signed: signedCertificate } },
  located: {
    signed: {
      ...states.signed,
      followUp: { ...followUp, directorUrl: 'https://d3', securedConnectorUrl: 'https://s3' },
    },
  },
  stored: {
    signed: {
      at: 'paired',
      present: {
        identity,
        addresses: { directorUrl: 'https://d2', securedConnectorUrl: 'https://s2' },
        usedTokenHash: 'hash',
        fingerprints: ['BB'],
      },
    },
  },
  burnt: { keyed: burnt, configured: burnt, signed: burnt },
  unanswered: { keyed: { ...states.keyed, tries: tried }, configured: { ...states.configured, tries: tried } },
  lost: { keyed: { ...states.keyed, tries: lost }, configured: { ...states.configured, tries: lost } },
  abandoned: { keyed: states.paired, configured: spent, signed: spent },
  serves: {
    unpaired: { at: 'paired', present: { ...moved, usedTokenHash: undefined } },
    keyed: { ...states.keyed, present: moved },
    configured: { ...states.configured, present: moved },
    signed: { ...states.signed, present: moved },
    paired: { at: 'paired', present: moved },
    refused: { ...states.refused, present: moved },
  },
};

describe('the memory of pairing', () => {
  const cases = Object.values(events).flatMap((event) =>
    Object.values(states).map((state): [string, string, PairingEvent, PairingState] => [
      state.at,
      event.kind,
      event,
      state,
    ]),
  );

  it.each(cases)('%s, after %s, is what the table says', (at, kind, event, state) => {
    const expected = changes[event.kind][state.at];
    if (expected === undefined) expect(step(state, event), `${at} ${kind}`).toBe(state);
    else expect(step(state, event)).toStrictEqual(expected);
  });

  it('is claimed once: a later claim changes nothing', () => {
    const claimed = step(states.keyed, events.claimed);
    expect(step(claimed, events.claimed)).toBe(claimed);
  });

  it('counts the tries of token and follow-up token together, at the distances given, until they are spent', () => {
    const retryDelaysMs = [60_000, 180_000];
    const refuse = (state: PairingState, at: Date) => step(state, { kind: 'unanswered', at, retryDelaysMs });
    const first = refuse(step(states.keyed, events.claimed), now);
    expect(first).toMatchObject({ at: 'keyed', tries: { count: 1, notBefore: new Date('2026-01-01T00:01:00Z') } });
    const answered = step(first, events.configured);
    const second = refuse(answered, new Date('2026-01-01T01:00:00Z'));
    expect(second).toMatchObject({
      at: 'configured',
      tries: { count: 2, notBefore: new Date('2026-01-01T01:03:00Z') },
    });
    expect(refuse(second, now)).toStrictEqual(spent);
    expect(step(states.keyed, { kind: 'unanswered', at: now, retryDelaysMs: [] })).toStrictEqual(spent);
  });

  it('remembers over all tries that an answer was lost, until another token begins', () => {
    const afterLoss = step(step(states.keyed, events.claimed), events.lost);
    const refusedLater = step(afterLoss, events.unanswered);
    expect(refusedLater).toMatchObject({ tries: { count: 1, isAnswerLost: true } });
    expect(step(refusedLater, events.begun)).toStrictEqual(begun);
  });

  it('holds nothing of an attempt after any of its endings', () => {
    for (const event of [events.stored, events.burnt, events.abandoned]) {
      const ended = step(states.signed, event);
      expect(JSON.stringify(ended)).not.toMatch(/"key"|follow-up|certificatePem/);
    }
    expect(step({ ...states.keyed, present: undefined }, events.abandoned)).toStrictEqual(unpaired);
  });

  it('ends an attempt whose certificate turns out to serve already', () => {
    const { certificatePem } = signedCertificate;
    expect(step(states.signed, { ...events.serves, certificatePem })).toStrictEqual({
      at: 'paired',
      present: { ...moved, usedTokenHash: 'hash' },
    });
  });

  it('names the request that a certificate was made for, as long as that may be the stored one', () => {
    const made = step(states.paired, { ...events.serves, request: 'asked' });
    expect(made.present).toStrictEqual({ ...moved, madeFor: { request: 'asked', fingerprint: 'CC' } });
    expect(isMadeFor(made, 'CC', 'asked')).toBe(true);
    expect([isMadeFor(made, 'AA', 'asked'), isMadeFor(made, 'CC', 'another')]).toEqual([false, false]);
    expect(isMadeFor(states.paired, 'AA', 'asked')).toBe(false);
    const serve = (...fingerprints: string[]) => step(made, { ...events.serves, fingerprints });
    expect(isMadeFor(serve('CC', 'DD'), 'CC', 'asked')).toBe(true);
    expect(serve('DD').present).not.toHaveProperty('madeFor');
    expect(step(states.signed, { ...events.stored, request: 'asked' }).present?.madeFor).toStrictEqual({
      request: 'asked',
      fingerprint: 'BB',
    });
  });

  it('keeps the hash of the token that paired the present certificate when that comes to serve another identity', () => {
    expect(step(states.paired, events.serves)).toMatchObject({ present: { usedTokenHash: 'used' } });
  });
});
