import type { OpenWatch } from '../../servers/kube-api/kube-http.ts';
import { type JsonObject, objectAt, stringAt } from '../../servers/kube-api/kube-object.ts';
import { secret } from '../../servers/kube-api/widget-crd.ts';
import { makeNamespace, versionOf } from './list-scenarios.ts';
import type { RecordedServer, Scenario } from './recorded-server.ts';

const GROUP = 'applicationconnector.kyma-project.io/v1alpha1';
const APPLICATIONS = `/apis/${GROUP}/applications`;
const MERGE = { 'content-type': 'application/merge-patch+json' };

/** Creates an Application and returns the reference by which others say that they belong to it. */
async function createOwner(server: RecordedServer, name: string): Promise<JsonObject> {
  const { body } = await server.send('POST', APPLICATIONS, {
    apiVersion: GROUP,
    kind: 'Application',
    metadata: { name },
    spec: { description: 'an owner', services: [] },
  });
  return { apiVersion: GROUP, kind: 'Application', name, uid: stringAt(objectAt(body, 'metadata'), 'uid') };
}

async function watchNow(server: RecordedServer, collection: string): Promise<OpenWatch> {
  const { body } = await server.send('GET', collection);
  return server.watch(`${collection}?watch=true&resourceVersion=${versionOf(body)}`);
}

/** What goes only as it should: deletion by uid, and with an owner, by the garbage collector a moment later. */
export const OWNERSHIP_SCENARIOS: Record<string, Scenario> = {
  'delete with preconditions': async (server) => {
    const secrets = await makeNamespace(server, 'guarded');
    const { body: first } = await server.send('POST', secrets, secret('guarded'));
    const { uid = '', resourceVersion = '' } = objectAt(first, 'metadata');
    await server.send('PATCH', `${secrets}/guarded`, { metadata: { labels: { a: 'b' } } }, MERGE);
    const options = (preconditions: JsonObject) => ({ apiVersion: 'v1', kind: 'DeleteOptions', preconditions });
    const stale = await server.send('DELETE', `${secrets}/guarded`, options({ uid, resourceVersion }));
    server.note('an old version is refused', stale.status);
    await server.send('DELETE', `${secrets}/guarded`, options({ uid: '0f5b1a0e-6f1c-4c39-9f3e-3c1d0a5e7b11' }));
    await server.send('DELETE', `${secrets}/guarded?dryRun=All`);
    await server.send('DELETE', `${secrets}/guarded`, { ...options({ uid }), dryRun: ['All'] });
    const background = { ...options({ uid }), propagationPolicy: 'Background' };
    await server.send('DELETE', `${secrets}/guarded`, background);
    await server.send('DELETE', `${secrets}/guarded`, background);
    const owner = await createOwner(server, 'guarded');
    await server.send('DELETE', `${APPLICATIONS}/guarded`, options({ uid }));
    await server.send('DELETE', `${APPLICATIONS}/guarded`, options({ uid: owner.uid ?? '' }));
  },

  'ownerReferences that are refused': async (server) => {
    const secrets = await makeNamespace(server, 'references');
    const owner = { apiVersion: GROUP, kind: 'Application', name: 'a', uid: '0f5b1a0e-6f1c-4c39-9f3e-3c1d0a5e7b11' };
    for (const key of ['apiVersion', 'kind', 'name', 'uid']) {
      await server.send('POST', secrets, secret('owned', { ownerReferences: [{ ...owner, [key]: '' }] }));
    }
    const controllers = ['a', 'b'].map((name) => ({ ...owner, name, uid: name, controller: true }));
    await server.send('POST', secrets, secret('owned', { ownerReferences: controllers }));
  },

  'an owner goes': async (server) => {
    const secrets = await makeNamespace(server, 'owner-goes');
    const owner = await createOwner(server, 'owner-goes');
    await server.send('POST', secrets, secret('owned', { ownerReferences: [owner] }));
    const watch = await watchNow(server, secrets);
    await server.send('DELETE', `${APPLICATIONS}/owner-goes`, { propagationPolicy: 'Background' });
    await watch.next(({ type }) => type === 'DELETED');
    server.tell('what it owned goes too', watch);
    await server.send('GET', `${secrets}/owned`);
  },

  'an owner of a uid that nobody has': async (server) => {
    const secrets = await makeNamespace(server, 'owner-reborn');
    const first = await createOwner(server, 'owner-reborn');
    await server.send('DELETE', `${APPLICATIONS}/owner-reborn`);
    const second = await createOwner(server, 'owner-reborn');
    server.note('the same name, another uid', first.uid !== second.uid);
    const watch = await watchNow(server, secrets);
    await server.send('POST', secrets, secret('of-the-second', { ownerReferences: [second] }));
    await server.send('POST', secrets, secret('of-the-first', { ownerReferences: [first] }));
    await watch.next(({ type }) => type === 'DELETED');
    server.tell('what belonged to the first goes', watch);
    await server.send('GET', `${secrets}/of-the-second`);
  },

  'one of two owners goes': async (server) => {
    const secrets = await makeNamespace(server, 'owner-shared');
    const owners = [await createOwner(server, 'owner-one'), await createOwner(server, 'owner-two')];
    await server.send('POST', secrets, secret('shared', { ownerReferences: owners }));
    const watch = await watchNow(server, secrets);
    await server.send('DELETE', `${APPLICATIONS}/owner-one`);
    await watch.next(({ type }) => type === 'MODIFIED');
    server.tell('its reference alone goes', watch);
  },

  'an owner leaves orphans': async (server) => {
    const secrets = await makeNamespace(server, 'owner-orphans');
    const owner = await createOwner(server, 'owner-orphans');
    await server.send('POST', secrets, secret('orphan', { ownerReferences: [owner] }));
    const [watch, owners] = [await watchNow(server, secrets), await watchNow(server, APPLICATIONS)];
    await server.send('DELETE', `${APPLICATIONS}/owner-orphans`, { propagationPolicy: 'Orphan' });
    await watch.next(({ type }) => type === 'MODIFIED');
    await owners.next(({ type }) => type === 'DELETED');
    server.tell('the owned', watch);
    owners.close();
    await server.send('GET', `${APPLICATIONS}/owner-orphans`);
    await server.send('GET', `${secrets}/orphan`);
  },

  'an owner goes last': async (server) => {
    const secrets = await makeNamespace(server, 'owner-last');
    const owner = await createOwner(server, 'owner-last');
    const blocking = { ...owner, blockOwnerDeletion: true };
    await server.send('POST', secrets, secret('owned', { ownerReferences: [blocking] }));
    const owners = await watchNow(server, APPLICATIONS);
    await server.send('DELETE', `${APPLICATIONS}/owner-last`, { propagationPolicy: 'Foreground' });
    await owners.next(({ type }) => type === 'DELETED');
    owners.close();
    await server.send('GET', `${secrets}/owned`);
  },

  'Events of a cluster-scoped object': async (server) => {
    const owner = await createOwner(server, 'told');
    const tell = (namespace: string, involved: JsonObject) =>
      server.send('POST', `/api/v1/namespaces/${namespace}/events`, {
        metadata: { name: `told.${namespace}` },
        involvedObject: involved,
        type: 'Normal',
        reason: 'Told',
        message: 'once',
        source: { component: 'conformance' },
      });
    await tell('kyma-system', owner);
    await tell('kyma-system', { ...owner, namespace: 'default' });
    await tell('default', owner);
    await tell('istio-system', { ...owner, namespace: 'istio-system' });
    const selector = `involvedObject.name=told,involvedObject.uid=${stringAt(owner, 'uid')}`;
    const events = await server.send(
      'GET',
      `/api/v1/namespaces/default/events?fieldSelector=${encodeURIComponent(selector)}`,
    );
    server.note('found by its uid', events.status);
    await server.send('GET', '/api/v1/events?fieldSelector=involvedObject.name%3Dtold&limit=500');
  },
};
