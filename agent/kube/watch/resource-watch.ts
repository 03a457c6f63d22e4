import { type AgentError, isAgentError, toAgentError } from '../../errors/agent-error.ts';
import type { Logger } from '../../log/logger.ts';
import type { Random, Time } from '../../time/time.ts';
import { isExpired, isSilence, type KubeClient } from '../api/kube-client.ts';
import { readName, readVersion } from '../api/kube-object.ts';
import type { Selection } from '../api/selection.ts';
import { type CacheChange, type Cached, ResourceCache } from './resource-cache.ts';

/** How a watch is supervised; all in milliseconds but for the page size. */
export interface WatchTimings {
  readonly pageSize: number;
  /** The API server ends each stream after one to two times this. */
  readonly serverTimeoutMs: number;
  readonly connectTimeoutMs: number;
  /** A stream without a byte for so long is given up; the API server sends bookmarks about once a minute. */
  readonly silenceMs: number;
  /** A stream that lived so long was a good one: the next may follow at once. */
  readonly stableMs: number;
  readonly backoffMs: { readonly first: number; readonly most: number };
  /** Pauses while a permission is missing. */
  readonly forbiddenMs: { readonly first: number; readonly most: number };
  /** How often an object that may not be watched is read. */
  readonly pollMs: number;
}

export const defaultWatchTimings: WatchTimings = {
  pageSize: 500,
  serverTimeoutMs: 300_000,
  connectTimeoutMs: 15_000,
  silenceMs: 120_000,
  stableMs: 5_000,
  backoffMs: { first: 500, most: 30_000 },
  forbiddenMs: { first: 10_000, most: 300_000 },
  pollMs: 10_000,
};

/**
 * Where a watch stands. `starting`: nothing is known yet. `synced`: the cache follows the cluster. `forbidden`: a
 * permission is missing, the cache is not to be used unless the watch polls. `missing`: the CRD is not installed.
 * `failing`: the API server cannot be reached, or keeps breaking the watch.
 */
export type WatchPhase = 'starting' | 'synced' | 'forbidden' | 'missing' | 'failing';

export interface WatchOptions<T extends Cached> {
  client: KubeClient;
  selection: Selection;
  parse: (object: unknown) => T;
  onChange: (change: CacheChange<T>) => void;
  /** Reads the one object that is watched, for the time in which watching is not permitted. */
  poll?: (signal: AbortSignal) => Promise<T | undefined>;
  /** What the loss of this watch means, as the end of a sentence: "... , so <consequence>." */
  consequence: string;
  /** The same where only watching is not permitted and listing is; the other one by default. */
  consequenceUnwatched?: string;
  timings: WatchTimings;
  time: Time;
  random: Random;
  log: Logger;
}

export interface ResourceWatch<T extends Cached> {
  readonly cache: ResourceCache<T>;
  phase(): WatchPhase;
  /** Whether the cache can be used: it follows the cluster, or is filled by polling. */
  isCurrent(): boolean;
  /** Whether the objects may be listed although they may not be watched. */
  mayList(): boolean;
  /** Resolves when the first list has come, or is known not to come; rejects on abort. */
  settled(signal: AbortSignal): Promise<void>;
  /** What is wrong, as a sentence; undefined while all is well. */
  limitation(): string | undefined;
  /** Resolves when the watch has ended after the abort of its signal. */
  readonly ended: Promise<void>;
}

/** A broken watch is retried this often before its cache counts as out of date. */
const toleratedFailures = 3;

/**
 * Follows one kind of object for as long as the signal allows, whatever the API server and the network do: resumes
 * ended streams, gives up silent ones, lists again after 410, backs off, and recognises missing permissions and CRDs
 * and that they are there again. client-node's informer stops on most errors and does none of that.
 */
export function startResourceWatch<T extends Cached>(options: WatchOptions<T>, signal: AbortSignal): ResourceWatch<T> {
  const cache = new ResourceCache<T>(options.onChange);
  const state = new WatchState(options);
  const ended = run(options, state, cache, signal);
  return {
    cache,
    phase: () => state.phase,
    isCurrent: () => state.phase === 'synced' || state.polled,
    mayList: () => state.mayList(),
    settled: (waiting) => state.settled(waiting),
    limitation: () => state.limitation(),
    ended,
  };
}

class WatchState {
  phase: WatchPhase = 'starting';
  /** The cache is fresh although the watch is forbidden. */
  polled = false;
  failures = 0;
  error: AgentError | undefined;
  readonly #settled = Promise.withResolvers<void>();
  readonly #consequence: string;
  readonly #consequenceUnwatched: string;
  readonly #log: Logger;
  readonly #resource: string;

  constructor(options: { consequence: string; consequenceUnwatched?: string; log: Logger; selection: Selection }) {
    this.#consequence = options.consequence;
    this.#consequenceUnwatched = options.consequenceUnwatched ?? options.consequence;
    this.#log = options.log;
    this.#resource = options.selection.type.plural;
  }

  enter(phase: WatchPhase, error?: AgentError): void {
    const before = this.phase;
    const told = this.limitation();
    this.phase = phase;
    this.error = error;
    if (phase !== 'forbidden') this.polled = false;
    if (phase !== 'starting') this.#settled.resolve();
    const limitation = this.limitation();
    if (limitation !== undefined && limitation !== told) this.#log.warn(limitation, { resource: this.#resource });
    else if (phase === 'synced' && before !== 'synced' && before !== 'starting') {
      this.#log.info(`The watch over ${this.#resource} works again.`, { resource: this.#resource });
    }
  }

  limitation(): string | undefined {
    if (this.phase === 'starting' || this.phase === 'synced' || this.error === undefined) return undefined;
    const consequence = this.mayList() ? this.#consequenceUnwatched : this.#consequence;
    return `${this.error.message.replace(/\.$/, '')}, so ${consequence}.`;
  }

  mayList(): boolean {
    return this.phase === 'forbidden' && this.error?.details.verb === 'watch';
  }

  async settled(signal: AbortSignal): Promise<void> {
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
  options: WatchOptions<T>,
  state: WatchState,
  cache: ResourceCache<T>,
  signal: AbortSignal,
): Promise<void> {
  let resourceVersion: string | undefined;
  while (!signal.aborted) {
    const startedAt = options.time.instant();
    try {
      resourceVersion ??= await list(options, cache, signal);
      for await (const version of follow(options, state, cache, resourceVersion, signal)) resourceVersion = version;
      const lived = options.time.instant() - startedAt;
      state.failures = lived >= options.timings.stableMs ? 0 : state.failures + 1;
    } catch (error: unknown) {
      if (signal.aborted) return;
      const failure = toAgentError(error, `watching ${options.selection.type.plural}`);
      const lived = options.time.instant() - startedAt;
      state.failures = lived >= options.timings.stableMs ? 1 : state.failures + 1;
      if (noteFailure(state, failure)) resourceVersion = undefined;
      // The list that came before the refused watch is as good as a poll.
      if (options.poll !== undefined && state.mayList()) state.polled = true;
    }
    await pause(options, state, cache, signal);
  }
}

/** Settles what a failure says about the watch; true when it has to list afresh. */
function noteFailure(state: WatchState, failure: AgentError): boolean {
  if (isExpired(failure)) return true;
  if (isAgentError(failure, 'PermissionMissing')) {
    if (state.phase !== 'forbidden') state.failures = 1;
    state.enter('forbidden', failure);
    return true;
  }
  if (isAgentError(failure, 'CrdMissing', 'NotFound')) {
    if (state.phase !== 'missing') state.failures = 1;
    state.enter('missing', failure);
    return true;
  }
  if (state.phase !== 'synced' || state.failures >= toleratedFailures) state.enter('failing', failure);
  else state.error = failure;
  // Whatever stood between and swallowed the stream may have swallowed events of it too.
  return isSilence(failure);
}

async function list<T extends Cached>(
  { client, selection, timings, parse, log }: WatchOptions<T>,
  cache: ResourceCache<T>,
  signal: AbortSignal,
): Promise<string> {
  const { items, resourceVersion } = await client.list(selection, timings.pageSize, signal);
  cache.replace(
    items.flatMap((item) => parseOrSkip(parse, item, log)),
    resourceVersion,
  );
  return resourceVersion;
}

/** One stream, to its end; yields the resource version to resume from. */
async function* follow<T extends Cached>(
  { client, selection, timings, parse, random, log }: WatchOptions<T>,
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
      state.enter('synced');
      continue;
    }
    if (message.type !== 'BOOKMARK') {
      for (const object of parseOrSkip(parse, message.object, log)) cache.apply({ type: message.type, object });
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

async function pause<T extends Cached>(
  options: WatchOptions<T>,
  state: WatchState,
  cache: ResourceCache<T>,
  signal: AbortSignal,
): Promise<void> {
  // One short-lived stream is followed at once; a series of them must not become a hot loop.
  if (state.failures === 0 || (state.phase === 'synced' && state.failures === 1)) return;
  const { backoffMs, forbiddenMs } = options.timings;
  const { first, most } = state.phase === 'forbidden' ? forbiddenMs : backoffMs;
  const backoff = Math.min(most, first * 2 ** Math.min(state.failures - 1, 20)) * (0.8 + options.random() * 0.4);
  const pauseMs = Math.max(backoff, state.error?.retryAfterMs ?? 0);
  if (state.phase === 'forbidden' && options.poll !== undefined) {
    await pollFor(pauseMs, options, options.poll, state, cache, signal);
  } else {
    await sleep(options, pauseMs, signal);
  }
}

async function pollFor<T extends Cached>(
  pauseMs: number,
  options: WatchOptions<T>,
  poll: (signal: AbortSignal) => Promise<T | undefined>,
  state: WatchState,
  cache: ResourceCache<T>,
  signal: AbortSignal,
): Promise<void> {
  const stepMs = Math.min(options.timings.pollMs, pauseMs);
  for (let waitedMs = 0; waitedMs < pauseMs && !signal.aborted; waitedMs += stepMs) {
    try {
      if (state.mayList()) await list(options, cache, signal);
      else {
        const object = await poll(signal);
        cache.replace(object === undefined ? [] : [object], undefined);
      }
      state.polled = true;
    } catch (error: unknown) {
      if (signal.aborted) return;
      state.polled = false;
      if (isAgentError(error, 'PermissionMissing')) state.enter('forbidden', error);
    }
    await sleep(options, stepMs, signal);
  }
}

async function sleep({ time }: { time: Time }, ms: number, signal: AbortSignal): Promise<void> {
  await time.sleepUntil(time.instant() + ms, signal);
}
