import { arrayAt, type Json, objectAt, stringAt } from '../../servers/kube-api/kube-object.ts';
import { secret, WIDGETS, widget } from '../../servers/kube-api/widget-crd.ts';
import type { RecordedServer, Scenario } from './recorded-server.ts';

const NAMESPACES = '/api/v1/namespaces';
const MERGE = { 'content-type': 'application/merge-patch+json' };
const TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };

/** A namespace of its own, so that nothing else is in a list; the collection of its Secrets. */
export async function makeNamespace(server: RecordedServer, name: string): Promise<string> {
  await server.send('POST', NAMESPACES, { metadata: { name } });
  return `${NAMESPACES}/${name}/secrets`;
}

export function versionOf(body: Json): string {
  return stringAt(objectAt(body, 'metadata'), 'resourceVersion');
}

export function continueOf(body: Json): string {
  return encodeURIComponent(stringAt(objectAt(body, 'metadata'), 'continue'));
}

function namesOf(body: Json): Json[] {
  return arrayAt(body, 'items').map((item) => stringAt(objectAt(item, 'metadata'), 'name'));
}

/** What lists hold: by pages, selectors and versions. */
export const LIST_SCENARIOS: Record<string, Scenario> = {
  'pages show one moment': async (server) => {
    const secrets = await makeNamespace(server, 'pages');
    for (const name of ['a', 'b', 'c', 'd', 'e']) await server.send('POST', secrets, secret(name));
    const first = await server.send('GET', `${secrets}?limit=2`);
    await server.send('DELETE', `${secrets}/c`);
    await server.send('POST', secrets, secret('f'));
    const second = await server.send('GET', `${secrets}?limit=2&continue=${continueOf(first.body)}`);
    const third = await server.send('GET', `${secrets}?limit=2&continue=${continueOf(second.body)}`);
    const versions = [first, second, third].map(({ body }) => versionOf(body));
    server.note('the pages are of one version', new Set(versions).size === 1);
    await server.send('GET', `${secrets}?limit=5`);
    await server.send('GET', `${secrets}?limit=500`, undefined, TABLE);
    const table = await server.send('GET', `${secrets}?limit=3`, undefined, TABLE);
    await server.send('GET', `${secrets}?limit=3&continue=${continueOf(table.body)}`, undefined, TABLE);
    const rubbish = await server.ask('GET', `${secrets}?continue=rubbish`);
    server.note('a token that is none', [rubbish.status, stringAt(rubbish.body, 'reason')]);
    await server.send('GET', `${secrets}?continue=${continueOf(first.body)}&resourceVersion=1`);
    await server.send('DELETE', secrets);
    await server.send('GET', secrets);
  },

  'pages of a selection': async (server) => {
    for (const name of ['pa', 'pb', 'pc']) {
      await server.send('POST', WIDGETS, widget(name, { size: 1 }, { labels: { paged: 'yes' } }));
    }
    const first = await server.send('GET', `${WIDGETS}?limit=2&labelSelector=paged`);
    await server.send('GET', `${WIDGETS}?limit=2&labelSelector=paged&continue=${continueOf(first.body)}`);
    await server.send('GET', `${WIDGETS}?limit=2&resourceVersion=0&labelSelector=paged`);
    const all = await server.send('GET', `${WIDGETS}?limit=2`);
    await server.send('GET', `${WIDGETS}?limit=2&continue=${continueOf(all.body)}`);
    await server.send('DELETE', `${WIDGETS}?labelSelector=paged%3Dyes`);
    await server.send('GET', `${WIDGETS}?limit=500&labelSelector=paged`);
    const secrets = await makeNamespace(server, 'selected-pages');
    for (const name of ['a', 'b', 'c']) await server.send('POST', secrets, secret(name, { labels: { paged: 'yes' } }));
    const part = await server.send('GET', `${secrets}?limit=2&labelSelector=paged`);
    await server.send('GET', `${secrets}?limit=2&labelSelector=paged&continue=${continueOf(part.body)}`);
  },

  'label selectors': async (server) => {
    const secrets = await makeNamespace(server, 'labels');
    await server.send('POST', secrets, secret('one', { labels: { app: 'x', tier: 'front' } }));
    await server.send('POST', secrets, secret('two', { labels: { app: 'y' } }));
    await server.send('POST', secrets, secret('three'));
    const forms = ['app', '!app', 'app=x', 'app==x', 'app!=x', 'app in (x, y)', 'app notin (x)', 'app=x,tier=front'];
    for (const form of [...forms, 'app in (x),!none', 'app=', 'tier in (front),app!=y', '']) {
      const { body } = await server.send('GET', `${secrets}?labelSelector=${encodeURIComponent(form)}`);
      server.note(form, namesOf(body));
    }
    for (const wrong of ['app in', 'a b', 'app=x y', '=x', 'app=(x)']) {
      const { status, body } = await server.ask('GET', `${secrets}?labelSelector=${encodeURIComponent(wrong)}`);
      server.note(wrong, [status, stringAt(body, 'reason')]);
    }
  },

  'field selectors': async (server) => {
    const secrets = await makeNamespace(server, 'fields');
    await server.send('POST', secrets, secret('one'));
    await server.send('POST', secrets, { ...secret('two'), type: 'example.test/other' });
    const select = (path: string, selector: string) =>
      server.send('GET', `${path}?fieldSelector=${encodeURIComponent(selector)}`);
    for (const form of ['metadata.name=one', 'metadata.name==one', 'metadata.name!=one', 'type=Opaque']) {
      await select(secrets, form);
    }
    await select(secrets, 'metadata.name=one,metadata.namespace=fields');
    await select('/api/v1/secrets', 'metadata.name=one,metadata.namespace=fields');
    await select(secrets, 'spec.x=1');
    await select(secrets, 'rubbish');
    await server.send('POST', WIDGETS, widget('field'));
    await select(WIDGETS, 'metadata.name=field');
    await select(WIDGETS, 'spec.size=1');
    await server.send('GET', `${WIDGETS}?fieldSelector=metadata.name%3Dfield&limit=1`);
    await server.send('GET', `${WIDGETS}?fieldSelector=metadata.name%3Dfield`, undefined, TABLE);
  },

  'versions of the past': async (server) => {
    const secrets = await makeNamespace(server, 'past');
    await server.send('POST', secrets, secret('a'));
    const { body: then } = await server.send('GET', secrets);
    await server.send('POST', secrets, secret('b'));
    const { body: latest } = await server.send(
      'PATCH',
      `${secrets}/a`,
      { metadata: { labels: { now: 'yes' } } },
      MERGE,
    );
    // What may be old is answered from the server's watch cache, which follows a moment later.
    await server.send('GET', `${secrets}?resourceVersion=${versionOf(latest)}&resourceVersionMatch=NotOlderThan`);
    const version = `resourceVersion=${versionOf(then)}`;
    await server.send('GET', `${secrets}?${version}`);
    await server.send('GET', `${secrets}?${version}&resourceVersionMatch=NotOlderThan`);
    const exact = await server.send('GET', `${secrets}?${version}&resourceVersionMatch=Exact`);
    server.note('the exact version is given', versionOf(exact.body) === versionOf(then));
    await server.send('GET', `${secrets}?resourceVersion=0`);
    await server.send('GET', `${secrets}?resourceVersion=0&limit=1`);
    await server.send('GET', `${secrets}/a?resourceVersion=0`);
    await server.send('GET', `${secrets}?resourceVersion=999999999&resourceVersionMatch=Exact`);
  },
};
