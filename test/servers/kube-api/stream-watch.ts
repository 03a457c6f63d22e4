import type { ServerResponse } from 'node:http';
import { CUSTOM_RESOURCE_DEFINITIONS } from './built-in-resources.ts';
import type { JsonObject, KubeObject } from './kube-object.ts';
import { parseVersion, toSelector } from './list.ts';
import { apiVersionOf, type ResourceType } from './resource-type.ts';
import type { Selector } from './selectors.ts';
import { qualifiedName, StatusError } from './status-error.ts';
import { type Storage, type StorageEvent, storageKey } from './storage.ts';

export interface WatchRequest {
  type: ResourceType;
  /** "" watches all namespaces. */
  namespace: string;
  query: URLSearchParams;
  bookmarkIntervalMs: number;
  /** How an object goes out: itself, or a table with one row. */
  render(object: KubeObject): string;
}

const DEFAULT_TIMEOUT_SECONDS = 30 * 60;
/** The last bookmark comes so long before the end, as on the real server. */
const LAST_BOOKMARK_MS = 2_000;

/** Streams the changes of a resource as JSON lines until the client goes, its `timeoutSeconds` pass, or the kind ends. */
export function streamWatch(storage: Storage, request: WatchRequest, response: ServerResponse): void {
  const { type, namespace, query, render } = request;
  const selects = toSelector(type, namespace, query);
  const write = (kind: string, text: string) => response.write(`{"type":"${kind}","object":${text}}\n`);
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();

  let sentVersion: number;
  try {
    sentVersion = sendBacklog(storage, request, selects, write);
  } catch (error: unknown) {
    if (!(error instanceof StatusError)) throw error;
    // Too late for a status line: the real server, too, tells the client within the stream.
    write('ERROR', JSON.stringify(error.status));
    response.end();
    return;
  }
  const sendBookmark = () => write('BOOKMARK', toBookmark(type, storage.version, {}));
  if (query.get('sendInitialEvents') === 'true' && query.get('allowWatchBookmarks') === 'true') {
    write('BOOKMARK', toBookmark(type, sentVersion, { annotations: { 'k8s.io/initial-events-end': 'true' } }));
  }

  const stop = storage.subscribe((event) => {
    // With another schema the objects may look different: clients have to start over, as on the real server.
    if (changesDefinition(event, type)) response.end();
    if (event.resource !== storageKey(type)) return;
    const change = toChange(event, type, selects);
    if (change !== undefined) write(change.kind, render(change.object));
  });
  const wantsBookmarks = query.get('allowWatchBookmarks') === 'true';
  const bookmarks = wantsBookmarks ? setInterval(sendBookmark, request.bookmarkIntervalMs) : undefined;
  const timeoutSeconds = Number(query.get('timeoutSeconds') ?? 0) || DEFAULT_TIMEOUT_SECONDS;
  const timeoutMs = timeoutSeconds * 1000;
  const timeout = setTimeout(() => response.end(), timeoutMs);
  const lastBookmark =
    wantsBookmarks && timeoutMs > LAST_BOOKMARK_MS ? setTimeout(sendBookmark, timeoutMs - LAST_BOOKMARK_MS) : undefined;
  response.once('close', () => {
    stop();
    clearInterval(bookmarks);
    clearTimeout(timeout);
    clearTimeout(lastBookmark);
  });
}

/** Sends what the client has missed, or all that is there, and returns the version that this leads up to. */
function sendBacklog(
  storage: Storage,
  { type, query, render }: WatchRequest,
  selects: Selector,
  write: (kind: string, text: string) => void,
): number {
  const from = parseVersion(query.get('resourceVersion')) ?? 0;
  if (from === 0 || query.get('sendInitialEvents') === 'true') {
    for (const stored of storage.list(storageKey(type))) {
      const object = type.present(stored);
      if (selects(object)) write('ADDED', render(object));
    }
    return storage.version;
  }
  for (const event of storage.since(from)) {
    const change = event.resource === storageKey(type) ? toChange(event, type, selects) : undefined;
    if (change !== undefined) write(change.kind, render(change.object));
  }
  return storage.version;
}

function changesDefinition({ type: kind, resource, object, previous }: StorageEvent, type: ResourceType): boolean {
  if (resource !== storageKey(CUSTOM_RESOURCE_DEFINITIONS) || object.metadata.name !== qualifiedName(type))
    return false;
  return object.metadata.generation !== previous?.metadata.generation || kind === 'DELETED';
}

interface Change {
  kind: StorageEvent['type'];
  object: KubeObject;
}

/**
 * An object that comes to match a selector is ADDED to the watch, one that ceases to is DELETED from it: as it was when
 * it matched, with the version of the change.
 */
function toChange(event: StorageEvent, type: ResourceType, selects: Selector): Change | undefined {
  const object = type.present(event.object);
  const previous = event.previous === undefined ? undefined : type.present(event.previous);
  const matched = previous !== undefined && selects(previous);
  if (event.type !== 'DELETED' && selects(object)) return { kind: matched ? 'MODIFIED' : 'ADDED', object };
  if (!matched) return undefined;
  const { resourceVersion = '' } = object.metadata;
  return { kind: 'DELETED', object: { ...previous, metadata: { ...previous.metadata, resourceVersion } } };
}

function toBookmark(type: ResourceType, version: number, metadata: JsonObject): string {
  return JSON.stringify({
    kind: type.kind,
    apiVersion: apiVersionOf(type),
    metadata: { resourceVersion: String(version), ...metadata },
  });
}
