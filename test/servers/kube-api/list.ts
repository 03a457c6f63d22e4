import { type JsonObject, type KubeObject, serialize } from './kube-object.ts';
import { apiVersionOf, type ResourceType } from './resource-type.ts';
import { parseFieldSelector, parseLabelSelector, type Selector } from './selectors.ts';
import { badRequest, continueExpired, expired } from './status-error.ts';
import { type Storage, storageKey } from './storage.ts';

/** One page of a list. */
export interface Page {
  items: KubeObject[];
  metadata: JsonObject;
}

/** Which objects of a resource a list or watch is about; namespace "" means all of them. */
export function toSelector(type: ResourceType, namespace: string, query: URLSearchParams): Selector {
  const byLabel = parseLabelSelector(query.get('labelSelector') ?? '');
  const byField = parseFieldSelector(query.get('fieldSelector') ?? '', type.selectableFields);
  return (object) =>
    (namespace === '' || object.metadata.namespace === namespace) && byLabel(object) && byField(object);
}

/** Parses a resourceVersion; undefined where none is asked for. */
export function parseVersion(text: string | null): number | undefined {
  if (text === null || text === '') return undefined;
  const version = Number(text);
  if (!Number.isSafeInteger(version) || version < 0)
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`,
    );
  return version;
}

/** Answers a list: pages go by `limit` and `continue`, and all pages of a list show the same moment. */
export function listObjects(storage: Storage, type: ResourceType, namespace: string, query: URLSearchParams): Page {
  const selects = toSelector(type, namespace, query);
  const token = query.get('continue') ?? '';
  const from = token === '' ? undefined : decodeContinue(token);
  if (from !== undefined && !['', '0'].includes(query.get('resourceVersion') ?? '')) {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  const version = from === undefined ? versionToList(storage, query) : versionToContinue(storage, from);
  const limit = toLimit(query);
  const start = from?.start ?? '';
  const matching = storage
    .list(storageKey(type), version)
    .filter((object) => sortKey(object) > start)
    .map((object) => type.present(object))
    .filter(selects);
  const items = limit > 0 ? matching.slice(0, limit) : matching;
  const metadata: JsonObject = { resourceVersion: String(version) };
  const last = items.at(-1);
  if (last !== undefined && items.length < matching.length) {
    metadata.continue = encodeContinue({ version, start: sortKey(last) });
    // With a selector the real server cannot know how many are left, and says nothing.
    if (!query.get('labelSelector') && !query.get('fieldSelector')) {
      metadata.remainingItemCount = matching.length - items.length;
    }
  }
  return { items, metadata };
}

/** Version 0 asks for whatever is at hand, and the real server has only whole lists at hand. */
function toLimit(query: URLSearchParams): number {
  const anyVersion = query.get('resourceVersion') === '0' && query.get('resourceVersionMatch') !== 'Exact';
  return anyVersion ? 0 : Number(query.get('limit') ?? 0);
}

/** The version of the first page; where that is forgotten, 410 offers a token that goes on with the list of now. */
function versionToContinue(storage: Storage, { version, start }: ContinueToken): number {
  if (version === INCONSISTENT) return storage.version;
  if (!storage.hasForgotten(version)) return version;
  throw continueExpired(encodeContinue({ version: INCONSISTENT, start }));
}

function versionToList(storage: Storage, query: URLSearchParams): number {
  const wanted = parseVersion(query.get('resourceVersion'));
  if (wanted === undefined) return storage.version;
  storage.assertNotFuture(wanted);
  if (query.get('resourceVersionMatch') !== 'Exact') return storage.version;
  if (storage.hasForgotten(wanted)) throw expired('The resourceVersion for the provided list is too old.');
  return wanted;
}

/** In a continue token: not as of a version, but as of when it is used. */
const INCONSISTENT = 0;

interface ContinueToken {
  version: number;
  start: string;
}

function sortKey(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

function encodeContinue({ version, start }: ContinueToken): string {
  return Buffer.from(`${version} ${start}`).toString('base64url');
}

function decodeContinue(token: string): ContinueToken {
  const [, version, start] = /^(\d+) (.+)$/.exec(Buffer.from(token, 'base64url').toString()) ?? [];
  if (version === undefined || start === undefined)
    throw badRequest('invalid continue token: continue key is not valid');
  return { version: Number(version), start };
}

/** A page as JSON text, put together from the remembered text of each object. */
export function serializeList(type: ResourceType, page: Page): string {
  // Lists of custom resources have `continue` also on their last page.
  const metadata = type.custom ? { continue: '', ...page.metadata } : page.metadata;
  const head = JSON.stringify({ kind: type.listKind, apiVersion: apiVersionOf(type), metadata });
  const items = page.items.map((object) => (type.custom ? serialize(object) : serializeWithoutKind(object)));
  return `${head.slice(0, -1)},"items":[${items.join(',')}]}`;
}

const withoutKind = new WeakMap<KubeObject, string>();

/** Items of built-in lists carry no kind and apiVersion on the real server: clients must not rely on them. */
function serializeWithoutKind(object: KubeObject): string {
  const known = withoutKind.get(object);
  if (known !== undefined) return known;
  const { apiVersion: _, kind: __, ...rest } = object;
  const text = JSON.stringify(rest);
  withoutKind.set(object, text);
  return text;
}
