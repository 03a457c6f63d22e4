import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubeHttp, type KubeHttp } from './kube-http.ts';
import { objectAt } from './kube-object.ts';
import { type KubeApi, startKubeApi } from './start-kube-api.ts';
import { WIDGETS, widget, widgetCrd } from './widget-crd.ts';

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const MERGE = { 'content-type': 'application/merge-patch+json' };
const TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };

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

describe('validation', () => {
  it.each([
    [{}, 'spec.size: Required value'],
    [{ size: 'big' }, 'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"'],
    [{ size: 0 }, 'spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1'],
    [{ size: 10 }, 'spec.size: Invalid value: 10: spec.size in body should be less than or equal to 9'],
    [{ size: 1, color: 'blue' }, 'spec.color: Unsupported value: "blue": supported values: "red", "green"'],
    [{ size: 1, label: 'abcdef' }, 'spec.label: Too long: may not be more than 5 bytes'],
    [{ size: 1, label: 'A' }, `spec.label: Invalid value: "A": spec.label in body should match '^[a-z]*$'`],
    [{ size: 1, parts: [{ id: 'a' }, {}] }, 'spec.parts[1].id: Required value'],
    [
      { size: 1, labels: { a: 1 } },
      'spec.labels.a: Invalid value: "integer": spec.labels.a in body must be of type string: "integer"',
    ],
  ])('refuses %j in the words of the real server', async (spec, message) => {
    const refused = await http.send('POST', WIDGETS, widget('wrong', spec));
    expect(refused.status).toBe(422);
    expect(refused.body).toMatchObject({
      reason: 'Invalid',
      message: `Widget.example.test "wrong" is invalid: ${message}`,
      details: { name: 'wrong', group: 'example.test', kind: 'Widget' },
    });
  });

  it('takes null where the schema says nullable', async () => {
    expect((await http.send('POST', WIDGETS, widget('nulls', { size: 1, labels: null }))).body).toMatchObject({
      spec: { labels: null },
    });
  });

  it('refuses two entries of one key in a keyed list', async () => {
    await http.send('POST', WIDGETS, widget('keyed'));
    const status = { conditions: [{ type: 'Ready' }, { type: 'Ready' }] };
    const refused = await http.send('PATCH', `${WIDGETS}/keyed/status`, { status }, MERGE);
    expect(refused.body).toMatchObject({
      message: 'Widget.example.test "keyed" is invalid: status.conditions[1]: Duplicate value: {"type":"Ready"}',
    });
  });
});

describe('unknown fields', () => {
  const spec = { size: 1, extra: 1, free: { any: 'thing' }, parts: [{ id: 'a', odd: 2 }] };

  it('are dropped, with a warning unless the client wants none', async () => {
    const created = await http.send('POST', WIDGETS, widget('pruned', spec));
    expect(created.headers.warning).toBe(
      '299 - "unknown field \\"spec.extra\\"", 299 - "unknown field \\"spec.parts[0].odd\\""',
    );
    expect(objectAt(created.body, 'spec')).toEqual({
      size: 1,
      color: 'red',
      free: { any: 'thing' },
      parts: [{ id: 'a', on: true }],
    });
    const silent = await http.send('POST', `${WIDGETS}?fieldValidation=Ignore&dryRun=All`, widget('silent', spec));
    expect(silent.headers.warning).toBeUndefined();
  });

  it('are refused where the client asks for strictness, as kubectl does', async () => {
    const refused = await http.send('POST', `${WIDGETS}?fieldValidation=Strict`, widget('strict', spec));
    expect(refused.status).toBe(400);
    expect(refused.body).toMatchObject({
      message: expect.stringContaining(
        'strict decoding error: unknown field "spec.extra", unknown field "spec.parts[0].odd"',
      ),
    });
  });
});

describe('the status subresource', () => {
  it('separates who may write what', async () => {
    const { body: created } = await http.send('POST', WIDGETS, {
      ...widget('split'),
      status: { seen: '2030-01-01T00:00:00Z' },
    });
    expect(created).not.toHaveProperty('status');
    const patch = { spec: { size: 7 }, status: { conditions: [{ type: 'Ready', status: 'True' }] } };
    const viaStatus = await http.send('PATCH', `${WIDGETS}/split/status`, patch, MERGE);
    expect(viaStatus.body).toMatchObject({
      metadata: { generation: 1 },
      spec: { size: 1 },
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    });
    const viaMain = await http.send('PATCH', `${WIDGETS}/split`, { spec: { size: 7 }, status: null }, MERGE);
    expect(viaMain.body).toMatchObject({ metadata: { generation: 2 }, spec: { size: 7 }, status: patch.status });
  });

  it('is 404 where the CRD does not declare it, and the status is then written with the rest', async () => {
    const plain = await startKubeApi({ crds: [widgetCrd({ status: false })] });
    const client = await createKubeHttp(plain.kubeconfigFile);
    const seen = '2030-01-01T00:00:00Z';
    const created = await client.send('POST', WIDGETS, { ...widget('whole'), status: { seen } });
    expect(created.body).toMatchObject({ status: { seen } });
    expect((await client.send('PATCH', `${WIDGETS}/whole/status`, { status: {} }, MERGE)).status).toBe(404);
    client.close();
    await plain.stop();
  });
});

describe('tables', () => {
  it('have the columns of the CRD, and the metadata of each object', async () => {
    const spec = { size: 4 };
    await http.send('POST', WIDGETS, widget('listed', spec, { labels: { table: 'yes' } }));
    const status = { conditions: [{ type: 'Ready', status: 'False' }] };
    await http.send('PATCH', `${WIDGETS}/listed/status`, { status }, MERGE);
    const { body } = await http.send('GET', `${WIDGETS}?labelSelector=table`, undefined, TABLE);
    expect(body).toMatchObject({
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      columnDefinitions: [
        { name: 'Name', format: 'name' },
        { name: 'Size' },
        { name: 'Ready' },
        { name: 'Age', type: 'date' },
      ],
      rows: [
        { cells: ['listed', 4, 'False', expect.stringMatching(/^\d+s$/)], object: { kind: 'PartialObjectMetadata' } },
      ],
    });
  });

  it('leave a cell empty where the object has nothing to show', async () => {
    await http.send('POST', WIDGETS, widget('bare'));
    const { body } = await http.send('GET', `${WIDGETS}/bare`, undefined, TABLE);
    expect(body).toMatchObject({ rows: [{ cells: ['bare', 1, null, expect.any(String)] }] });
  });
});

describe('CustomResourceDefinitions', () => {
  it('are established at once and appear in discovery', async () => {
    expect((await http.send('GET', `${CRDS}/widgets.example.test`)).body).toMatchObject({
      status: {
        conditions: expect.arrayContaining([expect.objectContaining({ type: 'Established', status: 'True' })]),
        storedVersions: ['v1'],
      },
    });
    expect((await http.send('GET', '/apis/example.test/v1')).body).toMatchObject({
      resources: [{ name: 'widgets', kind: 'Widget', shortNames: ['wd'] }, { name: 'widgets/status' }],
    });
  });

  it('are refused when they contradict themselves', async () => {
    const wrong = { ...widgetCrd(), metadata: { name: 'gadgets.example.test' } };
    expect((await http.send('POST', CRDS, wrong)).body).toMatchObject({
      message: expect.stringContaining('must be spec.names.plural+"."+spec.group'),
    });
  });

  it('rule what existing objects look like from the moment they change, and end the watches', async () => {
    await http.send('POST', WIDGETS, widget('older', { size: 1, label: 'abc' }));
    const watch = await http.watch(`${WIDGETS}?watch=true`);
    const { body: crd } = await http.send('GET', `${CRDS}/widgets.example.test`);
    const changed = widgetCrd({ properties: { weight: { type: 'integer', default: 3 }, label: { type: 'integer' } } });
    const metadata = objectAt(crd, 'metadata');
    expect((await http.send('PUT', `${CRDS}/widgets.example.test`, { ...changed, metadata })).status).toBe(200);
    await watch.ended;
    expect((await http.send('GET', `${WIDGETS}/older`)).body).toMatchObject({ spec: { weight: 3 } });
  });

  it('take their objects with them when they are deleted', async () => {
    const watch = await http.watch(`${WIDGETS}?watch=true&fieldSelector=metadata.name%3Dolder`);
    expect((await http.send('DELETE', `${CRDS}/widgets.example.test`)).status).toBe(200);
    await watch.next(({ type }) => type === 'DELETED');
    expect((await http.send('GET', WIDGETS)).status).toBe(404);
    await http.send('POST', CRDS, widgetCrd());
    expect((await http.send('GET', WIDGETS)).body).toMatchObject({ items: [] });
  });
});
