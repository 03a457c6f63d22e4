import { createServer } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { decideLiveness, type LoopProgress } from '../../../agent/health/decide-liveness.ts';
import { type HealthServer, type HealthServerOptions, startHealthServer } from '../../../agent/health/health-server.ts';

let server: HealthServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function start(
  options: Partial<HealthServerOptions>,
): Promise<(path: string, method?: string) => Promise<Response>> {
  const ok = () => ({ ok: true, detail: 'Fine.' });
  const metrics = async () => ({ contentType: 'text/plain; version=0.0.4', text: 'up 1\n' });
  const started = await startHealthServer({
    port: 0,
    host: '127.0.0.1',
    liveness: ok,
    readiness: ok,
    metrics,
    ...options,
  });
  server = started;
  return (path, method = 'GET') => fetch(`http://127.0.0.1:${started.port}${path}`, { method });
}

describe('the health server', () => {
  test('answers 200 while a check is good, and 503 with the reason once it is not', async () => {
    let ready = { ok: false, detail: 'The caches are not in sync yet.' };
    const get = await start({ readiness: () => ready });
    expect((await get('/healthz')).status).toBe(200);
    const refusal = await get('/readyz?verbose');
    expect([refusal.status, await refusal.json()]).toEqual([
      503,
      { status: 'failing', detail: 'The caches are not in sync yet.' },
    ]);
    ready = { ok: true, detail: 'Ready.' };
    const approval = await get('/readyz');
    expect([approval.status, await approval.json()]).toEqual([200, { status: 'ok', detail: 'Ready.' }]);
  });

  test('a check that throws is a failing check, and tells nothing of the error', async () => {
    const get = await start({
      liveness: () => {
        throw new Error('hunter2');
      },
    });
    const answer = await get('/healthz');
    expect(answer.status).toBe(503);
    expect(await answer.text()).not.toContain('hunter2');
  });

  test('gives the metrics as they come, and 500 without a word of the error where they do not', async () => {
    let metrics = async () => ({ contentType: 'text/plain; version=0.0.4', text: 'ucl_agent_ready 1\n' });
    const get = await start({ metrics: () => metrics() });
    const answer = await get('/metrics?x');
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
      200,
      'text/plain; version=0.0.4',
      'ucl_agent_ready 1\n',
    ]);
    expect(await (await get('/metrics', 'HEAD')).text()).toBe('');
    expect((await get('/metrics', 'DELETE')).status).toBe(405);
    metrics = async () => {
      throw new Error('hunter2');
    };
    const refusal = await get('/metrics');
    expect(refusal.status).toBe(500);
    expect(await refusal.text()).not.toContain('hunter2');
  });

  test('other paths are 404 and other methods 405', async () => {
    const get = await start({});
    expect((await get('/')).status).toBe(404);
    expect((await get('/healthz/x')).status).toBe(404);
    expect((await get('/healthz', 'POST')).status).toBe(405);
    expect((await get('/healthz', 'HEAD')).status).toBe(200);
  });

  test('a taken port is told to the caller', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(start({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    other.close();
  });

  test('stopping closes connections that are kept alive', async () => {
    const get = await start({});
    await (await get('/healthz')).text();
    await server?.stop();
    server = undefined;
    await expect(get('/healthz')).rejects.toThrow();
  });
});

describe('liveness', () => {
  const idle: LoopProgress = {
    now: 1_000_000,
    lastProgressAt: 990_000,
    busySince: undefined,
    nextWakeAt: 1_005_000,
    busyLimitMs: 300_000,
    lateLimitMs: 60_000,
    farLimitMs: 2_000_000_000,
  };

  test('an idle loop that is not late is alive, however long ago its last run was', () => {
    expect(decideLiveness({ ...idle, lastProgressAt: 0 }).ok).toBe(true);
    expect(decideLiveness({ ...idle, lastProgressAt: 0, nextWakeAt: undefined }).ok).toBe(true);
  });

  test('a wake-up that never came is the end', () => {
    expect(decideLiveness({ ...idle, now: 1_065_000 }).ok).toBe(true);
    expect(decideLiveness({ ...idle, now: 1_066_000 })).toEqual({
      ok: false,
      detail: 'The next run should have started 61 s ago.',
    });
  });

  test('a wake-up planned for a time that nobody lives to see is the end', () => {
    expect(decideLiveness({ ...idle, nextWakeAt: idle.now + 2_000_000_000 }).ok).toBe(true);
    expect(decideLiveness({ ...idle, nextWakeAt: idle.now + 2_000_000_001 }).ok).toBe(false);
  });

  test('a long run is alive as long as it advances', () => {
    const busy = { ...idle, busySince: 0, nextWakeAt: 0 };
    expect(decideLiveness({ ...busy, lastProgressAt: 700_000 }).ok).toBe(true);
    expect(decideLiveness({ ...busy, lastProgressAt: 699_999 }).ok).toBe(false);
    expect(decideLiveness({ ...busy, busySince: 999_000, lastProgressAt: 0 }).ok).toBe(true);
  });
});
