import { describe, expect, it } from 'vitest';
import type { ConnectionFacts, LinkEvent } from '../../../agent/connection/connection-facts.ts';
import {
  type ConnectionMemory,
  initialConnectionMemory,
  isRefused,
  rememberAnswer,
  rememberConnection,
  type Standing,
} from '../../../agent/connection/connection-memory.ts';
import { toDirectorAnswer } from '../../../agent/connection/director-answer.ts';
import { observeCertificate } from '../../../agent/connection/observe-certificate.ts';
import { AgentError, type Reason } from '../../../agent/errors/agent-error.ts';
import { anAccess } from '../../data/builders/an-access.ts';
import { unpaired } from '../../data/builders/pairing-states.ts';
import { InMemoryCredentials } from '../../data/fakes/in-memory-credentials.ts';

const signal = new AbortController().signal;
const early = new Date('2026-01-01T00:00:00Z');
const late = new Date('2026-01-02T00:00:00Z');
const certificate = { notBefore: early, notAfter: late, keyMatches: true, fingerprint: 'AA' };
const link = { ...anAccess(), certificate };
const fail = (reason: Reason) => new AgentError(reason, reason, { next: 'wait' });

const common = {
  certificate,
  maintenance: [],
  events: [],
  isFirstPairing: false,
  keepsFormerLink: true,
  pairing: { state: unpaired, renewals: [], version: '7' },
  pause: { notBefore: late, until: 5 },
  unwritten: { from: unpaired, event: { kind: 'lost' } },
  failedRenewal: { error: undefined, fingerprint: 'one', notBefore: 9 },
  renewals: [{ writtenAt: early, at: 3 }],
  isRenewalTried: true,
  caSecret: { kind: 'settled', caCertificatePem: 'ca', isRejected: false },
  putBack: { found: 'digest', at: 2 },
  distrustedTokenHash: 'hash',
  addressesAskedAt: 4,
  proof: undefined,
} as const;
const connected: ConnectionFacts = { ...common, link, error: undefined };
const failed: ConnectionFacts = { ...common, link: undefined, error: fail('CompassUnreachable') };
const withEvents = (...events: LinkEvent[]): ConnectionFacts => ({ ...connected, events });
const standing = (memory: ConnectionMemory) => memory.standing;

describe('the memory of the connection', () => {
  it('takes from a run what the next one needs', () => {
    expect(rememberConnection(initialConnectionMemory, connected)).toEqual({
      link,
      certificate,
      pairing: common.pairing,
      pause: common.pause,
      unwritten: common.unwritten,
      failedRenewal: { error: undefined, fingerprint: 'one', notBefore: 9 },
      renewals: common.renewals,
      caSecret: common.caSecret,
      putBack: common.putBack,
      distrustedTokenHash: undefined,
      addressesAskedAt: 4,
      standing: { kind: 'unknown' },
      isDirectorFailing: false,
    });
  });

  it('keeps the link over a run that found out nothing, and drops one that serves no more', () => {
    const before = rememberConnection(initialConnectionMemory, connected);
    expect(rememberConnection(before, failed).link).toBe(link);
    expect(rememberConnection(before, failed).distrustedTokenHash).toBe('hash');
    expect(rememberConnection(before, { ...failed, keepsFormerLink: false }).link).toBeUndefined();
    const other = { ...anAccess({ runtimeId: 'other' }), certificate };
    expect(rememberConnection(before, { ...connected, link: other }).link).toBe(other);
  });

  it('keeps what it knows of pairing where that could not be read', () => {
    const before = rememberConnection(initialConnectionMemory, connected);
    expect(rememberConnection(before, { ...failed, pairing: undefined }).pairing).toBe(common.pairing);
  });

  it('forgets what is over', () => {
    const before = rememberConnection(initialConnectionMemory, connected);
    const after = rememberConnection(before, {
      ...connected,
      certificate: undefined,
      pause: undefined,
      unwritten: undefined,
      failedRenewal: undefined,
      caSecret: { kind: 'unknown' },
    });
    expect(after).toMatchObject({ caSecret: { kind: 'unknown' } });
    expect([after.certificate, after.pause, after.failedRenewal]).toEqual([undefined, undefined, undefined]);
  });
});

describe('how the Director took the certificate', () => {
  const refusal = fail('CompassRefused');
  const answer = (memory: ConnectionMemory, reason: Reason | undefined, at: Date) =>
    rememberAnswer(memory, toDirectorAnswer(reason && fail(reason)), at);

  it('is unknown at first, and not held against it', () => {
    expect(standing(initialConnectionMemory)).toEqual({ kind: 'unknown' });
    expect(isRefused(standing(initialConnectionMemory))).toBe(false);
  });

  it('is remembered since the first refusal, with the last one', () => {
    const first = rememberAnswer(initialConnectionMemory, toDirectorAnswer(refusal), early);
    expect(standing(first)).toEqual({ kind: 'refused', since: early, error: refusal });
    const last = fail('CompassRefused');
    const second = rememberAnswer(first, toDirectorAnswer(last), late);
    expect(standing(second)).toMatchObject({ kind: 'refused', since: early });
    expect(standing(second)).toHaveProperty('error', last);
    expect(isRefused(standing(second))).toBe(true);
  });

  it('is remembered since the first answer that was meant for another runtime', () => {
    const refused = answer(initialConnectionMemory, 'CompassRefused', early);
    const mismatched = answer(refused, 'RuntimeMismatch', late);
    expect(standing(mismatched)).toMatchObject({ kind: 'mismatch', since: late });
    expect(standing(answer(mismatched, 'RuntimeMismatch', early))).toMatchObject({ kind: 'mismatch', since: late });
    expect(standing(answer(mismatched, 'CompassRefused', early))).toMatchObject({ kind: 'refused', since: early });
    expect(isRefused(standing(mismatched))).toBe(true);
  });

  it.each<[string, Reason | undefined]>([
    ['a good answer', undefined],
    ['an answer that makes no sense', 'InvalidAnswer'],
    ['a landscape that moves', 'LandscapeMoving'],
  ])('is good again after %s', (_, reason) => {
    const refused = answer(initialConnectionMemory, 'CompassRefused', early);
    const accepted = answer(refused, reason, late);
    expect(standing(accepted)).toEqual({ kind: 'accepted' });
    expect(isRefused(standing(accepted))).toBe(false);
  });

  it.each<Reason>(['CompassUnreachable', 'RateLimited', 'Unexpected'])('is not told by %s', (reason) => {
    for (const before of [undefined, 'CompassRefused', 'RuntimeMismatch'] as const) {
      const known = answer(initialConnectionMemory, before, early);
      expect(standing(answer(known, reason, late))).toEqual(standing(known));
    }
  });

  it.each<[LinkEvent, Standing['kind']]>([
    ['paired', 'unknown'],
    ['renewed', 'unknown'],
    ['rebuilt', 'unknown'],
    ['identity-changed', 'unknown'],
    ['taken-over', 'unknown'],
    ['replaced', 'unknown'],
    ['moved', 'unknown'],
    ['restored', 'refused'],
  ])('is, after %s, %s', (event, kind) => {
    const refused = answer(initialConnectionMemory, 'CompassRefused', early);
    expect(standing(rememberConnection(refused, withEvents(event))).kind).toBe(kind);
    expect(standing(rememberConnection(refused, withEvents('restored', event))).kind).toBe(kind);
  });

  it('is told by a call that was made for that', () => {
    const proof = { answer: toDirectorAnswer(refusal), at: early };
    const after = rememberConnection(initialConnectionMemory, { ...failed, proof });
    expect(after).toMatchObject({ standing: { kind: 'refused', since: early }, isDirectorFailing: true });
    expect(rememberConnection(after, withEvents('taken-over')).isDirectorFailing).toBe(false);
  });

  it.each<[Reason | undefined, boolean]>([
    [undefined, false],
    ['LandscapeMoving', false],
    ['RuntimeMismatch', false],
    ['CompassRefused', true],
    ['CompassUnreachable', true],
    ['InvalidAnswer', true],
  ])('says after %s whether the Director may have moved: %s', (reason, isFailing) => {
    const before = { ...initialConnectionMemory, isDirectorFailing: !isFailing };
    expect(answer(before, reason, late).isDirectorFailing).toBe(isFailing);
    expect(answer(before, 'RateLimited', late).isDirectorFailing).toBe(!isFailing);
  });

  it('is kept over a run in which nothing happened', () => {
    const refused = answer(initialConnectionMemory, 'CompassRefused', early);
    expect(standing(rememberConnection(refused, connected))).toBe(refused.standing);
  });
});

describe('a suspended agent', () => {
  it('looks at the stored certificate and does nothing about it', async () => {
    const credentials = new InMemoryCredentials();
    const before = rememberConnection(initialConnectionMemory, connected);
    expect(await observeCertificate(before, credentials, signal)).toEqual({ ...before, certificate: undefined });
    credentials.credential = link.credential;
    expect(await observeCertificate(before, credentials, signal)).toEqual({ ...before, certificate: undefined });
    expect(credentials.calls).toEqual(['readClientPair', 'readClientPair']);
  });
});
