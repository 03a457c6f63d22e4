import { KubeConfig, Watch } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKubeHttp, type KubeHttp, type WatchEvent } from './kube-http.ts';
import { arrayAt, type Json, objectAt, stringAt } from './kube-object.ts';
import { type KubeApi, startKubeApi } from './start-kube-api.ts';
import { SECRETS, secret, WIDGETS, widget, widgetCrd } from './widget-crd.ts';

const MERGE = { 'content-type': 'application/merge-patch+json' };
const TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };

let api: KubeApi;
let http: KubeHttp;

beforeEach(async () => {
  api = await startKubeApi({ crds: [widgetCrd()], namespaces: ['other'], bookmarkIntervalMs: 20 });
  http = await createKubeHttp(api.kubeconfigFile);
});
afterEach(async () => {
  http.close();
  await api.stop();
});

function nameOf(object: Json): string {
  return stringAt(objectAt(object, 'metadata'), 'name');
}

function versionOf(object: Json): string {
  return stringAt(objectAt(object, 'metadata'), 'resourceVersion');
}

async function listNames(query: string): Promise<string[]> {
  const { body } = await http.send('GET', `${SECRETS}?${query}`);
  return arrayAt(body, 'items').map(nameOf);
}

function isNamed(name: string, type?: string): (event: WatchEvent) => boolean {
  return (event) => nameOf(event.object) === name && (type === undefined || event.type === type);
}

describe('lists', () => {
  it('come in pages that all show the moment of the first', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await http.send('POST', SECRETS, secret(name));
    const first = await http.send('GET', `${SECRETS}?limit=2`);
    const metadata = objectAt(first.body, 'metadata');
    expect(metadata).toMatchObject({ remainingItemCount: 3 });
    await http.send('DELETE', `${SECRETS}/c`);
    await http.send('POST', SECRETS, secret('f'));
    const token = encodeURIComponent(stringAt(metadata, 'continue'));
    const second = await http.send('GET', `${SECRETS}?continue=${token}`);
    expect(arrayAt(second.body, 'items').map(nameOf)).toEqual(['c', 'd', 'e']);
    expect(versionOf(second.body)).toBe(versionOf(first.body));
  });

  it('answer 410 to a page token whose moment has been forgotten', async () => {
    for (const name of ['a', 'b']) await http.send('POST', SECRETS, secret(name));
    const first = await http.send('GET', `${SECRETS}?limit=1`);
    api.compact();
    const token = encodeURIComponent(stringAt(objectAt(first.body, 'metadata'), 'continue'));
    const second = await http.send('GET', `${SECRETS}?continue=${token}`);
    expect(second.status).toBe(410);
    expect(second.body).toMatchObject({ reason: 'Expired', code: 410 });
  });

  it('go by label selectors of every form', async () => {
    await http.send('POST', SECRETS, secret('one', { labels: { app: 'x', tier: 'front' } }));
    await http.send('POST', SECRETS, secret('two', { labels: { app: 'y' } }));
    await http.send('POST', SECRETS, secret('three'));
    const selected = (selector: string) => listNames(`labelSelector=${encodeURIComponent(selector)}`);
    expect(await selected('app=x')).toEqual(['one']);
    expect(await selected('app!=x')).toEqual(['three', 'two']);
    expect(await selected('app in (x, y),tier')).toEqual(['one']);
    expect(await selected('app notin (x)')).toEqual(['three', 'two']);
    expect(await selected('!app')).toEqual(['three']);
  });

  it('go by name and namespace in field selectors, and refuse fields they do not offer', async () => {
    await http.send('POST', SECRETS, secret('one'));
    await http.send('POST', '/api/v1/namespaces/other/secrets', secret('one'));
    expect(await listNames('fieldSelector=metadata.name%3Done')).toEqual(['one']);
    const { body } = await http.send('GET', '/api/v1/secrets?fieldSelector=metadata.namespace%3Dother');
    expect(arrayAt(body, 'items')).toHaveLength(1);
    expect((await http.send('GET', `${SECRETS}?fieldSelector=spec.x%3D1`)).status).toBe(400);
  });

  it('leave out kind and apiVersion of built-in items, but not of custom ones', async () => {
    await http.send('POST', SECRETS, secret('one'));
    await http.send('POST', WIDGETS, widget('one'));
    const secrets = await http.send('GET', SECRETS);
    expect(secrets.body).toMatchObject({ kind: 'SecretList', apiVersion: 'v1' });
    expect(arrayAt(secrets.body, 'items')[0]).not.toHaveProperty('kind');
    expect((await http.send('GET', WIDGETS)).body).toMatchObject({ kind: 'WidgetList', items: [{ kind: 'Widget' }] });
  });

  it('answer 504 for a version that has not happened yet', async () => {
    const early = await http.send('GET', `${SECRETS}?resourceVersion=999999`);
    expect(early.status).toBe(504);
    expect(early.body).toMatchObject({ details: { causes: [{ reason: 'ResourceVersionTooLarge' }] } });
  });
});

describe('watches', () => {
  it('begin with what is there when no version is given, and go on with what happens', async () => {
    await http.send('POST', WIDGETS, widget('before'));
    const watch = await http.watch(`${WIDGETS}?watch=true`);
    await watch.next(isNamed('before', 'ADDED'));
    await http.send('POST', WIDGETS, widget('after'));
    await http.send('PATCH', `${WIDGETS}/after`, { spec: { size: 2 } }, MERGE);
    await http.send('DELETE', `${WIDGETS}/after`);
    const deleted = await watch.next(isNamed('after', 'DELETED'));
    expect(watch.events.map(({ type, object }) => [type, nameOf(object)])).toEqual([
      ['ADDED', 'before'],
      ['ADDED', 'after'],
      ['MODIFIED', 'after'],
      ['DELETED', 'after'],
    ]);
    expect(Number(versionOf(deleted.object))).toBeGreaterThan(Number(versionOf(watch.events[2]?.object ?? null)));
    watch.close();
  });

  it('resume after a version with exactly what was missed', async () => {
    await http.send('POST', WIDGETS, widget('one'));
    const { body: list } = await http.send('GET', WIDGETS);
    await http.send('POST', WIDGETS, widget('two'));
    await http.send('POST', SECRETS, secret('unrelated'));
    const watch = await http.watch(`${WIDGETS}?watch=1&resourceVersion=${versionOf(list)}`);
    await watch.next(isNamed('two'));
    expect(watch.events).toHaveLength(1);
    watch.close();
  });

  it('say 410 in the stream when the version has been forgotten', async () => {
    const { body: list } = await http.send('GET', WIDGETS);
    api.compact();
    const watch = await http.watch(`${WIDGETS}?watch=true&resourceVersion=${versionOf(list)}`);
    expect(watch.status).toBe(200);
    await watch.ended;
    expect(watch.events).toMatchObject([{ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } }]);
  });

  it('see an object come and go with its labels', async () => {
    const watch = await http.watch(`${SECRETS}?watch=true&labelSelector=app%3Dx`);
    await http.send('POST', SECRETS, secret('one'));
    await http.send('PATCH', `${SECRETS}/one`, { metadata: { labels: { app: 'x' } } }, MERGE);
    await http.send('PATCH', `${SECRETS}/one`, { metadata: { labels: null } }, MERGE);
    await watch.next(({ type }) => type === 'DELETED');
    expect(watch.events.map(({ type }) => type)).toEqual(['ADDED', 'DELETED']);
    watch.close();
  });

  it('get bookmarks with the version of now, when they allow them', async () => {
    const watch = await http.watch(`${WIDGETS}?watch=true&allowWatchBookmarks=true`);
    await http.send('POST', SECRETS, secret('elsewhere'));
    const { body: list } = await http.send('GET', WIDGETS);
    const bookmark = await watch.next(
      ({ type, object }) => type === 'BOOKMARK' && versionOf(object) === versionOf(list),
    );
    expect(bookmark.object).toMatchObject({ kind: 'Widget', apiVersion: 'example.test/v1' });
    watch.close();
  });

  it('mark the end of the initial events for clients that stream their lists', async () => {
    await http.send('POST', WIDGETS, widget('one'));
    const query = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const watch = await http.watch(`${WIDGETS}?watch=true&${query}`);
    await watch.next(
      ({ object }) =>
        stringAt(objectAt(objectAt(object, 'metadata'), 'annotations'), 'k8s.io/initial-events-end') === 'true',
    );
    expect(watch.events.map(({ type }) => type).slice(0, 2)).toEqual(['ADDED', 'BOOKMARK']);
    watch.close();
  });

  it('end after their timeout', async () => {
    const watch = await http.watch(`${WIDGETS}?watch=true&timeoutSeconds=1`);
    await watch.ended;
    expect(watch.events).toEqual([]);
  });

  it('come as tables for kubectl, with headers in the first event alone', async () => {
    const watch = await http.watch(`${WIDGETS}?watch=true`, TABLE);
    await http.send('POST', WIDGETS, widget('one'));
    await http.send('DELETE', `${WIDGETS}/one`);
    await watch.next(({ type }) => type === 'DELETED');
    expect(watch.events).toMatchObject([
      { type: 'ADDED', object: { kind: 'Table', columnDefinitions: [{ name: 'Name' }, {}, {}, {}], rows: [{}] } },
      { type: 'DELETED', object: { kind: 'Table', columnDefinitions: null, rows: [{}] } },
    ]);
    watch.close();
  });

  it('serve the Watch of client-node', async () => {
    const config = new KubeConfig();
    config.loadFromFile(api.kubeconfigFile);
    const seen: string[] = [];
    const finished = Promise.withResolvers<void>();
    const controller = await new Watch(config).watch(
      WIDGETS,
      {},
      (phase, object) => {
        seen.push(`${phase} ${nameOf(object)}`);
        if (phase === 'DELETED') controller.abort();
      },
      () => finished.resolve(),
    );
    await http.send('POST', WIDGETS, widget('one'));
    await http.send('DELETE', `${WIDGETS}/one`);
    await finished.promise;
    expect(seen).toEqual(['ADDED one', 'DELETED one']);
  });
});

describe('a restart of the server', () => {
  it('cuts the watches, and keeps the objects, the versions and the port', async () => {
    const { body: created } = await http.send('POST', WIDGETS, widget('kept'));
    const watch = await http.watch(`${WIDGETS}?watch=true`);
    await api.restart();
    await watch.ended;
    expect((await http.send('GET', `${WIDGETS}/kept`)).body).toEqual(created);
    const resumed = await http.watch(`${WIDGETS}?watch=true&resourceVersion=${versionOf(created)}`);
    await http.send('DELETE', `${WIDGETS}/kept`);
    await resumed.next(({ type }) => type === 'DELETED');
    resumed.close();
  });
});
