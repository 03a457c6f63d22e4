import { describe, expect, test } from 'vitest';
import type { Exchange, ExchangeAnswer } from '../../../agent/compass/exchange.ts';
import { type AskedCall, createGraphqlTransport } from '../../../agent/compass/graphql-transport.ts';
import { TransportError } from '../../../agent/compass/wire-failure.ts';
import { recordLog } from '../../data/builders/record-log.ts';

const viewer = { operation: 'Viewer', text: 'query Viewer { viewer { id type } }' };
const never = new AbortController().signal;

function answer(status: number, body: object): () => Promise<ExchangeAnswer> {
  const text = new TextEncoder().encode(JSON.stringify(body));
  return async () => ({ status, headers: { 'content-type': 'application/json' }, body: text });
}

/** What is told of one request that UCL answers like that, on a clock that moves by 250 ms with each look. */
async function ask(send: Exchange['send']): Promise<AskedCall[]> {
  const calls: AskedCall[] = [];
  let instant = 0;
  const transport = createGraphqlTransport(
    {
      api: 'director',
      url: 'https://director.example.test/graphql',
      headers: {},
      correlationId: () => 'runtime_1',
      queryLogging: false,
      maxAnswerWeight: 1_000_000,
      onAsked: (call) => calls.push(call),
      log: recordLog(),
      time: {
        now: () => new Date(0),
        instant: () => {
          instant += 250;
          return instant;
        },
      },
    },
    { send, close: () => undefined },
  );
  await transport.send(viewer, {}, never).catch(() => undefined);
  return calls;
}

const error = { message: 'no', extensions: { error_code: 20 } };

describe('a request to UCL is told once, with its time and how it ended:', () => {
  test.each<[string, Exchange['send']]>([
    ['Success', answer(200, { data: { viewer: { id: 'r', type: 'RUNTIME' } } })],
    ['AnsweredWithErrors', answer(200, { data: { viewer: null }, errors: [error] })],
    ['RateLimited', answer(429, {})],
    ['CompassUnreachable', answer(503, {})],
    ['CompassRefused', answer(401, {})],
    ['InvalidAnswer', answer(200, { nothing: true })],
    [
      'Abandoned',
      async () => {
        throw new TransportError({ kind: 'transport', cause: 'aborted', errno: undefined, sent: true });
      },
    ],
    [
      'CompassUnreachable',
      async () => {
        throw new TransportError({ kind: 'transport', cause: 'timeout', errno: undefined, sent: true });
      },
    ],
  ])('%s', async (outcome, send) => {
    expect(await ask(send)).toEqual([{ api: 'director', operation: 'Viewer', outcome, durationMs: 250 }]);
  });
});
