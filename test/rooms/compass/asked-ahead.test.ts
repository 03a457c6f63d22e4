import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { createCompass } from '../../../agent/compass/create-compass.ts';
import { createGraphqlTransport } from '../../../agent/compass/graphql-transport.ts';
import { openMtlsExchange } from '../../../agent/compass/open-mtls-exchange.ts';
import { readAhead } from '../../../agent/compass/read-ahead.ts';
import { TransportError } from '../../../agent/compass/wire-failure.ts';
import { anAccess } from '../../data/builders/an-access.ts';
import { buildCompassOptions } from '../../data/builders/build-compass-options.ts';
import { createCertificateAuthority, loopback } from '../../data/builders/create-certificate-authority.ts';
import { aSystemText, toLandscapeText } from '../../data/builders/hostile-answers.ts';
import type { AnsweringThread } from './answering-thread.ts';

const neverAborted = new AbortController().signal;

/** A server in a thread of its own, and how many requests it has seen. */
async function startThread() {
  const authority = await createCertificateAuthority({ name: 'CN=Thread' });
  const tls = await authority.issue({ ...loopback, use: { server: ['127.0.0.1'] } });
  const seen = new Int32Array(new SharedArrayBuffer(4));
  const workerData: AnsweringThread = { tls, seen };
  const worker = new Worker(new URL('answering-thread.ts', import.meta.url), { workerData });
  const [{ port }] = (await once(worker, 'message')) as [{ port: number }];
  return { url: `https://127.0.0.1:${port}`, seen, stop: () => worker.terminate() };
}

it('the next page is on the wire before this one is read, which holds up everything else', async () => {
  const { url, seen, stop } = await startThread();
  const options = buildCompassOptions({ skipTlsVerify: true });
  const exchange = openMtlsExchange({ ...options, credential: undefined, keepAlive: true });
  const transport = createGraphqlTransport(
    { ...options, api: 'director', url, headers: {}, maxAnswerWeight: 1_000 },
    exchange,
  );
  const pages = 4;
  const waited: string[] = [];
  try {
    await readAhead(
      async ({ offset }, signal) => {
        await transport.send({ operation: 'Page', text: 'query Page { a }' }, {}, signal);
        const isLast = offset === pages - 1;
        return {
          head: { totalCount: pages, hasNextPage: !isLast, endCursor: isLast ? '' : `${offset + 1}` },
          count: 1,
          takeItems() {
            // Until the server has seen the next request, on its own thread; this one does nothing meanwhile.
            if (!isLast) waited.push(Atomics.wait(seen, 0, offset + 1, 5_000));
            return [{ id: `${offset}` }];
          },
        };
      },
      () => undefined,
      neverAborted,
    );
  } finally {
    exchange.close();
    await stop();
  }
  expect(waited).toHaveLength(pages - 1);
  expect(waited).not.toContain('timed-out');
});

interface Asked {
  readonly after: string;
  readonly first: number;
}

/** A Director whose answers are these texts by their cursors; a page without one comes only when it is given up. */
function stage(answer: (asked: Asked) => string | undefined) {
  const asked: string[] = [];
  const outcomes: string[] = [];
  let open = 0;
  const { directors } = createCompass(
    buildCompassOptions({ onAsked: ({ outcome }) => outcomes.push(outcome) }),
    () => ({
      async send({ body, signal }) {
        const { variables }: { variables: Asked } = JSON.parse(body);
        asked.push(`${variables.after}+${variables.first}`);
        open += 1;
        try {
          const text = answer(variables);
          if (text === undefined) await new Promise((resolve) => signal?.addEventListener('abort', resolve));
          if (signal?.aborted === true || text === undefined) {
            throw new TransportError({ kind: 'transport', cause: 'aborted', errno: undefined, sent: true });
          }
          const headers = { 'content-type': 'application/json' };
          return { status: 200, headers, body: new Uint8Array(Buffer.from(text)) };
        } finally {
          open -= 1;
        }
      },
      close: () => undefined,
    }),
  );
  return { asked, outcomes, read: () => directors.current(anAccess()).readLandscape(neverAborted), open: () => open };
}

const toPage = (systems: readonly string[], total: number, next = '') =>
  toLandscapeText(systems.join(','), '{}', total, `"pageInfo":{"endCursor":"${next}","hasNextPage":${next !== ''}}`);

describe('a page of the landscape that fails after the next one was asked for', () => {
  it.each([
    ['is no JSON', '{"id":one}', 'it is not JSON as GraphQL has it'],
    ['has no name', '{"id":"b"}', '`applicationsForRuntime.data.1.name` is missing or of the wrong kind'],
  ])('is what is told, and the next one is given up, where a system in it %s', async (_, system, problem) => {
    const { asked, outcomes, read, open } = stage(({ after }) =>
      after === '' ? toPage([aSystemText('a'), system], 3, '2') : undefined,
    );
    await expect(read()).rejects.toMatchObject({
      reason: 'InvalidAnswer',
      message: expect.stringContaining(problem),
    });
    expect(asked).toEqual(['+200', '2+200']);
    expect(outcomes).toEqual(['Success', 'Abandoned']);
    expect(open()).toBe(0);
  });

  it('has the landscape read again where a system came before, and by then nothing is under way', async () => {
    const pages = new Map([
      ['', toPage([aSystemText('a')], 3, '1')],
      ['1', toPage([aSystemText('a')], 3, '2')],
    ]);
    const { outcomes, read, open } = stage(({ after }) => pages.get(after));
    await expect(read()).rejects.toMatchObject({ reason: 'LandscapeMoving' });
    const once = ['Success', 'Success', 'Abandoned'];
    expect(outcomes).toEqual([...once, ...once]);
    expect(open()).toBe(0);
  });
});

it('a page with errors is read, and what spoils it found, before the next one is asked for', async () => {
  const systems = ['a', 'b', 'c', 'd', 'e'].map((id) => aSystemText(id));
  const { asked, read } = stage(({ after, first }) => {
    const start = Number(after || '0');
    // The first page has no more than four, whatever is asked for.
    const end = start < 4 ? Math.min(start + first, 4) : 5;
    const text = toPage(systems.slice(start, end), 5, end < 5 ? `${end}` : '');
    if (start > 1 || end < 2) return text;
    const errors = Array.from({ length: end - start }, (_, index) => ({
      message: 'no',
      path: ['applicationsForRuntime', 'data', index],
    }));
    return text.replace('{"data"', `{"errors":${JSON.stringify(errors)},"data"`);
  });
  const { applications, gaps } = await read();
  expect([applications.length, gaps.length]).toEqual([4, 1]);
  expect(asked.at(-1)).toBe('4+200');
  expect(asked.filter((position) => position === '4+200')).toHaveLength(1);
  expect(asked.length).toBeGreaterThan(3);
});
