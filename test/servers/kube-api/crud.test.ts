import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubeHttp, type KubeHttp } from './kube-http.ts';
import { type KubeApi, startKubeApi } from './start-kube-api.ts';
import { SECRETS, secret, WIDGETS, widget, widgetCrd } from './widget-crd.ts';

let api: KubeApi;
let http: KubeHttp;

beforeAll(async () => {
  api = await startKubeApi({ crds: [widgetCrd()], namespaces: ['other'] });
  http = await createKubeHttp(api.kubeconfigFile);
});
afterAll(async () => {
  http.close();
  await api.stop();
});

const MERGE = { 'content-type': 'application/merge-patch+json' };
const JSON_PATCH = { 'content-type': 'application/json-patch+json' };
const STRATEGIC = { 'content-type': 'application/strategic-merge-patch+json' };

describe('creating', () => {
  it('fills in uid, resourceVersion, creationTimestamp and generation, and the defaults of the kind', async () => {
    const created = await http.send('POST', WIDGETS, widget('fresh'));
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      metadata: {
        name: 'fresh',
        generation: 1,
        uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
        resourceVersion: expect.stringMatching(/^\d+$/),
        creationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      },
      spec: { size: 1, color: 'red' },
    });
    expect((await http.send('GET', `${WIDGETS}/fresh`)).body).toEqual(created.body);
  });

  it('refuses a name that is taken', async () => {
    await http.send('POST', WIDGETS, widget('taken'));
    const again = await http.send('POST', WIDGETS, widget('taken'));
    expect(again.status).toBe(409);
    expect(again.body).toMatchObject({
      kind: 'Status',
      status: 'Failure',
      reason: 'AlreadyExists',
      message: 'widgets.example.test "taken" already exists',
      details: { name: 'taken', group: 'example.test', kind: 'widgets' },
    });
  });

  it('makes up a name from generateName', async () => {
    const body = { apiVersion: 'v1', kind: 'Secret', metadata: { generateName: 'made-' } };
    expect((await http.send('POST', SECRETS, body)).body).toMatchObject({
      metadata: { name: expect.stringMatching(/^made-[a-z0-9]{5}$/) },
    });
  });

  it('refuses names and labels that Kubernetes does not allow, each with its cause', async () => {
    const refused = await http.send('POST', SECRETS, secret('Sys_0000.123', { labels: { app: 'x'.repeat(64) } }));
    expect(refused.status).toBe(422);
    expect(refused.body).toMatchObject({
      reason: 'Invalid',
      details: {
        kind: 'Secret',
        causes: [
          {
            reason: 'FieldValueInvalid',
            field: 'metadata.name',
            message: expect.stringContaining('RFC 1123 subdomain'),
          },
          {
            reason: 'FieldValueInvalid',
            field: 'metadata.labels',
            message: expect.stringContaining('no more than 63 bytes'),
          },
        ],
      },
    });
    expect((await http.send('POST', SECRETS, secret(''))).body).toMatchObject({
      message: 'Secret "" is invalid: metadata.name: Required value: name or generateName is required',
    });
  });

  it('answers 404 for a namespace that is not there', async () => {
    const refused = await http.send('POST', '/api/v1/namespaces/nowhere/secrets', secret('a'));
    expect(refused.status).toBe(404);
    expect(refused.body).toMatchObject({ reason: 'NotFound', message: 'namespaces "nowhere" not found' });
  });

  it('refuses an object that names another namespace than the path', async () => {
    const refused = await http.send('POST', SECRETS, secret('a', { namespace: 'other' }));
    expect(refused.status).toBe(400);
  });

  it('stores nothing in a dry run', async () => {
    expect((await http.send('POST', `${WIDGETS}?dryRun=All`, widget('dry'))).status).toBe(201);
    expect((await http.send('GET', `${WIDGETS}/dry`)).status).toBe(404);
  });
});

describe('updating', () => {
  it('refuses an update that was made from an older version', async () => {
    const { body: old } = await http.send('POST', WIDGETS, widget('raced'));
    await http.send('PATCH', `${WIDGETS}/raced`, { spec: { size: 2 } }, MERGE);
    const late = await http.send('PUT', `${WIDGETS}/raced`, old);
    expect(late.status).toBe(409);
    expect(late.body).toMatchObject({
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on widgets.example.test "raced": the object has been modified; ' +
        'please apply your changes to the latest version and try again',
    });
  });

  it('wants a resourceVersion for custom resources, and none for Secrets', async () => {
    await http.send('POST', WIDGETS, widget('blind'));
    await http.send('POST', SECRETS, secret('blind'));
    expect((await http.send('PUT', `${WIDGETS}/blind`, widget('blind', { size: 2 }))).status).toBe(422);
    expect((await http.send('PUT', `${SECRETS}/blind`, secret('blind', { labels: { a: 'b' } }))).status).toBe(200);
  });

  it('counts a generation for a changed spec, none for metadata, and no version at all for nothing', async () => {
    await http.send('POST', WIDGETS, widget('counted'));
    const labelled = await http.send('PATCH', `${WIDGETS}/counted`, { metadata: { labels: { a: 'b' } } }, MERGE);
    expect(labelled.body).toMatchObject({ metadata: { generation: 1 } });
    const resized = await http.send('PATCH', `${WIDGETS}/counted`, { spec: { size: 5 } }, MERGE);
    expect(resized.body).toMatchObject({ metadata: { generation: 2 } });
    const same = await http.send('PATCH', `${WIDGETS}/counted`, { spec: { size: 5 } }, MERGE);
    expect(same.body).toEqual(resized.body);
  });

  it('never lets a client change uid, creationTimestamp or generation', async () => {
    const { body: created } = await http.send('POST', WIDGETS, widget('fixed'));
    const patch = { metadata: { creationTimestamp: '2001-01-01T00:00:00Z', generation: 99 } };
    expect((await http.send('PATCH', `${WIDGETS}/fixed`, patch, MERGE)).body).toEqual(created);
    const stolen = await http.send('PATCH', `${WIDGETS}/fixed`, { metadata: { uid: 'other' } }, MERGE);
    expect(stolen.body).toMatchObject({ code: 422, message: expect.stringContaining('field is immutable') });
  });
});

describe('patching', () => {
  it('merges as RFC 7386 says: null removes, lists are replaced', async () => {
    await http.send('POST', WIDGETS, widget('merged', { size: 1, labels: { a: '1', b: '2' }, parts: [{ id: 'x' }] }));
    const patch = { spec: { labels: { a: null, c: '3' }, parts: [{ id: 'y' }] } };
    expect((await http.send('PATCH', `${WIDGETS}/merged`, patch, MERGE)).body).toMatchObject({
      spec: { labels: { b: '2', c: '3' }, parts: [{ id: 'y', on: true }] },
    });
  });

  it('applies JSON patches, and refuses one whose test fails', async () => {
    await http.send('POST', WIDGETS, widget('jsoned', { size: 1 }));
    const operations = [
      { op: 'test', path: '/spec/size', value: 1 },
      { op: 'replace', path: '/spec/size', value: 2 },
    ];
    expect((await http.send('PATCH', `${WIDGETS}/jsoned`, operations, JSON_PATCH)).body).toMatchObject({
      spec: { size: 2 },
    });
    const failed = await http.send('PATCH', `${WIDGETS}/jsoned`, operations, JSON_PATCH);
    expect(failed.status).toBe(422);
    expect(failed.body).toMatchObject({ reason: 'Invalid' });
  });

  it('takes strategic merge patches for built-in kinds alone, and keys ownerReferences by uid', async () => {
    const owner = (uid: string) => ({ apiVersion: 'gone.test/v1', kind: 'Gone', name: uid, uid });
    await http.send('POST', SECRETS, secret('strategic', { ownerReferences: [owner('one')] }));
    const patch = {
      metadata: { ownerReferences: [owner('two')], '$setElementOrder/ownerReferences': [{ uid: 'two' }] },
    };
    expect((await http.send('PATCH', `${SECRETS}/strategic`, patch, STRATEGIC)).body).toMatchObject({
      metadata: { ownerReferences: [{ uid: 'one' }, { uid: 'two' }] },
    });
    await http.send('POST', WIDGETS, widget('strategic'));
    const refused = await http.send('PATCH', `${WIDGETS}/strategic`, {}, STRATEGIC);
    expect(refused.status).toBe(415);
  });

  it('does not know server-side apply', async () => {
    const headers = { 'content-type': 'application/apply-patch+yaml' };
    const refused = await http.send('PATCH', `${WIDGETS}/any?fieldManager=me`, widget('any'), headers);
    expect(refused.status).toBe(415);
    expect(refused.body).toMatchObject({ reason: 'UnsupportedMediaType' });
  });
});

describe('Secrets', () => {
  it('keeps the data in base64, takes stringData, and is Opaque without a type', async () => {
    const body = { ...secret('texts'), stringData: { token: 'säcret' } };
    const { body: created } = await http.send('POST', SECRETS, body);
    expect(created).toMatchObject({
      type: 'Opaque',
      data: { a: 'Yg==', token: Buffer.from('säcret').toString('base64') },
    });
    expect(created).not.toHaveProperty('stringData');
  });

  it('refuses data that is no base64, another type, and changes of an immutable one', async () => {
    expect((await http.send('POST', SECRETS, { ...secret('bad'), data: { a: '%' } })).status).toBe(400);
    await http.send('POST', SECRETS, { ...secret('frozen'), immutable: true });
    const retyped = await http.send('PATCH', `${SECRETS}/frozen`, { type: 'example.test/other' }, MERGE);
    expect(retyped.body).toMatchObject({
      message: expect.stringContaining('type: Invalid value: "example.test/other": field is immutable'),
    });
    const changed = await http.send('PATCH', `${SECRETS}/frozen`, { data: { a: 'YQ==' } }, MERGE);
    expect(changed.body).toMatchObject({
      message: expect.stringContaining('field is immutable when `immutable` is set'),
    });
  });
});

describe('Events and Leases', () => {
  const event = (namespace: string) => ({
    metadata: { generateName: 'e-' },
    involvedObject: { kind: 'Widget', name: 'w', ...(namespace === '' ? {} : { namespace }) },
    firstTimestamp: '2030-01-02T03:04:05.678Z',
    reason: 'Tested',
    type: 'Normal',
  });

  it('takes events about cluster-scoped objects in default alone', async () => {
    expect((await http.send('POST', '/api/v1/namespaces/other/events', event(''))).status).toBe(422);
    const created = await http.send('POST', '/api/v1/namespaces/default/events', event(''));
    expect(created.body).toMatchObject({ firstTimestamp: '2030-01-02T03:04:05Z', eventTime: null });
    expect((await http.send('POST', '/api/v1/namespaces/other/events', event('other'))).status).toBe(201);
  });

  it('finds events by the object they are about', async () => {
    const path = '/api/v1/namespaces/other/events?fieldSelector=involvedObject.name%3Dw,involvedObject.kind%3DWidget';
    expect((await http.send('GET', path)).body).toMatchObject({ items: [{ reason: 'Tested' }] });
    const none = '/api/v1/events?fieldSelector=involvedObject.name%3Dother';
    expect((await http.send('GET', none)).body).toMatchObject({ items: [] });
  });

  it('keeps the times of a Lease to the microsecond and guards it by its version', async () => {
    const path = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
    const lease = {
      metadata: { name: 'leader' },
      spec: { holderIdentity: 'a', renewTime: '2030-01-02T03:04:05.678000Z' },
    };
    const { body: created } = await http.send('POST', path, lease);
    expect(created).toMatchObject({ spec: { renewTime: '2030-01-02T03:04:05.678000Z' } });
    expect((await http.send('PUT', `${path}/leader`, lease)).status).toBe(422);
    expect((await http.send('PUT', `${path}/leader`, created)).status).toBe(200);
    const coarse = { spec: { renewTime: '2030-01-02T03:04:05.678Z' } };
    expect((await http.send('PATCH', `${path}/leader`, coarse, MERGE)).status).toBe(422);
    expect((await http.send('POST', path, { metadata: { name: 'other' }, ...coarse })).status).toBe(400);
  });
});
