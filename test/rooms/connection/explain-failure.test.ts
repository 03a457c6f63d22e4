import { describe, expect, it } from 'vitest';
import type { ConnectionFailure } from '../../../agent/connection/connection-failure.ts';
import { toTold } from '../../../agent/connection/connection-failure.ts';
import { explainFailure } from '../../../agent/connection/explain-failure.ts';
import { AgentError } from '../../../agent/errors/agent-error.ts';

const at = new Date('2026-01-01T00:00:00Z');
const problem = (kind: string) => ({ kind, at }) as Extract<ConnectionFailure, { problems: unknown }>['problems'][0];

describe('a failure of the connection', () => {
  it.each<[ConnectionFailure, object]>([
    [
      { kind: 'configuration', read: { kind: 'missing', message: 'Secret a/b does not exist' } },
      { reason: 'ConfigurationMissing', next: 'stall', message: 'Secret a/b does not exist' },
    ],
    [
      { kind: 'configuration', read: { kind: 'invalid', message: 'Secret a/b is not usable' } },
      { reason: 'ConfigurationInvalid', next: 'stall', message: 'Secret a/b is not usable' },
    ],
    [{ kind: 'no-token' }, { reason: 'TokenMissing', next: 'stall' }],
    [
      { kind: 'token-spent', how: 'refused-before', refusal: undefined },
      { reason: 'TokenRefused', next: 'stall' },
    ],
    [
      {
        kind: 'token-spent',
        how: 'refused-before',
        refusal: { reason: 'CertificateRejected', message: 'It belongs to another key' },
      },
      { reason: 'CertificateRejected', next: 'stall', message: 'It belongs to another key' },
    ],
    [
      { kind: 'token-spent', how: 'used-here' },
      { reason: 'TokenRefused', next: 'stall' },
    ],
    [
      { kind: 'token-spent', how: 'refused-every-time' },
      { reason: 'TokenRefused', next: 'stall' },
    ],
    [
      { kind: 'token-pending', nextTry: at, leftMs: 60_000, isAnswerLost: false },
      {
        reason: 'TokenRefusedOrUnavailable',
        next: 'wait',
        retryAfterMs: 60_000,
        nextTryAt: new Date('2026-01-01T00:00:00Z'),
      },
    ],
    [
      { kind: 'certificate-unusable', problems: [problem('other-key'), problem('expired')] },
      {
        reason: 'CertificateRejected',
        next: 'stall',
        message:
          'The certificate that UCL signed is not usable: it belongs to another key; it expired at 2026-01-01T00:00:00.000Z',
      },
    ],
    [
      {
        kind: 'certificate-unusable',
        problems: [problem('unreadable'), problem('other-subject'), problem('not-yet-valid')],
      },
      {
        message:
          'The certificate that UCL signed is not usable: it cannot be parsed; its subject is not the one that was asked for; it is not valid before 2026-01-01T00:00:00.000Z',
      },
    ],
    [
      { kind: 'address-not-trusted', host: 'evil.example.test', tokenHash: '' },
      {
        ...{ reason: 'AddressNotTrusted', next: 'stall' },
        message: expect.stringMatching(/names evil\.example\.test.*the client certificate is not sent there$/),
        remedy: expect.stringContaining('add its host to APP_COMPASS_TRUSTED_HOSTS'),
      },
    ],
    [
      { kind: 'renewed-too-often', possibleAt: new Date(at.getTime() + 1) },
      {
        ...{ reason: 'RequestedTooOften', next: 'wait' },
        // A moment before, the answer would be the same.
        remedy: expect.stringContaining('Ask again after 2026-01-01T00:00:01Z;'),
      },
    ],
    [{ kind: 'contended' }, { reason: 'Conflict', next: 'retry' }],
  ])('is explained to people, in a clause, with what to do: %o', (failure, expected) => {
    const error = explainFailure(failure);
    expect(error).toMatchObject(expected);
    expect(error.message).not.toMatch(/\.$/);
    expect(error.remedy).toMatch(/\.$/);
  });

  it('says that a new token is needed wherever nothing else helps', () => {
    for (const failure of [
      { kind: 'no-token' },
      { kind: 'token-spent', how: 'refused-before', refusal: undefined },
      { kind: 'token-spent', how: 'used-here' },
      { kind: 'token-spent', how: 'refused-every-time' },
    ] as const) {
      expect(explainFailure(failure).remedy).toContain('Put a new token into the configuration Secret');
    }
  });

  it('says different things of different failures', () => {
    const kinds = ['unreadable', 'other-key', 'other-subject', 'expired', 'not-yet-valid'];
    const texts = [
      ...kinds.map((kind) => explainFailure({ kind: 'certificate-unusable', problems: [problem(kind)] }).message),
      ...(['used-here', 'refused-every-time'] as const).map(
        (how) => explainFailure({ kind: 'token-spent', how }).message,
      ),
    ];
    expect(new Set(texts).size).toBe(texts.length);
    for (const text of texts) expect(text).toMatch(/^[A-Z].{30,}/);
  });

  it('of a port is what the port said', () => {
    const error = new AgentError('CompassUnreachable', 'down', { next: 'retry' });
    expect(explainFailure(toTold(error, 'Pairing', new AbortController().signal))).toBe(error);
  });

  it('that nobody foresaw says what was being done', () => {
    const told = toTold(new TypeError('secret'), 'Pairing', new AbortController().signal);
    expect(explainFailure(told)).toMatchObject({
      reason: 'Unexpected',
      message: 'Pairing failed unexpectedly: TypeError',
    });
  });

  it('is none when the signal has aborted: that is thrown on', () => {
    const reason = new Error('stopping');
    expect(() => toTold(new Error('whatever'), 'Pairing', AbortSignal.abort(reason))).toThrow(reason);
  });
});

it('of nobody who takes the token says what to look at, and what becomes of the token', () => {
  const error = new AgentError('CompassUnreachable', 'Asking UCL failed', { next: 'retry', remedy: 'Check the URL.' });
  expect(explainFailure({ kind: 'nobody-there', error })).toMatchObject({
    ...{ reason: 'CompassUnreachable', message: 'Asking UCL failed; the one-time token was not used' },
    remedy: expect.stringMatching(/^Check the URL\. A token can be used for an hour/),
  });
});

describe('a certificate that does not prove itself', () => {
  const refused = new AgentError('CompassRefused', 'viewer was refused', { next: 'wait', remedy: 'Wait.' });
  const unproven = (changes: Partial<Extract<ConnectionFailure, { kind: 'unproven' }>>) =>
    explainFailure({ kind: 'unproven', error: refused, changed: [], isNew: false, ...changes });

  it('is told with what was changed last, first of all', () => {
    const { message, remedy } = unproven({ changed: ['TENANT', 'CONNECTOR_URL'] });
    expect(message).toBe(
      'TENANT and CONNECTOR_URL in the configuration Secret were changed, and UCL does not accept the certificate with it: viewer was refused',
    );
    expect(remedy).toMatch(
      /^Check TENANT first: TENANT must be .*; CONNECTOR_URL must lead to .* During an outage UCL gives the same answer\. If the certificate was revoked, /,
    );
    expect(remedy).not.toContain('After the correction');
  });

  it('is told with the one thing that was changed', () => {
    const { message, remedy } = unproven({ changed: ['TENANT'] });
    expect(message).toMatch(/^TENANT in the configuration Secret was changed, /);
    expect(remedy).toMatch(/^Check TENANT first: TENANT must be [^;]*\. During an outage UCL gives the same answer/);
  });

  it('is told with what it may be where it is new and nothing was changed', () => {
    const { message, remedy } = unproven({ isNew: true });
    expect(message).toBe(
      'With the TENANT and RUNTIME_ID in the configuration Secret, UCL does not accept the new certificate: viewer was refused',
    );
    expect(remedy).toContain('After the correction, the agent continues with the certificate that it already has.');
    expect(remedy).not.toContain('revoked');
  });

  it('is told as it is where it is neither, or where UCL is away', () => {
    expect(unproven({})).toBe(refused);
    const down = new AgentError('CompassUnreachable', 'UCL is down', { next: 'retry' });
    expect(unproven({ error: down, changed: ['TENANT'], isNew: true })).toBe(down);
  });

  it('says what to correct where it is of another runtime', () => {
    const other = new AgentError('RuntimeMismatch', 'It is of another runtime', { next: 'wait' });
    const told = unproven({ error: other, isNew: true });
    expect(told).toMatchObject({ reason: 'RuntimeMismatch', message: 'It is of another runtime' });
    expect(told.remedy).toMatch(/^Nothing was applied\. Correct RUNTIME_ID .* it already has\.$/);
  });
});
