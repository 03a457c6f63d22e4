import { setTimeout as sleep } from 'node:timers/promises';
import { isAgentError } from '../../../agent/errors/agent-error.ts';
import type { KubeClient } from '../../../agent/kube/api/kube-client.ts';
import type { Selection } from '../../../agent/kube/api/selection.ts';
import { isJsonObject, type JsonObject } from '../../servers/kube-api/kube-object.ts';

/** `all` comes first and whenever the stream had to begin anew. */
export type Sighting =
  | { what: 'all'; objects: JsonObject[] }
  | { what: 'present'; object: JsonObject }
  | { what: 'gone'; object: JsonObject };

const streamMs = 300_000;
const pauseMs = 1_000;

/** Tells what a selection holds and every change of it, until the signal aborts, which throws its reason. */
export async function* followObjects(
  client: KubeClient,
  selection: Selection,
  signal: AbortSignal,
): AsyncGenerator<Sighting, never> {
  for (;;) {
    try {
      const { items, resourceVersion } = await client.list(selection, 500, signal);
      yield { what: 'all', objects: items.filter(isJsonObject) };
      const timings = { serverTimeoutMs: streamMs, connectTimeoutMs: 10_000, silenceMs: 2 * streamMs };
      for await (const message of client.watch(selection, { resourceVersion, ...timings }, signal)) {
        if (message.type === 'OPEN' || message.type === 'BOOKMARK' || !isJsonObject(message.object)) continue;
        yield { what: message.type === 'DELETED' ? 'gone' : 'present', object: message.object };
      }
    } catch (error: unknown) {
      signal.throwIfAborted();
      if (!isAgentError(error)) throw error;
      await sleep(pauseMs, undefined, { signal });
    }
  }
}
