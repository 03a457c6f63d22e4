import { toAgentError } from '../../errors/agent-error.ts';
import type { Logger } from '../../log/logger.ts';
import type { Random, Time } from '../../time/time.ts';
import type { KubeReader } from '../api/kube-client.ts';
import { readName, readVersion } from '../api/kube-object.ts';
import { type ObjectSelection, readObject } from '../api/object-kind.ts';
import { type CacheChange, type Cached, isNewerVersion, ResourceCache } from './resource-cache.ts';
import {
  afterEnding,
  afterFailedPoll,
  afterFailure,
  afterOpening,
  afterPoll,
  type Consequences,
  describeLimitation,
  isListable,
  needsList,
  startingWatch,
  toPauseMs,
  type WatchPhase,
  type WatchStanding,
} from './watch-standing.ts';
import type { WatchTimings } from './watch-timings.ts';

export interface ResourceWatchOptions<T extends Cached> extends Consequences {
  client: KubeReader;
  /** A selection of one name is read by that name for the time in which watching is not permitted, unless it is dispensable. */
  selection: ObjectSelection<T>;
  /** Readers do without the watch where it is not permitted, and ask the API server. */
  isDispensable?: boolean;
  onChange: (change: CacheChange<T>) => void;
  timings: WatchTimings;
  time: Time;
  random: Random;
  log: Logger;
}

export interface ResourceWatch<T extends Cached> {
  readonly selection: ObjectSelection<T>;
  readonly cache: ResourceCache<T>;
  phase(): WatchPhase;
  /** Whether the cache can be used: it follows the cluster, or is filled by polling. */
  isCurrent(): boolean;
  /** Resolves when the first list has come, or is known not to come; rejects on abort. */
  settled(signal: AbortSignal): Promise<void>;
  /** What is wrong, as a sentence; undefined while all is well. */
  limitation(): string | undefined;
  /** Resolves when the watch has ended after the abort of its signal. */
  readonly ended: Promise<void>;
}

/**
 * Follows one kind of object for as long as the signal allows, whatever the API server and the network do: resumes
 * ended streams, gives up silent ones, lists again after 410, backs off, and recognises missing permissions and CRDs
 * and that they are there again. client-node's informer stops on most errors and does none of that.
 */
export function startResourceWatch<T extends Cached>(
  options: ResourceWatchOptions<T>,
  signal: AbortSignal,
): ResourceWatch<T> {
  const cache = new ResourceCache<T>(options.onChange, options.selection.name === undefined ? 'many' : 'one');
  const state = new WatchState(options);
  const ended = run(options, state, cache, signal);
  return {
    selection: options.selection,
    cache,
    phase: () => state.standing.phase,
    isCurrent: () => state.standing.phase === 'synced' || state.standing.polled,
    settled: (waiting) => state.settled(waiting),
    limitation: () => describeLimitation(state.standing, options),
    ended,
  };
}

/** Holds where the watch stands, and tells people and waiting readers when that changes. */
class WatchState {
  #standing = startingWatch;
  readonly #settled = Promise.withResolvers<void>();
  readonly #consequences: Consequences;
  readonly #log: Logger;
  readonly #resource: string;

  constructor(options: Consequences & { log: Logger; selection: { type: { plural: string } } }) {
    this.#consequences = options;
    this.#log = options.log;
    this.#resource = options.selection.type.plural;
  }

  get standing(): WatchStanding {
    return this.#standing;
  }

  move(next: WatchStanding): void {
    const before = this.#standing;
    this.#standing = next;
    if (next.phase !== 'starting') this.#settled.resolve();
    const limitation = describeLimitation(next, this.#consequences);
    if (limitation !== undefined && limitation !== describeLimitation(before, this.#consequences)) {
      this.#log.warn(limitation, { resource: this.#resource });
    } else if (next.phase === 'synced' && before.phase !== 'synced' && before.phase !== 'starting') {
      this.#log.info(`The watch over ${this.#resource} works again.`, { resource: this.#resource });
    }
  }

  async settled(signal: AbortSignal): Promise<void> {
    if (this.#standing.phase !== 'starting') return;
    const { promise, reject } = Promise.withResolvers<never>();
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    try {
      await Promise.race([this.#settled.promise, promise]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }
}

async function run<T extends Cached>(
  options: ResourceWatchOptions<T>,
  state: WatchState,
  cache: ResourceCache<T>,
  signal: AbortSignal,
): Promise<void> {
  const { selection, timings, time } = options;
  let resourceVersion: string | undefined;
  while (!signal.aborted) {
    const startedAt = time.instant();
    try {
      if (resourceVersion !== undefined && (await hasGoneBack(options, resourceVersion, signal))) {
        resourceVersion = undefined;
      }
      resourceVersion ??= await list(options, cache, signal);
      for await (const version of follow(options, state, cache, resourceVersion, signal)) resourceVersion = version;
      state.move(afterEnding(state.standing, time.instant() - startedAt, timings));
    } catch (error: unknown) {
      if (signal.aborted) return;
      const failure = toAgentError(error, `watching ${selection.type.plural}`);
      const circumstances = { livedMs: time.instant() - startedAt, polls: toPolledName(options) !== undefined };
      state.move(afterFailure(state.standing, failure, circumstances, timings));
      if (needsList(failure)) resourceVersion = undefined;
    }
    await pause(options, state, cache, signal);
  }
}

/**
 * Whether the cluster is older than what the watch has seen: etcd was restored from a backup, or lost everything. A watch
 * that resumes from such a version hears nothing until the cluster has come to it again.
 */
async function hasGoneBack<T extends Cached>(
  { client, selection, log }: ResourceWatchOptions<T>,
  resourceVersion: string,
  signal: AbortSignal,
): Promise<boolean> {
  const present = await client.readListVersion(selection, signal);
  if (!isNewerVersion(resourceVersion, present)) return false;
  const { plural } = selection.type;
  log.warn(
    `The API server has an older state of ${plural} than before, as after a backup was restored; all are read again.`,
  );
  return true;
}

async function list<T extends Cached>(
  { client, selection, timings, log }: ResourceWatchOptions<T>,
  cache: ResourceCache<T>,
  signal: AbortSignal,
): Promise<string> {
  cache.beginList();
  const { items, resourceVersion } = await client.list(selection, timings.pageSize, signal);
  cache.replace(items.flatMap((item) => parseOrSkip(selection.parse, item, log)));
  return resourceVersion;
}

/** One stream, to its end; yields the resource version to resume from. */
async function* follow<T extends Cached>(
  { client, selection, timings, random, log }: ResourceWatchOptions<T>,
  state: WatchState,
  cache: ResourceCache<T>,
  resourceVersion: string,
  signal: AbortSignal,
): AsyncGenerator<string, void> {
  const serverTimeoutMs = timings.serverTimeoutMs * (1 + random());
  const { connectTimeoutMs, silenceMs } = timings;
  const stream = client.watch(selection, { resourceVersion, serverTimeoutMs, connectTimeoutMs, silenceMs }, signal);
  for await (const message of stream) {
    if (message.type === 'OPEN') {
      state.move(afterOpening(state.standing));
      continue;
    }
    if (message.type !== 'BOOKMARK') {
      cache.tell(message.type, message.object, (object) => parseOrSkip(selection.parse, object, log)[0]);
    }
    const version = readVersion(message.object);
    if (version !== undefined) yield version;
  }
}

/** One object that nobody can read must not hide the others. */
function parseOrSkip<T>(parse: (object: unknown) => T, object: unknown, log: Logger): T[] {
  try {
    return [parse(object)];
  } catch (error: unknown) {
    log.warn(toAgentError(error, 'reading an object').message, { object: readName(object) });
    return [];
  }
}

/** The name under which the object is read while it may not be watched; undefined: it is not. */
function toPolledName<T extends Cached>({ selection, isDispensable }: ResourceWatchOptions<T>): string | undefined {
  return isDispensable === true ? undefined : selection.name;
}

async function pause<T extends Cached>(
  options: ResourceWatchOptions<T>,
  state: WatchState,
  cache: ResourceCache<T>,
  signal: AbortSignal,
): Promise<void> {
  const { timings, time, random } = options;
  const name = toPolledName(options);
  const pauseMs = toPauseMs(state.standing, timings, random());
  if (state.standing.phase !== 'forbidden' || name === undefined) {
    if (pauseMs > 0) await time.sleepUntil(time.instant() + pauseMs, signal);
    return;
  }
  const stepMs = Math.min(timings.pollMs, pauseMs);
  for (let waitedMs = 0; waitedMs < pauseMs && !signal.aborted; waitedMs += stepMs) {
    await poll(options, name, state, cache, signal);
    await time.sleepUntil(time.instant() + stepMs, signal);
  }
}

async function poll<T extends Cached>(
  options: ResourceWatchOptions<T>,
  name: string,
  state: WatchState,
  cache: ResourceCache<T>,
  signal: AbortSignal,
): Promise<void> {
  const { client, selection } = options;
  try {
    if (isListable(state.standing)) await list(options, cache, signal);
    else {
      cache.beginList();
      const object = await readObject(client, selection, { namespace: selection.namespace, name }, signal);
      cache.replace(object === undefined ? [] : [object]);
    }
    state.move(afterPoll(state.standing));
  } catch (error: unknown) {
    if (!signal.aborted) state.move(afterFailedPoll(state.standing, error));
  }
}
