import { classifyAnswer, classifyNetworkError } from './classify-answer.ts';
import { KubeError } from './kube-error.ts';
import type { Attempt } from './kube-failure.ts';
import { readAnswer } from './read-answer.ts';
import { readLines } from './read-lines.ts';
import { podType, toResourcePath } from './resource-type.ts';
import type { Connection } from './send-request.ts';

export interface PodLogRequest {
  readonly namespace: string;
  readonly name: string;
  readonly container: string;
  /** How many lines of the past. */
  readonly tailLines: number;
  /** Goes on until the container ends, or the signal aborts. */
  readonly follow: boolean;
}

/** The log of a container, line by line. Everything but an abort throws a KubeError. */
export async function* readPodLog(
  { exchange }: Pick<Connection, 'exchange'>,
  { namespace, name, container, tailLines, follow }: PodLogRequest,
  signal: AbortSignal,
): AsyncGenerator<string, void> {
  const attempt: Attempt = { verb: 'get', type: podType, subresource: 'log', namespace, name };
  const query = new URLSearchParams({ container, tailLines: String(tailLines), ...(follow ? { follow: 'true' } : {}) });
  const path = `${toResourcePath(podType, namespace, name)}/log?${query.toString()}`;
  try {
    const stream = await exchange.send({ method: 'GET', path, answer: 'stream', signal });
    if (stream.status !== 200) throw new KubeError(classifyAnswer(attempt, await readAnswer(stream)));
    yield* readLines(stream.body, () => undefined);
  } catch (error: unknown) {
    signal.throwIfAborted();
    throw error instanceof KubeError ? error : new KubeError(classifyNetworkError(attempt, exchange, error));
  }
}
