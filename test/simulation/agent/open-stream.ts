import type { ExchangeAnswer, ExchangeRequest } from '../../../agent/kube/api/exchange.ts';
import { type Asked, isSelected, readRequest } from '../cluster/api-server.ts';
import { keyOf, type StoredObject, toText } from '../cluster/object.ts';
import type { Change } from '../cluster/storage.ts';
import type { ClusterWire } from './cluster-wire.ts';
import { beginCall, inProcess, kill, type Life, listen } from './life.ts';

const bookmarkMs = 60_000;

/** A watch: what has changed since the version that is asked for, and then whatever changes, in order and late. */
export function openStream(request: ExchangeRequest, life: Life, wire: ClusterWire): Promise<ExchangeAnswer> {
  const { timeline, server, chance } = wire;
  const begun = beginCall(life);
  return new Promise((resolve, reject) => {
    if (begun === 'nothing') return;
    const abort = () => {
      if (!life.isDead) reject(request.signal.reason);
    };
    const unlisten = listen(life, request.signal, abort);
    timeline.after(chance.between(1, 8) + server.faults.delayMs, () => {
      if (begun === 'dies-after') kill(life);
      inProcess(life, open);
    });
    const open = () => {
      if (request.signal.aborted) return;
      if (server.faults.outage === 'unreachable')
        return reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
      const asked = readRequest({ method: 'GET', path: request.path, body: undefined });
      const answer = server.answer(asked, life.agent);
      wire.onCall(`WATCH ${request.path.split('?')[0]} ${answer.status}`, life);
      unlisten();
      if (answer.status !== 200) return resolve({ status: answer.status, headers: {}, body: once(answer.body) });
      resolve({ status: 200, headers: {}, body: new Stream(request, asked, life, wire) });
    };
  });
}

async function* once(text: string): AsyncGenerator<string> {
  yield text;
}

/** The lines of a watch, in order. */
class Stream implements AsyncIterable<string> {
  readonly #life: Life;
  readonly #wire: ClusterWire;
  readonly #lines: string[] = [];
  readonly #asked: Asked;
  #wake: () => void = () => undefined;
  #unlisten: () => void = () => undefined;
  #isEnded = false;
  #isMute = false;
  #error: Error | undefined;
  #lastAt = 0;

  constructor(request: ExchangeRequest, asked: Asked, life: Life, wire: ClusterWire) {
    this.#life = life;
    this.#wire = wire;
    this.#asked = asked;
    const { query } = asked;
    const from = Number(query.get('resourceVersion'));
    const { server, timeline } = wire;
    if (from < server.storage.compactedTo) {
      this.#lines.push(
        `${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } })}\n`,
      );
      this.#isEnded = true;
      return;
    }
    for (const change of server.storage.changesUpTo(from, server.faults.repeatedChanges)) {
      if (this.#tell(change)) server.hiddenAt.set(keyOf(change.place), timeline.now);
    }
    for (const change of server.storage.changesAfter(from)) {
      const isLate = this.#tell(change) && (this.#isMute || server.faults.watchDelayMs > 0);
      if (isLate) server.hiddenAt.set(keyOf(change.place), timeline.now);
    }
    server.onChange.push(this.#tell);
    server.streams.add(this.#cut);
    timeline.after(Number(query.get('timeoutSeconds')) * 1000, () => inProcess(life, () => this.#end(undefined)));
    this.#unlisten = listen(life, request.signal, () => this.#end(request.signal.reason));
    this.#bookmarkLater();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) {
        yield line;
        continue;
      }
      if (this.#error !== undefined) throw this.#error;
      if (this.#isEnded) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Whether the stream is about the object that changed. */
  readonly #tell = ({ place, before, after, version }: Change): boolean => {
    const { place: own, query } = this.#asked;
    if (place.plural !== own.plural || (own.namespace !== '' && place.namespace !== own.namespace)) return false;
    const [was, is] = [before, after].map((object) => object !== undefined && isSelected(object, query));
    if (!was && !is) return false;
    const type = is ? (was ? 'MODIFIED' : 'ADDED') : 'DELETED';
    const object = (is ? after : before) as StoredObject;
    const told = is ? object : { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
    this.#send(`{"type":"${type}","object":${toText(told)}}\n`);
    return true;
  };

  readonly #cut = (): void =>
    inProcess(this.#life, () => this.#end(Object.assign(new Error('cut'), { code: 'ECONNRESET' })));

  #bookmarkLater(): void {
    const { timeline, server } = this.#wire;
    timeline.after(bookmarkMs, () => {
      if (this.#isEnded || this.#life.isDead) return;
      const object = { metadata: { resourceVersion: String(server.storage.version) } };
      this.#send(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
      this.#bookmarkLater();
    });
  }

  #send(line: string): void {
    const { timeline, server, chance } = this.#wire;
    if (this.#life.isDead) this.#end(undefined);
    // A connection that lost its other end is never heard of again.
    this.#isMute ||= server.faults.areWatchesSilent;
    if (this.#isEnded || this.#isMute) return;
    this.#lastAt = Math.max(this.#lastAt, timeline.now + chance.between(1, 20) + server.faults.watchDelayMs);
    const arrive = () => {
      if (this.#isEnded) return;
      this.#lines.push(line);
      this.#wake();
    };
    timeline.at(this.#lastAt, () => inProcess(this.#life, arrive));
  }

  #end(error: unknown): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#unlisten();
    const { server } = this.#wire;
    const index = server.onChange.indexOf(this.#tell);
    if (index >= 0) server.onChange.splice(index, 1);
    server.streams.delete(this.#cut);
    if (this.#life.isDead) return;
    if (error !== undefined) this.#error = error instanceof Error ? error : new Error('given up');
    this.#wake();
  }
}
