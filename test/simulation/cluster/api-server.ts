import type { Chance } from '../time/chance.ts';
import type { Clock } from '../time/clock.ts';
import type { Timeline } from '../time/timeline.ts';
import { type KubeFaults, noKubeFaults } from './no-kube-faults.ts';
import { type Place, type Plural, type StoredObject, toText } from './object.ts';
import { type Change, isRefusal, type Refusal, type Snapshot, Storage } from './storage.ts';

export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body: string | undefined;
}

/** What a request asks for. */
export interface Asked {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'delete' | 'discover';
  readonly place: Place;
  readonly isStatus: boolean;
  readonly query: URLSearchParams;
  /** What it sends. */
  readonly sent: SentObject;
}

/** What a create or an update sends, or the options of a delete. */
interface SentObject extends StoredObject {
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

export interface KubeAnswer {
  readonly status: number;
  readonly body: string;
  readonly retryAfter?: string;
}

/** A write that the API server carried out, or refused. */
export interface KubeWrite {
  readonly at: number;
  /** Which agent; undefined: a person, or the cluster itself. */
  readonly agent: string | undefined;
  readonly verb: 'create' | 'update' | 'delete';
  readonly place: Place;
  readonly isStatus: boolean;
  readonly before: StoredObject | undefined;
  readonly after: StoredObject | undefined;
  readonly isRefused: boolean;
  /** A webhook changed on its way what the agent wrote. */
  readonly isRewritten: boolean;
}

const collectionDelayMs = 700;

/** The API server in memory: each request takes effect at one instant. */
export class ApiServer {
  readonly storage: Storage;
  faults: KubeFaults = noKubeFaults();
  readonly onWrite: ((write: KubeWrite) => void)[] = [];
  readonly onChange: ((change: Change) => void)[] = [];
  /** Cuts each watch that is open. */
  readonly streams = new Set<() => void>();
  /**
   * When a stream was last opened, silent or late, that was to tell what had happened to the object before; or up to when the
   * agent could not make use of it.
   */
  readonly hiddenAt = new Map<string, number>();
  readonly #timeline: Timeline;
  readonly #chance: Chance;
  readonly #hasStatus: boolean;

  constructor(timeline: Timeline, chance: Chance, clock: Clock, hasStatus: boolean) {
    this.#timeline = timeline;
    this.#chance = chance;
    this.#hasStatus = hasStatus;
    this.storage = new Storage(clock, hasStatus, (change) => {
      // A stream that has ended takes itself out meanwhile.
      for (const listener of [...this.onChange]) listener(change);
      if (this.#leavesOrphans(change)) this.#collectLater();
    });
  }

  answer(asked: Asked, agent: string): KubeAnswer {
    const failure = this.#fail(asked);
    if (failure !== undefined) return failure;
    const { place, verb } = asked;
    switch (verb) {
      case 'discover':
        return toJson(200, { resources: this.#discover(place.plural) });
      case 'get': {
        const found = this.storage.get(place);
        return found === undefined
          ? toStatus({ status: 404, reason: 'NotFound', name: place.name })
          : { status: 200, body: toText(found) };
      }
      case 'watch':
        // What it tells is the stream's.
        return { status: 200, body: '' };
      case 'list': {
        const items = this.storage.list(place.plural, place.namespace === '' ? undefined : place.namespace);
        // More than a few hundred are never there, so that only a page of one is cut.
        const most = asked.query.get('limit') === '1' ? 1 : items.length;
        const selected = items.filter((object) => isSelected(object, asked.query)).slice(0, most);
        const metadata = JSON.stringify({ resourceVersion: String(this.storage.version) });
        return { status: 200, body: `{"metadata":${metadata},"items":[${selected.map(toText).join()}]}` };
      }
      default:
        return this.#answerWrite({ ...asked, verb }, agent);
    }
  }

  /** Writes as people and controllers do: always permitted, and over whatever stands there. */
  change(place: Place, change: (object: StoredObject) => StoredObject): void {
    const before = this.storage.get(place);
    if (before === undefined) return;
    const after = this.storage.update(place, change(before), false);
    if (!isRefusal(after)) this.#note('update', { place, isStatus: false }, undefined, before, after);
  }

  create(
    place: Place,
    object: Omit<StoredObject, 'metadata'> & { metadata?: Partial<StoredObject['metadata']> },
  ): void {
    const made = this.storage.create(place, { ...object, metadata: { ...object.metadata, name: place.name } });
    if (!isRefusal(made)) this.#note('create', { place, isStatus: false }, undefined, undefined, made);
  }

  remove(place: Place): void {
    const before = this.storage.get(place);
    if (before === undefined) return;
    this.storage.delete(place, undefined);
    this.#note('delete', { place, isStatus: false }, undefined, before, this.storage.get(place));
  }

  /** Replaces everything by what a backup holds. Owners are named by the uids that they had then. */
  restore(backup: Snapshot): void {
    for (const { place, object } of this.storage.snapshot()) {
      if (object.metadata.finalizers !== undefined) {
        this.change(place, ({ metadata: { finalizers: _, ...metadata }, ...rest }) => ({ ...rest, metadata }));
      }
      this.remove(place);
    }
    for (const { place, object } of backup) {
      const { uid: _, resourceVersion: __, deletionTimestamp: ___, ...metadata } = object.metadata;
      this.create(place, { ...object, metadata });
    }
    this.#collectLater();
  }

  /** What has happened to the objects so far cannot have been dealt with before now. */
  hideAll(): void {
    for (const key of this.storage.objects.keys()) this.hiddenAt.set(key, this.#timeline.now);
  }

  #answerWrite(asked: Asked & { verb: KubeWrite['verb'] }, agent: string): KubeAnswer {
    const { place, verb, isStatus } = asked;
    if (place.plural === 'events') return toJson(201, { metadata: { name: place.name, resourceVersion: '1' } });
    const before = this.storage.get(place);
    const outcome = this.#carryOut(asked);
    const isRefused = isRefusal(outcome);
    // Who leads is not what the agents are there for, and no rule is about it.
    if (place.plural !== 'leases')
      this.#note(verb, { place, isStatus }, agent, before, this.storage.get(place), isRefused);
    if (isRefused) return toStatus(outcome);
    const isGone = verb === 'delete' && (outcome.metadata.finalizers ?? []).length === 0;
    return isGone ? toJson(200, { kind: 'Status', status: 'Success' }) : { status: 200, body: toText(outcome) };
  }

  #carryOut({ place, verb, isStatus, sent }: Asked): StoredObject | Refusal {
    if (verb === 'delete')
      return this.storage.delete(place, sent.preconditions?.uid, sent.preconditions?.resourceVersion);
    const refusal = this.#refuse(place);
    if (refusal !== undefined) return refusal;
    const object = place.plural === 'applications' ? this.#admit(sent) : sent;
    if (verb === 'create') return this.storage.create(place, object);
    if (this.#chance.happens(this.faults.conflicts)) this.#touch(place);
    return this.storage.update(place, object, isStatus && this.#hasStatus);
  }

  #refuse({ plural, name }: Place): Refusal | undefined {
    const { refused } = this.faults;
    if (refused?.plural !== plural || refused.name !== name) return undefined;
    const { status } = refused;
    if (status === 422) return { status, reason: 'Invalid', name, message: `"${name}" is invalid: spec: Forbidden` };
    const message = 'admission webhook "policy.example.test" denied the request: not this one';
    return { status, reason: 'Forbidden', name, message };
  }

  /** What webhooks make of an Application. */
  #admit(sent: StoredObject): StoredObject {
    const labelled = this.faults.isMutating ? mutate(sent) : sent;
    return this.faults.isRewriting ? rewrite(labelled) : labelled;
  }

  /** Somebody else writes at the same moment. */
  #touch(place: Place): void {
    this.change(place, (object) => ({
      ...object,
      metadata: { ...object.metadata, labels: { ...object.metadata.labels, touched: String(this.storage.version) } },
    }));
  }

  #fail({ verb, place }: Asked): KubeAnswer | undefined {
    const { outage, forbidden } = this.faults;
    if (outage === 'failing')
      return toJson(500, { kind: 'Status', message: 'etcdserver: request timed out', code: 500 });
    if (outage === 'busy') return { ...toJson(429, { kind: 'Status', code: 429 }), retryAfter: '1' };
    if (forbidden?.plurals.includes(place.plural) === true && forbidden.verbs.includes(verb)) {
      const message = `${place.plural} is forbidden: User "agent" cannot ${verb} resource "${place.plural}"`;
      return toJson(403, { kind: 'Status', reason: 'Forbidden', code: 403, message });
    }
    return undefined;
  }

  #discover(plural: Plural): { name: string }[] {
    const names = plural === 'compassconnections' && this.#hasStatus ? [plural, `${plural}/status`] : [plural];
    return names.map((name) => ({ name }));
  }

  /** An Application is gone, or a Secret is written for one that is gone already. */
  #leavesOrphans({ place, after }: Change): boolean {
    if (after === undefined) return place.plural === 'applications';
    return place.plural === 'secrets' && isOrphan(place, after, this.#livingUids());
  }

  #collectLater(): void {
    this.#timeline.after(collectionDelayMs + this.faults.collectionDelayMs, () => this.#collect());
  }

  /** Kubernetes removes what every owner of is gone. */
  #collect(): void {
    const living = this.#livingUids();
    for (const { place, object } of [...this.storage.objects.values()]) {
      if (isOrphan(place, object, living)) this.storage.delete(place, undefined);
    }
  }

  #livingUids(): ReadonlySet<string | undefined> {
    return new Set(this.storage.list('applications').map(({ metadata }) => metadata.uid));
  }

  #note(
    verb: KubeWrite['verb'],
    what: Pick<KubeWrite, 'place' | 'isStatus'>,
    agent: string | undefined,
    before: StoredObject | undefined,
    after: StoredObject | undefined,
    isRefused = false,
  ): void {
    const isRewritten = this.faults.isRewriting && what.place.plural === 'applications' && agent !== undefined;
    const write = { at: this.#timeline.now, agent, verb, ...what, before, after, isRefused, isRewritten };
    for (const listener of this.onWrite) listener(write);
  }
}

function isOrphan(
  { plural }: Place,
  { metadata: { ownerReferences = [] } }: StoredObject,
  living: ReadonlySet<string | undefined>,
): boolean {
  // Of owners of other kinds nothing is known but that they live.
  const isGone = ownerReferences.every(({ kind, uid }) => kind === 'Application' && !living.has(uid));
  return plural === 'secrets' && ownerReferences.length > 0 && isGone;
}

/** Whether a list or watch of this query covers the object. */
export function isSelected(object: StoredObject, query: URLSearchParams): boolean {
  const label = query.get('labelSelector');
  const name = query.get('fieldSelector')?.replace('metadata.name=', '');
  if (name !== undefined && object.metadata.name !== name) return false;
  return label === null || object.metadata.labels?.[label] !== undefined;
}

const noQuery = new URLSearchParams();

export function readRequest({ method, path, body }: KubeRequest): Asked {
  const [resource = '', search] = path.split('?');
  const query = search === undefined ? noQuery : new URLSearchParams(search);
  const parts = resource.split('/').slice(1);
  const rest = parts[0] === 'api' ? parts.slice(2) : parts.slice(3);
  const [namespace = '', ...named] = rest[0] === 'namespaces' ? rest.slice(1) : ['', ...rest];
  const [plural, name = '', subresource] = named;
  const sent = body === undefined ? {} : JSON.parse(body);
  const ownName = method === 'POST' ? String(sent.metadata?.name) : name;
  const place = { plural: toPlural(plural ?? parts[1]), namespace, name: ownName };
  const isStatus = subresource === 'status';
  if (plural === undefined) return { verb: 'discover', place, isStatus, query, sent };
  const verbs = { GET: name === '' ? 'list' : 'get', POST: 'create', PUT: 'update', DELETE: 'delete' } as const;
  const verb = query.get('watch') === 'true' ? 'watch' : verbs[method];
  return { verb, place, isStatus, query, sent };
}

function toPlural(text: string | undefined): Plural {
  switch (text) {
    case 'applications':
    case 'applicationconnector.kyma-project.io':
      return 'applications';
    case 'compassconnections':
    case 'compass.kyma-project.io':
      return 'compassconnections';
    case 'events':
    case 'leases':
      return text;
    default:
      return 'secrets';
  }
}

function toJson(status: number, body: object): KubeAnswer {
  return { status, body: JSON.stringify(body) };
}

function toStatus({ status, reason, name, message = `${reason}: ${name}` }: Refusal): KubeAnswer {
  return toJson(status, {
    kind: 'Status',
    status: 'Failure',
    reason,
    code: status,
    message,
    details: { name },
  });
}

/** A webhook that changes what belongs to the agent. */
function rewrite(object: StoredObject): StoredObject {
  return { ...object, spec: { ...object.spec, description: 'by a webhook' } };
}

/** A webhook that labels what it sees. */
function mutate(object: StoredObject): StoredObject {
  return {
    ...object,
    metadata: { ...object.metadata, labels: { ...object.metadata.labels, team: 'set-by-a-webhook' } },
  };
}
