import { isAgentError } from '../../errors/agent-error.ts';
import type { Time } from '../../time/time.ts';
import { type Answer, classifyAnswer, classifyNetworkError } from './classify-answer.ts';
import type { Exchange, ExchangeRequest } from './exchange.ts';
import { KubeError } from './kube-error.ts';
import type { Attempt } from './kube-failure.ts';
import { parseAnswerJson, readAnswer } from './read-answer.ts';
import { superviseExchange } from './supervise-exchange.ts';

/** The way to the API server, and the clock on which is waited for it. */
export interface Connection {
  readonly exchange: Exchange;
  readonly time: Time;
}

export interface ApiRequest {
  readonly attempt: Attempt;
  readonly method: ExchangeRequest['method'];
  /** Path and query. */
  readonly path: string;
  readonly body?: unknown;
  /** For the whole answer. */
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 15_000;
/** The API server asks for patience with 429 and Retry-After before it has done anything. */
const busyAttempts = 4;
const maxRetryAfterMs = 10_000;

/**
 * One request, and its answer as JSON. Waits and tries again when the API server is busy and says for how long.
 * Everything but an abort throws a KubeError, or `LeadershipLost` where the way is guarded.
 */
export async function sendRequest(connection: Connection, request: ApiRequest, signal: AbortSignal): Promise<unknown> {
  const { attempt } = request;
  for (let tries = 1; ; tries += 1) {
    const answer = await sendOnce(connection, request, signal);
    const { status, retryAfterMs } = answer;
    if (status < 300) return parseAnswerJson(attempt, answer.text);
    if (status !== 429 || retryAfterMs === undefined || tries === busyAttempts) {
      throw new KubeError(classifyAnswer(attempt, answer, request.body));
    }
    const { time } = connection;
    await time.sleepUntil(time.instant() + Math.min(retryAfterMs, maxRetryAfterMs), signal);
    signal.throwIfAborted();
  }
}

async function sendOnce(
  { exchange, time }: Connection,
  { attempt, method, path, body, timeoutMs = defaultTimeoutMs }: ApiRequest,
  signal: AbortSignal,
): Promise<Answer> {
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  const supervision = superviseExchange(time, signal);
  try {
    supervision.expect(timeoutMs, 'timeout');
    const request = { method, path, ...content, answer: 'whole', signal: supervision.signal } as const;
    return await readAnswer(await exchange.send(request));
  } catch (error: unknown) {
    signal.throwIfAborted();
    throw isAgentError(error) ? error : new KubeError(classifyNetworkError(attempt, exchange, error));
  } finally {
    supervision.end();
  }
}
