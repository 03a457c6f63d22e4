import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubeHttp, type KubeHttp } from './kube-http.ts';
import { type Json, type JsonObject, objectAt, stringAt } from './kube-object.ts';
import { type KubeApi, startKubeApi } from './start-kube-api.ts';
import { SECRETS, secret, WIDGETS, widget, widgetCrd } from './widget-crd.ts';

const MERGE = { 'content-type': 'application/merge-patch+json' };

let api: KubeApi;
let http: KubeHttp;

beforeAll(async () => {
  api = await startKubeApi({ crds: [widgetCrd()] });
  http = await createKubeHttp(api.kubeconfigFile);
});
afterAll(async () => {
  http.close();
  await api.stop();
});

function uidOf(object: Json): string {
  return stringAt(objectAt(object, 'metadata'), 'uid');
}

async function createOwner(name: string): Promise<JsonObject> {
  const { body } = await http.send('POST', WIDGETS, widget(name));
  return { apiVersion: 'example.test/v1', kind: 'Widget', name, uid: uidOf(body) };
}

/** Resolves once the object is gone; the watch begins with the first version, so that it cannot come too late. */
async function gone(collection: string, name: string): Promise<void> {
  const watch = await http.watch(`${collection}?watch=true&resourceVersion=1&fieldSelector=metadata.name%3D${name}`);
  await watch.next(({ type }) => type === 'DELETED');
  watch.close();
}

describe('deleting', () => {
  it('answers what was deleted, then 404', async () => {
    const { body: created } = await http.send('POST', WIDGETS, widget('short'));
    const deleted = await http.send('DELETE', `${WIDGETS}/short`);
    expect(deleted.status).toBe(200);
    expect(deleted.body).toMatchObject({
      kind: 'Status',
      status: 'Success',
      details: { name: 'short', group: 'example.test', kind: 'widgets', uid: uidOf(created) },
    });
    expect((await http.send('DELETE', `${WIDGETS}/short`)).body).toMatchObject({ code: 404, reason: 'NotFound' });
  });

  it.each(['uid', 'resourceVersion'])('refuses when the %s is not the one expected', async (precondition) => {
    await http.send('POST', WIDGETS, widget(`guarded-${precondition.toLowerCase()}`));
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { [precondition]: '0' } };
    const refused = await http.send('DELETE', `${WIDGETS}/guarded-${precondition.toLowerCase()}`, body);
    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({
      reason: 'Conflict',
      message: expect.stringContaining('in the precondition (0) does not match'),
    });
  });

  it('waits for finalizers, and lets no new ones in meanwhile', async () => {
    await http.send('POST', WIDGETS, widget('held', { size: 1 }, { finalizers: ['example.test/hold'] }));
    expect((await http.send('DELETE', `${WIDGETS}/held`)).body).toMatchObject({
      metadata: { deletionTimestamp: expect.any(String), deletionGracePeriodSeconds: 0 },
    });
    const added = { metadata: { finalizers: ['example.test/hold', 'example.test/more'] } };
    expect((await http.send('PATCH', `${WIDGETS}/held`, added, MERGE)).status).toBe(422);
    await http.send('PATCH', `${WIDGETS}/held`, { metadata: { finalizers: null } }, MERGE);
    expect((await http.send('GET', `${WIDGETS}/held`)).status).toBe(404);
  });

  it('takes a whole collection by selector', async () => {
    await http.send('POST', SECRETS, secret('many-1', { labels: { many: 'yes' } }));
    await http.send('POST', SECRETS, secret('many-2', { labels: { many: 'yes' } }));
    await http.send('POST', SECRETS, secret('spared'));
    await http.send('DELETE', `${SECRETS}?labelSelector=many`);
    expect((await http.send('GET', `${SECRETS}/many-1`)).status).toBe(404);
    expect((await http.send('GET', `${SECRETS}/spared`)).status).toBe(200);
  });
});

describe('garbage collection', () => {
  it('deletes what an owner leaves behind, soon', async () => {
    const owner = await createOwner('parent');
    await http.send('POST', SECRETS, secret('child', { ownerReferences: [owner] }));
    await http.send('DELETE', `${WIDGETS}/parent`, { propagationPolicy: 'Background' });
    await gone(SECRETS, 'child');
  });

  it('deletes an object whose owner of that uid never was or is another one by now', async () => {
    const owner = await createOwner('reborn');
    await http.send('POST', SECRETS, secret('stale', { ownerReferences: [{ ...owner, uid: 'of-an-earlier-life' }] }));
    await gone(SECRETS, 'stale');
  });

  it('only drops the reference while another owner lives', async () => {
    const [first, second] = [await createOwner('first'), await createOwner('second')];
    await http.send('POST', SECRETS, secret('shared', { ownerReferences: [first, second] }));
    const watch = await http.watch(`${SECRETS}?watch=true&fieldSelector=metadata.name%3Dshared`);
    await http.send('DELETE', `${WIDGETS}/first`);
    const { object } = await watch.next(({ type }) => type === 'MODIFIED');
    expect(objectAt(object, 'metadata').ownerReferences).toEqual([second]);
    watch.close();
  });

  it('spares the dependents of an owner that is deleted with Orphan', async () => {
    const owner = await createOwner('leaving');
    await http.send('POST', SECRETS, secret('orphan', { ownerReferences: [owner] }));
    const leaving = gone(WIDGETS, 'leaving');
    await http.send('DELETE', `${WIDGETS}/leaving?propagationPolicy=Orphan`);
    await leaving;
    const { body } = await http.send('GET', `${SECRETS}/orphan`);
    expect(objectAt(body, 'metadata')).not.toHaveProperty('ownerReferences');
  });

  it('deletes the dependents first with Foreground', async () => {
    const owner = await createOwner('last');
    await http.send('POST', SECRETS, secret('sooner', { ownerReferences: [owner] }));
    const leaving = gone(WIDGETS, 'last');
    await http.send('DELETE', `${WIDGETS}/last`, { propagationPolicy: 'Foreground' });
    await leaving;
    expect((await http.send('GET', `${SECRETS}/sooner`)).status).toBe(404);
  });

  it('empties a namespace before it goes, and lets nothing in meanwhile', async () => {
    await http.send('POST', '/api/v1/namespaces', { metadata: { name: 'doomed' } });
    const path = '/api/v1/namespaces/doomed/secrets';
    await http.send('POST', path, secret('inside', { finalizers: ['example.test/hold'] }));
    expect((await http.send('DELETE', '/api/v1/namespaces/doomed')).body).toMatchObject({
      status: { phase: 'Terminating' },
    });
    const late = await http.send('POST', path, secret('late'));
    expect(late.body).toMatchObject({ code: 403, message: expect.stringContaining('it is being terminated') });
    const leaving = gone('/api/v1/namespaces', 'doomed');
    await http.send('PATCH', `${path}/inside`, { metadata: { finalizers: null } }, MERGE);
    await leaving;
  });
});
