import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCompass } from '../../../agent/compass/create-compass.ts';
import { openMtlsExchange } from '../../../agent/compass/open-mtls-exchange.ts';
import type { ClientCredential } from '../../../agent/connection/ucl-access.ts';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import { anAccess } from '../../data/builders/an-access.ts';
import { buildCompassOptions } from '../../data/builders/build-compass-options.ts';
import { type FakeCompass, type FakeReply, startFakeCompass } from './start-fake-compass.ts';

const signal = new AbortController().signal;
let fake: FakeCompass;

beforeAll(async () => {
  fake = await startFakeCompass();
});
beforeEach(() => {
  fake.requests.length = 0;
});
afterAll(() => fake.stop());

type Door = 'token' | 'certificate' | 'director';

async function knock(door: Door, url = fake.url, requestTimeoutMs = 20_000): Promise<unknown> {
  const compass = createCompass(buildCompassOptions({ requestTimeoutMs, maxResponseBytes: 100_000 }), openMtlsExchange);
  const ask = {
    token: () => compass.connectors.withToken(url, 'token').fetchConfiguration(signal),
    certificate: () => compass.connectors.withCertificate(url, fake.credential).fetchConfiguration(signal),
    director: () => compass.directors.prove(anAccess({ directorUrl: url, credential: fake.credential }), signal),
  };
  return ask[door]().then(
    () => 'no failure',
    (error: unknown) => error,
  );
}

const empty400: FakeReply = { status: 400, text: '', headers: { 'content-type': 'application/json;charset=UTF-8' } };
const withErrors = (code: number | undefined, path: unknown[] = [], status = 200): FakeReply => ({
  status,
  json: {
    errors: [
      { message: 'Something [reason=why]', path, ...(code !== undefined && { extensions: { error_code: code } }) },
    ],
    data: null,
  },
});
const hydratorDown: FakeReply = { status: 500, json: { error: { code: 500, message: 'An internal server error' } } };
const notFound: FakeReply = { status: 404, text: '404 page not found\n', headers: { 'content-type': 'text/plain' } };

describe('a failure of Compass', () => {
  const unreachable = { reason: 'CompassUnreachable', next: 'retry' };
  const invalid = { reason: 'InvalidAnswer', next: 'retry' };
  const tooLarge = { reason: 'AnswerTooLarge', next: 'wait' };
  const refused = { reason: 'CompassRefused', next: 'wait' };
  const tokenRefused = { reason: 'TokenRefused', next: 'stall' };
  const tokenOrOutage = { reason: 'TokenRefusedOrUnavailable', next: 'wait' };
  const limited = { reason: 'RateLimited', next: 'wait' };

  const cases: [string, FakeReply, Record<Door, object>][] = [
    ['an empty 400', empty400, { token: tokenOrOutage, certificate: refused, director: refused }],
    ['a 401', withErrors(26, [], 401), { token: tokenOrOutage, certificate: refused, director: refused }],
    ['code 23', withErrors(23, ['viewer']), { token: tokenRefused, certificate: refused, director: refused }],
    [
      'code 10 from viewer',
      withErrors(10, ['viewer']),
      { token: tokenRefused, certificate: refused, director: refused },
    ],
    ['code 10 elsewhere', withErrors(10, ['x']), { token: tokenRefused, certificate: refused, director: unreachable }],
    ['code 22', withErrors(22, ['x']), { token: tokenRefused, certificate: refused, director: invalid }],
    [
      'an error without a code',
      withErrors(undefined),
      { token: tokenRefused, certificate: refused, director: invalid },
    ],
    ['a wrong tenant', withErrors(25, [], 400), { token: refused, certificate: refused, director: refused }],
    ['a 422', withErrors(10, [], 422), { token: tokenRefused, certificate: invalid, director: invalid }],
    [
      'an empty 502',
      { status: 502, text: '' },
      { token: unreachable, certificate: unreachable, director: unreachable },
    ],
    ['a 500 of the hydrator', hydratorDown, { token: unreachable, certificate: unreachable, director: unreachable }],
    [
      'a 503',
      { status: 503, json: { Message: 'operation has timed out' } },
      { token: unreachable, certificate: unreachable, director: unreachable },
    ],
    ['a 404', notFound, { token: invalid, certificate: invalid, director: invalid }],
    [
      'a redirection',
      { status: 302, text: '', headers: { location: 'https://127.0.0.1:1/' } },
      { token: invalid, certificate: invalid, director: invalid },
    ],
    ['a 429', { status: 429, text: 'local_rate_limited' }, { token: limited, certificate: limited, director: limited }],
    [
      'a page of a proxy',
      { text: '<html></html>', headers: { 'content-type': 'text/html' } },
      { token: invalid, certificate: invalid, director: invalid },
    ],
    [
      'HTML that claims to be JSON',
      { text: '<html></html>' },
      { token: invalid, certificate: invalid, director: invalid },
    ],
    ['an empty 200', { text: '' }, { token: invalid, certificate: invalid, director: invalid }],
    ['a 204', { text: '', status: 204 }, { token: invalid, certificate: invalid, director: invalid }],
    ['JSON of another kind', { json: { status: 'ok' } }, { token: invalid, certificate: invalid, director: invalid }],
    ['a list', { json: [] }, { token: invalid, certificate: invalid, director: invalid }],
    ['data that is a list', { json: { data: [] } }, { token: invalid, certificate: invalid, director: invalid }],
    [
      'data without what was asked for',
      { json: { data: {} } },
      { token: invalid, certificate: invalid, director: invalid },
    ],
    [
      'a body cut short',
      { cut: { data: { viewer: { id: 'r', type: 'RUNTIME' } } } },
      { token: unreachable, certificate: unreachable, director: unreachable },
    ],
    ['a closed connection', { reset: true }, { token: unreachable, certificate: unreachable, director: unreachable }],
    [
      'a body over the limit',
      { text: ' '.repeat(200_000) },
      { token: tooLarge, certificate: tooLarge, director: tooLarge },
    ],
  ];

  it.each(cases)('by %s is told apart at each door', async (_, reply, expected) => {
    fake.reply(() => reply);
    for (const door of ['token', 'certificate', 'director'] as const) {
      const error = await knock(door);
      expect(error, door).toBeInstanceOf(AgentError);
      expect(error, door).toMatchObject(expected[door]);
    }
    expect(fake.requests).toHaveLength(3);
  });

  it.each([
    ['silence', { hang: true } as const, 'timeout', 'got no answer in time'],
    ['a body without an end', { drip: true } as const, 'stalled', 'did not end in time'],
  ])('by %s ends with the timeout, and says how far it came', async (_, reply, kind, what) => {
    fake.reply(() => reply);
    expect(await knock('token', fake.url, 300)).toMatchObject({
      ...unreachable,
      message: expect.stringContaining(what),
      details: { sent: true, kind },
    });
  });

  it.each([
    ['a port that nobody listens on', 'https://127.0.0.1:1/director/graphql'],
    ['a host that does not exist', 'https://compass.invalid/director/graphql'],
  ])('by %s says that nothing was sent', async (_, url) => {
    expect(await knock('token', url)).toMatchObject({ ...unreachable, details: { sent: false } });
  });

  it('says after how long to come back, in seconds or by date', async () => {
    fake.reply(() => ({ status: 429, text: '', headers: { 'retry-after': '30' } }));
    expect(await knock('director')).toMatchObject({ retryAfterMs: 30_000 });
    fake.reply(() => ({ status: 503, text: '', headers: { 'retry-after': 'Sun, 06 Nov 1994 08:49:37 GMT' } }));
    expect(await knock('director')).toMatchObject({ retryAfterMs: 0 });
  });

  it('names operation, host, code and the message, and both possibilities of a refusal', async () => {
    fake.reply(() => withErrors(23, ['viewer']));
    const error = await knock('director');
    expect(error).toMatchObject({
      message: `Asking UCL whom the client certificate belongs to (${new URL(fake.url).host}) was answered with an error: Something [reason=why]`,
      remedy: expect.stringMatching(/revoked.*deregistered.*tenant.*outage/),
      details: { operation: 'Viewer', host: new URL(fake.url).host, code: 23, status: 200 },
    });
  });

  it('by an abort is CompassUnreachable and says so', async () => {
    const { connectors } = createCompass(buildCompassOptions(), openMtlsExchange);
    const abort = new AbortController();
    fake.reply(() => {
      abort.abort();
      return { hang: true };
    });
    const asked = connectors.withToken(fake.url, 'token').fetchConfiguration(abort.signal);
    await expect(asked).rejects.toMatchObject({ reason: 'CompassUnreachable', details: { aborted: true } });
  });
});

describe('a failing TLS handshake', () => {
  it('with a server that nobody vouches for is CompassUnreachable with a remedy, and nothing was sent', async () => {
    const stranger = await startFakeCompass({ trusted: false });
    stranger.reply(() => ({ json: {} }));
    const error = await knock('token', stranger.url);
    const tolerant = createCompass(buildCompassOptions({ skipTlsVerify: true }), openMtlsExchange);
    await tolerant.connectors
      .withToken(stranger.url, 'token')
      .fetchConfiguration(signal)
      .catch(() => undefined);
    await stranger.stop();
    expect(error).toMatchObject({
      reason: 'CompassUnreachable',
      remedy: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
      details: { sent: false },
    });
    expect(stranger.requests).toHaveLength(1);
  });

  it('with a server that demands a certificate is CompassRefused where ours is none that it takes', async () => {
    const mutual = await startFakeCompass({ mutual: true });
    const { directors } = createCompass(buildCompassOptions(), openMtlsExchange);
    const prove = (credential: ClientCredential) =>
      directors.prove(anAccess({ directorUrl: mutual.url, credential }), signal);
    const nothing = { certificatePem: '', chainPem: '', privateKeyPem: '' };
    await expect(prove(nothing)).rejects.toMatchObject({ reason: 'CompassRefused', details: { sent: false } });
    const mismatched = { ...mutual.credential, privateKeyPem: mutual.foreignCredential.privateKeyPem };
    await expect(prove(mismatched)).rejects.toMatchObject({
      reason: 'CompassRefused',
      remedy: expect.stringContaining('cannot be used together'),
    });
    for (const credential of [mutual.foreignCredential, mutual.expiredCredential]) {
      await expect(prove(credential)).rejects.toBeInstanceOf(AgentError);
    }
    expect(mutual.requests).toEqual([]);
    await mutual.stop();
  });
});
