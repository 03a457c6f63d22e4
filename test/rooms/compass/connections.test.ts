import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { createCompass } from '../../../agent/compass/create-compass.ts';
import type { Director } from '../../../agent/loop/ports.ts';
import { buildCompassOptions, createRecordingLogger } from './compass-options.ts';
import { type FakeCompass, startFakeCompass } from './start-fake-compass.ts';

const signal = new AbortController().signal;
const known = { json: { data: { viewer: { id: 'r', type: 'RUNTIME' } } } };
let fake: FakeCompass;
const opened: Director[] = [];

beforeAll(async () => {
  fake = await startFakeCompass({ mutual: true });
});
afterEach(async () => {
  for (const director of opened.splice(0)) director.close();
  await vi.waitFor(() => expect(fake.openConnections()).toBe(0));
});
afterAll(() => fake.stop());

function createDirector(changes = {}) {
  const { director } = createCompass(buildCompassOptions(changes));
  const made = director({ directorUrl: fake.url, pair: fake.pair, runtimeId: 'r', tenant: 'tenant' });
  opened.push(made);
  return made;
}

it('presents the certificate, the tenant, the request id and who asks, and no Authorization', async () => {
  fake.reply(() => known);
  fake.requests.length = 0;
  await createDirector().proveIdentity(signal);
  expect(fake.requests[0]).toMatchObject({
    client: 'CN=client',
    headers: { tenant: 'tenant', 'x-request-id': 'runtime_1', 'user-agent': 'ucl-agent/test' },
  });
  expect(fake.requests[0]?.headers.authorization).toBeUndefined();
});

it('sends the Connector a token and never a tenant', async () => {
  fake.reply(() => ({ text: '', status: 400 }));
  fake.requests.length = 0;
  const { connectors } = createCompass(buildCompassOptions());
  const open = await startFakeCompass();
  open.reply(() => ({ text: '', status: 400 }));
  await connectors
    .withToken(open.url, 'the-token')
    .fetchConfiguration(signal)
    .catch(() => undefined);
  await connectors
    .withCertificate(fake.url, fake.pair)
    .fetchConfiguration(signal)
    .catch(() => undefined);
  expect(open.requests[0]?.headers).toMatchObject({ 'connector-token': 'the-token' });
  for (const { headers } of [...open.requests, ...fake.requests]) expect(headers.tenant).toBeUndefined();
  expect(fake.requests[0]?.headers['connector-token']).toBeUndefined();
  await open.stop();
});

it('keeps one connection for many requests and drops it on close', async () => {
  fake.reply(() => known);
  const director = createDirector();
  for (let request = 0; request < 5; request += 1) await director.proveIdentity(signal);
  expect(fake.openConnections()).toBe(1);
  director.close();
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
  const director = createDirector();
  const running = director.proveIdentity(signal);
  await arrived;
  director.close();
  gate.dispatchEvent(new Event('release'));
  await expect(running).resolves.toBeUndefined();
  await vi.waitFor(() => expect(fake.openConnections()).toBe(0));
});

it('asks once more when the server closes a kept connection under a request', async () => {
  fake.reply(() => known);
  const director = createDirector();
  await director.proveIdentity(signal);
  let resets = 0;
  fake.reply(() => {
    resets += 1;
    return resets === 1 ? { reset: true } : known;
  });
  await expect(director.proveIdentity(signal)).resolves.toBeUndefined();
  fake.reply(() => ({ reset: true }));
  await expect(director.proveIdentity(signal)).rejects.toMatchObject({ reason: 'CompassUnreachable' });
  director.close();
});

it('logs requests by name, size and duration where that is wanted, and nothing otherwise', async () => {
  fake.reply(() => known);
  const lines: string[] = [];
  const log = createRecordingLogger(lines);
  await createDirector({ log }).proveIdentity(signal);
  expect(lines).toEqual([]);
  await createDirector({ log, queryLogging: true }).proveIdentity(signal);
  expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
    {
      message: 'Asked Compass',
      operation: 'Viewer',
      host: new URL(fake.url).host,
      requestId: 'runtime_1',
      status: 200,
      answeredCharacters: JSON.stringify(known.json).length,
      durationMs: expect.any(Number),
    },
  ]);
});
