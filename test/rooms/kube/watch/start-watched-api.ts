import { createFakeExchange, type FakeAnswer, type FakeExchange } from '../api/fake-exchange.ts';

/** A stream that is open; `push` sends an event, or any text that is no event. */
export interface OpenStream {
  readonly path: string;
  push(event: object | string): void;
  end(): void;
  fail(code: string): void;
}

export interface WatchedApi {
  readonly exchange: FakeExchange;
  /** What lists, reads by name and new streams are answered; a test changes them as it goes. */
  readonly answers: { list: FakeAnswer; version: FakeAnswer; get: FakeAnswer; watch: 'stream' | FakeAnswer };
  /** Oldest first, those that have ended too. */
  readonly streams: OpenStream[];
  /** `list`, `version` (a list of one object), `get` or `watch` with the resource version, oldest first. */
  requests(): string[];
}

/** An API server in memory whose lists and streams are in the hand of the test. */
export function startWatchedApi(): WatchedApi {
  const streams: OpenStream[] = [];
  const answers: WatchedApi['answers'] = {
    list: { status: 200, body: { metadata: { resourceVersion: '10' }, items: [] } },
    version: { status: 200, body: { metadata: { resourceVersion: '1000' }, items: [] } },
    get: { status: 404, body: { code: 404, details: { name: 'one' } } },
    watch: 'stream',
  };
  const exchange = createFakeExchange(({ path }) => {
    if (!path.includes('?')) return answers.get;
    if (path.includes('limit=1&') || path.endsWith('limit=1')) return answers.version;
    if (!path.includes('watch=true')) return answers.list;
    if (answers.watch !== 'stream') return answers.watch;
    const { stream, body } = openStream(path);
    streams.push(stream);
    return { status: 200, body };
  });
  return { exchange, answers, streams, requests: () => exchange.requests.map(({ path }) => describe(path)) };
}

function describe(path: string): string {
  if (!path.includes('?')) return 'get';
  const query = new URL(path, 'https://api.example').searchParams;
  if (query.get('limit') === '1') return 'version';
  return query.has('watch') ? `watch ${query.get('resourceVersion')}` : 'list';
}

const theEnd = Symbol('the end');

/** A stream, and what the API server sends on it. */
export function openStream(path: string): { stream: OpenStream; body: AsyncIterable<string> } {
  const chunks: (string | Error | typeof theEnd)[] = [];
  let wake = () => {};
  const add = (chunk: string | Error | typeof theEnd) => {
    chunks.push(chunk);
    wake();
  };
  async function* read() {
    for (;;) {
      const chunk = chunks.shift();
      if (chunk === theEnd) return;
      if (chunk instanceof Error) throw chunk;
      if (chunk !== undefined) yield chunk;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  }
  const stream: OpenStream = {
    path,
    push: (event) => add(typeof event === 'string' ? event : `${JSON.stringify(event)}\n`),
    end: () => add(theEnd),
    fail: (code) => add(Object.assign(new Error('cut'), { code })),
  };
  return { stream, body: read() };
}
