import { classifyAnswer, classifyNetworkError, classifyStatusObject } from './classify-answer.ts';
import { KubeError } from './kube-error.ts';
import type { Attempt } from './kube-failure.ts';
import { isRecord } from './kube-object.ts';
import { parseAnswerJson, readAnswer } from './read-answer.ts';
import { readLines } from './read-lines.ts';
import { type Selection, toAttempt, toSelectionPath } from './selection.ts';
import type { Connection } from './send-request.ts';
import { GivenUpError, superviseExchange } from './supervise-exchange.ts';

export interface WatchOptions {
  readonly resourceVersion: string;
  /** The API server ends the stream after this time. */
  readonly serverTimeoutMs: number;
  readonly connectTimeoutMs: number;
  /** A stream without a byte for so long is given up: a connection that lost its other end looks just the same. */
  readonly silenceMs: number;
}

export type WatchMessage =
  /** The stream is open. */
  { type: 'OPEN' } | { type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; object: unknown };

/** One stream of a watch, to its end. Everything but an abort throws a KubeError. */
export async function* watchObjects(
  { exchange, time }: Connection,
  selection: Selection,
  options: WatchOptions,
  signal: AbortSignal,
): AsyncGenerator<WatchMessage, void> {
  const attempt = toAttempt('watch', selection);
  const path = toSelectionPath(selection, {
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: options.resourceVersion,
    timeoutSeconds: String(Math.max(1, Math.round(options.serverTimeoutMs / 1000))),
  });
  const supervision = superviseExchange(time, signal);
  try {
    supervision.expect(options.connectTimeoutMs, 'timeout');
    const stream = await exchange.send({ method: 'GET', path, answer: 'stream', signal: supervision.signal });
    supervision.expect(options.silenceMs, 'silence');
    if (stream.status !== 200) throw new KubeError(classifyAnswer(attempt, await readAnswer(stream)));
    yield { type: 'OPEN' };
    for await (const line of readLines(stream.body, supervision.heard)) yield parseMessage(attempt, line);
  } catch (error: unknown) {
    // What swallowed the stream has swallowed the kept connections to the same server too: a list on one of them would
    // wait for its whole timeout.
    if (error instanceof GivenUpError && error.why === 'silence') exchange.closeIdle();
    signal.throwIfAborted();
    throw error instanceof KubeError ? error : new KubeError(classifyNetworkError(attempt, exchange, error));
  } finally {
    supervision.end();
  }
}

function parseMessage(attempt: Attempt, line: string): WatchMessage {
  const message = parseAnswerJson(attempt, line);
  if (isRecord(message)) {
    const { type, object } = message;
    if (type === 'ERROR') throw new KubeError(classifyStatusObject(attempt, object));
    if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED' || type === 'BOOKMARK') return { type, object };
  }
  throw new KubeError({ kind: 'unreadable', attempt });
}
