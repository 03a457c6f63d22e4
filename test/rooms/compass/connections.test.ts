import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { createCompass } from '../../../agent/compass/create-compass.ts';
import { openMtlsExchange } from '../../../agent/compass/open-mtls-exchange.ts';
import type { Directors } from '../../../agent/connection/ports.ts';
import { anAccess } from '../../data/builders/an-access.ts';
import { buildCompassOptions } from '../../data/builders/build-compass-options.ts';
import { recordLog } from '../../data/builders/record-log.ts';
import { type FakeCompass, startFakeCompass } from './start-fake-compass.ts';

const signal = new AbortController().signal;
const known = { json: { data: { viewer: { id: 'r', type: 'RUNTIME' } } } };
let fake: FakeCompass;
const opened: Directors[] = [];

beforeAll(async () => {
  fake = await startFakeCompass({ mutual: true });
});
afterEach(async () => {
  for (const directors of opened.splice(0)) directors.close();
  await vi.waitFor(() => expect(fake.openConnections()).toBe(0));
});
afterAll(() => fake.stop());

function createDirector(changes = {}) {
  const { directors } = createCompass(buildCompassOptions(changes), openMtlsExchange);
  opened.push(directors);
  return { directors, director: directors.current(presentAccess()) };
}

const presentAccess = () => anAccess({ directorUrl: fake.url, credential: fake.credential, tenant: 'tenant' });

it('presents the certificate, the tenant, the request id and who asks, and no Authorization', async () => {
  fake.reply(() => known);
  fake.requests.length = 0;
  await createDirector().director.proveIdentity(signal);
  expect(fake.requests[0]).toMatchObject({
    client: 'CN=client',
    headers: { tenant: 'tenant', 'x-request-id': 'runtime_1', 'user-agent': 'ucl-agent/test' },
  });
  expect(fake.requests[0]?.headers.authorization).toBeUndefined();
});

it('sends the Connector a token and never a tenant', async () => {
  fake.reply(() => ({ text: '', status: 400 }));
  fake.requests.length = 0;
  const { connectors } = createCompass(buildCompassOptions(), openMtlsExchange);
  const open = await startFakeCompass();
  open.reply(() => ({ text: '', status: 400 }));
  await connectors
    .withToken(open.url, 'the-token')
    .fetchConfiguration(signal)
    .catch(() => undefined);
  await connectors
    .withCertificate(fake.url, fake.credential)
    .fetchConfiguration(signal)
    .catch(() => undefined);
  expect(open.requests[0]?.headers).toMatchObject({ 'connector-token': 'the-token' });
  for (const { headers } of [...open.requests, ...fake.requests]) expect(headers.tenant).toBeUndefined();
  expect(fake.requests[0]?.headers['connector-token']).toBeUndefined();
  await open.stop();
});

it('keeps one connection for many requests and drops it on close', async () => {
  fake.reply(() => known);
  const { director, directors } = createDirector();
  for (let request = 0; request < 5; request += 1) await director.proveIdentity(signal);
  expect(fake.openConnections()).toBe(1);
  directors.close();
  await vi.waitFor(() => expect(fake.openConnections()).toBe(0));
});

it('lets a running request end before it closes', async () => {
  const gate = new EventTarget();
  const arrived = once(gate, 'arrived');
  fake.reply(async () => {
    const released = once(gate, 'release');
    gate.dispatchEvent(new Event('arrived'));
    await released;
    return known;
  });
  const { director, directors } = createDirector();
  const running = director.proveIdentity(signal);
  await arrived;
  directors.close();
  gate.dispatchEvent(new Event('release'));
  await expect(running).resolves.toBeUndefined();
  await vi.waitFor(() => expect(fake.openConnections()).toBe(0));
});

it('gives the very same client for the same link, and lets go of it for another', async () => {
  fake.reply(() => known);
  const { director, directors } = createDirector();
  const same = { ...presentAccess(), addresses: { directorUrl: fake.url, securedConnectorUrl: 'https://moved' } };
  expect(directors.current(same)).toBe(director);
  await director.proveIdentity(signal);
  expect(fake.openConnections()).toBe(1);

  const { credential } = fake;
  const others = [
    { ...presentAccess(), addresses: { ...same.addresses, directorUrl: `${fake.url}?other` } },
    anAccess({ directorUrl: fake.url, credential, tenant: 'other' }),
    anAccess({ directorUrl: fake.url, credential, tenant: 'tenant', runtimeId: 'other' }),
    ...(['certificatePem', 'privateKeyPem', 'chainPem'] as const).map((part) =>
      anAccess({
        directorUrl: fake.url,
        credential: { ...credential, [part]: `${credential[part]}\n` },
        tenant: 'tenant',
      }),
    ),
  ];
  for (const access of others) {
    const present = directors.current(presentAccess());
    expect(directors.current(access)).not.toBe(present);
  }
  await vi.waitFor(() => expect(fake.openConnections()).toBe(0));
});

it('makes a new client after it was let go of', () => {
  const { director, directors } = createDirector();
  directors.close();
  expect(directors.current(presentAccess())).not.toBe(director);
});

it('proves a credential over a connection of its own, and closes it also after a refusal', async () => {
  fake.reply(() => known);
  const { director, directors } = createDirector();
  await director.proveIdentity(signal);
  let during = 0;
  fake.reply(() => {
    during = fake.openConnections();
    return known;
  });
  await directors.prove(presentAccess(), signal);
  expect(during).toBe(2);
  fake.reply(() => ({ status: 401, text: '' }));
  await expect(directors.prove(presentAccess(), signal)).rejects.toMatchObject({ reason: 'CompassRefused' });
  await vi.waitFor(() => expect(fake.openConnections()).toBe(1));
  expect(directors.current(presentAccess())).toBe(director);
});

it('asks once more when the server closes a kept connection under a request', async () => {
  fake.reply(() => known);
  const { director, directors } = createDirector();
  await director.proveIdentity(signal);
  let resets = 0;
  fake.reply(() => {
    resets += 1;
    return resets === 1 ? { reset: true } : known;
  });
  await expect(director.proveIdentity(signal)).resolves.toBeUndefined();
  fake.reply(() => ({ reset: true }));
  await expect(director.proveIdentity(signal)).rejects.toMatchObject({ reason: 'CompassUnreachable' });
  directors.close();
});

it.each([
  ['was idle is silent', 10_000, 2],
  ['was used just now is silent: that is the server', 1_000, 1],
])('asks on a fresh connection where one that %s', async (_, idleMs, requests) => {
  fake.reply(() => known);
  let instant = 0;
  const time = { now: () => new Date(), instant: () => instant, sleepUntil: async () => undefined };
  const { director } = createDirector({ time, requestTimeoutMs: 1_000 });
  await director.proveIdentity(signal);
  instant += idleMs;
  fake.requests.length = 0;
  fake.reply(() => (fake.requests.length === 1 ? { hang: true } : known));
  const outcome = await director.proveIdentity(signal).then(
    () => 'proven',
    () => 'failed',
  );
  expect([fake.requests.length, outcome]).toEqual([requests, requests === 2 ? 'proven' : 'failed']);
});

it('logs requests by name, size and duration where that is wanted, and nothing otherwise', async () => {
  fake.reply(() => known);
  const log = recordLog();
  await createDirector({ log }).director.proveIdentity(signal);
  expect(log.entries).toEqual([]);
  await createDirector({ log, queryLogging: true }).director.proveIdentity(signal);
  expect(log.entries).toEqual([
    {
      level: 'info',
      message: 'Asked UCL',
      fields: {
        operation: 'Viewer',
        host: new URL(fake.url).host,
        requestId: 'runtime_1',
        status: 200,
        answeredCharacters: JSON.stringify(known.json).length,
        durationMs: expect.any(Number),
      },
    },
  ]);
});
