import { setTimeout as sleep } from 'node:timers/promises';
import { toApplication } from '../../rooms/kube/do-everything.ts';
import type { OpenWatch, WatchEvent } from '../../servers/kube-api/kube-http.ts';
import { objectAt, stringAt } from '../../servers/kube-api/kube-object.ts';
import { secret, WIDGETS, widget } from '../../servers/kube-api/widget-crd.ts';
import { continueOf, makeNamespace, versionOf } from './list-scenarios.ts';
import type { RecordedServer, Scenario } from './recorded-server.ts';
import { stable } from './stable-answer.ts';

const MERGE = { 'content-type': 'application/merge-patch+json' };
const TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };

function happened(watch: OpenWatch, type: string, name: string): Promise<WatchEvent> {
  return watch.next((event) => event.type === type && nameOf(event) === name);
}

function nameOf({ object }: WatchEvent): string {
  return stringAt(objectAt(object, 'metadata'), 'name');
}

/** A life from ADDED to DELETED. */
async function live(server: RecordedServer, collection: string, name: string): Promise<void> {
  await server.send('POST', collection, collection === WIDGETS ? widget(name) : secret(name));
  await server.send('PATCH', `${collection}/${name}`, { metadata: { labels: { a: 'b' } } }, MERGE);
  // A change that changes nothing is no event.
  await server.send('PATCH', `${collection}/${name}`, { metadata: { labels: { a: 'b' } } }, MERGE);
  await server.send('DELETE', `${collection}/${name}`);
}

/** A real server that has just started asks for patience (429) until it has read what there is. */
async function untilServed(open: () => Promise<OpenWatch>): Promise<OpenWatch> {
  for (;;) {
    const watch = await open();
    if (watch.status !== 429) return watch;
    watch.close();
    await sleep(200);
  }
}

/** Waits for a bookmark and for the end. How many come, and when, is for the server to decide. */
async function tellBookmark(server: RecordedServer, collection: string, title: string): Promise<void> {
  const { body } = await server.ask('GET', collection);
  const query = `watch=true&allowWatchBookmarks=true&timeoutSeconds=4&resourceVersion=${versionOf(body)}`;
  const watch = await server.watch(`${collection}?${query}`);
  const object = title === 'custom' ? toApplication('news') : secret('news');
  await server.ask('POST', collection, object);
  await server.ask('DELETE', `${collection}/news`);
  await watch.ended;
  const kinds = [...new Set(watch.events.map(({ type }) => type))];
  server.note(`${title}: what came`, kinds);
  const bookmark = watch.events.find(({ type }) => type === 'BOOKMARK')?.object ?? null;
  server.note(`${title}: a bookmark`, stable(bookmark));
  server.note(`${title}: not before the list`, Number(versionOf(bookmark)) >= Number(versionOf(body)));
}

/** What watches tell, in which order, and how they begin and end. */
export const WATCH_SCENARIOS: Record<string, Scenario> = {
  'what happens after a list': async (server) => {
    const secrets = await makeNamespace(server, 'after-list');
    await server.send('POST', secrets, secret('before'));
    const { body } = await server.send('GET', secrets);
    const watch = await server.watch(`${secrets}?watch=true&resourceVersion=${versionOf(body)}`);
    await live(server, secrets, 'during');
    const { object } = await happened(watch, 'DELETED', 'during');
    server.note('a deletion has a later version', Number(versionOf(object)) > Number(versionOf(body)));
    server.tell('from the version of the list', watch);
    const resumed = await server.watch(`${secrets}?watch=1&resourceVersion=${versionOf(body)}&timeoutSeconds=60`);
    await happened(resumed, 'DELETED', 'during');
    server.tell('the same once more, later', resumed);
  },

  'what is there first': async (server) => {
    const secrets = await makeNamespace(server, 'initial');
    for (const name of ['b', 'a']) await server.send('POST', secrets, secret(name));
    for (const version of ['', '&resourceVersion=', '&resourceVersion=0']) {
      const watch = await server.watch(`${secrets}?watch=true${version}`);
      await happened(watch, 'ADDED', 'b');
      server.tell(`with${version === '' ? 'out' : ''} version ${version}`, watch);
    }
  },

  'streaming lists': async (server) => {
    const secrets = await makeNamespace(server, 'streamed');
    await server.send('POST', secrets, secret('a'));
    const query = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const watch = await server.watch(`${secrets}?watch=true&${query}`);
    const isEnd = ({ object }: WatchEvent) =>
      objectAt(objectAt(object, 'metadata'), 'annotations')['k8s.io/initial-events-end'] === 'true';
    await watch.next((event) => event.type === 'BOOKMARK' && isEnd(event));
    server.tell('the list ends with a bookmark', watch);
  },

  'bookmarks and the end': async (server) => {
    const secrets = await makeNamespace(server, 'bookmarks');
    // One after the other: which of two watches ends first is nobody's rule.
    await tellBookmark(server, secrets, 'built-in');
    await tellBookmark(server, '/apis/applicationconnector.kyma-project.io/v1alpha1/applications', 'custom');
    const { body } = await server.send('GET', secrets);
    const silent = await server.watch(`${secrets}?watch=true&timeoutSeconds=1&resourceVersion=${versionOf(body)}`);
    await silent.ended;
    server.tell('without bookmarks nothing', silent);
  },

  'in and out of a selection': async (server) => {
    const secrets = await makeNamespace(server, 'selection');
    await server.send('POST', secrets, secret('inside', { labels: { app: 'x' } }));
    const { body } = await server.send('GET', `${secrets}?labelSelector=app%3Dx`);
    const watch = await server.watch(`${secrets}?watch=true&labelSelector=app%3Dx&resourceVersion=${versionOf(body)}`);
    const label = (name: string, app: string | null) =>
      server.send('PATCH', `${secrets}/${name}`, { metadata: { labels: { app } } }, MERGE);
    await server.send('POST', secrets, secret('outside', { labels: { app: 'y' } }));
    await label('outside', 'x');
    await server.send('PATCH', `${secrets}/outside`, { data: { more: 'YQ==' } }, MERGE);
    await label('inside', null);
    await label('outside', 'y');
    await server.send('DELETE', `${secrets}/outside`);
    await label('inside', 'x');
    await server.send('DELETE', `${secrets}/inside`);
    await watch.next((event) => event.type === 'DELETED' && watch.events.length >= 6);
    server.tell('by label', watch);
  },

  'in and out of a selection of custom resources': async (server) => {
    const { body } = await server.ask('GET', `${WIDGETS}?labelSelector=chosen`);
    const watch = await server.watch(`${WIDGETS}?watch=true&labelSelector=chosen&resourceVersion=${versionOf(body)}`);
    await server.send('POST', WIDGETS, widget('chosen'));
    for (const chosen of ['yes', 'still', null]) {
      await server.send('PATCH', `${WIDGETS}/chosen`, { metadata: { labels: { chosen } } }, MERGE);
    }
    await happened(watch, 'DELETED', 'chosen');
    server.tell('by label', watch);
    await server.send('DELETE', `${WIDGETS}/chosen`);
  },

  'as the agent and kubectl wait ask': async (server) => {
    const secrets = await makeNamespace(server, 'asked');
    for (const [collection, selector] of [
      [WIDGETS, 'fieldSelector=metadata.name%3Dasked'],
      [secrets, 'fieldSelector=metadata.name%3Dasked'],
      [secrets, 'labelSelector=a'],
    ]) {
      const { body } = await server.ask('GET', `${collection}?${selector}`);
      const query = `allowWatchBookmarks=true&timeoutSeconds=60&watch=true&${selector}`;
      const watch = await server.watch(`${collection}?${query}&resourceVersion=${versionOf(body)}`);
      await live(server, `${collection}`, 'asked');
      await happened(watch, 'DELETED', 'asked');
      server.tell(`${selector}`, watch);
    }
    const initial = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&fieldSelector=metadata.name%3Dwaited';
    await server.send('POST', WIDGETS, widget('waited'));
    const watch = await server.watch(`${WIDGETS}?watch=true&allowWatchBookmarks=true&timeoutSeconds=60&${initial}`);
    await watch.next(({ type }) => type === 'BOOKMARK');
    await server.send('DELETE', `${WIDGETS}/waited`);
    await happened(watch, 'DELETED', 'waited');
    server.tell('initial events of one name', watch);
  },

  'one name': async (server) => {
    const from = versionOf((await server.send('GET', `${WIDGETS}?limit=1`)).body);
    const path = `${WIDGETS}?watch=true&fieldSelector=metadata.name%3Dnamed`;
    const watch = await server.watch(`${path}&resourceVersion=${from}`);
    const rows = await server.watch(`${path}&resourceVersion=${from}`, TABLE);
    await live(server, WIDGETS, 'unnamed');
    await live(server, WIDGETS, 'named');
    await happened(watch, 'DELETED', 'named');
    await rows.next(({ type }) => type === 'DELETED');
    server.tell('by name', watch);
    server.tell('as tables', rows);
  },

  'what has been forgotten': async (server) => {
    const secrets = await makeNamespace(server, 'forgotten');
    for (const name of ['a', 'b', 'c']) await server.send('POST', secrets, secret(name));
    const { body: page } = await server.send('GET', `${secrets}?limit=1`);
    await server.send('DELETE', `${secrets}/c`);
    await server.send('POST', WIDGETS, widget('remembered'));
    await server.forget();
    const refused = await server.send('GET', `${secrets}?limit=1&continue=${continueOf(page)}`);
    await server.send('GET', `${secrets}?resourceVersion=${versionOf(page)}&resourceVersionMatch=Exact`);
    await server.send('GET', `${secrets}?resourceVersion=${versionOf(page)}`);
    for (const collection of [secrets, WIDGETS]) {
      const watch = await untilServed(() =>
        server.watch(`${collection}?watch=true&resourceVersion=${versionOf(page)}`),
      );
      await watch.ended;
      server.tell('410 in the stream', watch);
    }
    const { body: now } = await server.send('GET', secrets);
    await server.send('GET', `${secrets}?limit=1&continue=${continueOf(refused.body)}`);
    const resumed = await server.watch(`${secrets}?watch=true&resourceVersion=${versionOf(now)}`);
    await live(server, secrets, 'd');
    await happened(resumed, 'DELETED', 'd');
    server.tell('and on from a new list', resumed);
  },
};
