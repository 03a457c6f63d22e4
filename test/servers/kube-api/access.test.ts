import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubeHttp, type KubeHttp } from './kube-http.ts';
import { type KubeApi, startKubeApi } from './start-kube-api.ts';
import { SECRETS, secret, WIDGETS, widgetCrd } from './widget-crd.ts';

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

/** A request without client certificate. */
async function sendBare(path: string, headers: Record<string, string> = {}): Promise<number> {
  const ca = await readFile(api.caFile);
  return new Promise((resolve, reject) => {
    const outgoing = request(new URL(path, api.url), { ca, headers, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    outgoing.once('error', reject).end();
  });
}

describe('authentication', () => {
  it('knows the administrator by certificate and others by token', async () => {
    const user = await createKubeHttp(await api.kubeconfigFor('system:serviceaccount:kyma-system:agent'));
    api.requests.clear();
    await http.send('GET', SECRETS);
    await user.send('GET', SECRETS);
    expect(api.requests.all().map((entry) => entry.user)).toEqual([
      'kubernetes-admin',
      'system:serviceaccount:kyma-system:agent',
    ]);
    user.close();
  });

  it('answers 401 to a token it does not know, and 403 to nobody in particular', async () => {
    expect(await sendBare(SECRETS, { authorization: 'Bearer invented' })).toBe(401);
    expect(await sendBare(SECRETS)).toBe(403);
    expect(await sendBare('/readyz')).toBe(200);
    expect(await sendBare('/version')).toBe(200);
  });
});

describe('deny rules', () => {
  it('refuse in the words of RBAC until they are removed', async () => {
    const rule = api.deny({ verb: 'list', resource: 'secrets', namespace: 'default' });
    const refused = await http.send('GET', SECRETS);
    expect(refused.status).toBe(403);
    expect(refused.body).toMatchObject({
      reason: 'Forbidden',
      message:
        'secrets is forbidden: User "kubernetes-admin" cannot list resource "secrets" in API group "" ' +
        'in the namespace "default"',
    });
    expect((await http.send('GET', '/api/v1/namespaces/kyma-system/secrets')).status).toBe(200);
    rule.remove();
    expect((await http.send('GET', SECRETS)).status).toBe(200);
  });

  it('go by name, also where a watch asks for one name', async () => {
    const rule = api.deny({ resource: 'widgets', name: 'private' });
    const refused = await http.send('GET', `${WIDGETS}?watch=true&fieldSelector=metadata.name%3Dprivate`);
    expect(refused.body).toMatchObject({
      message:
        'widgets.example.test "private" is forbidden: User "kubernetes-admin" cannot watch resource "widgets" ' +
        'in API group "example.test" at the cluster scope',
    });
    expect((await http.send('GET', WIDGETS)).status).toBe(200);
    rule.remove();
  });

  it('tell a subresource from its resource', async () => {
    const rule = api.deny({ resource: 'widgets/status' });
    expect((await http.send('GET', `${WIDGETS}/any/status`)).status).toBe(403);
    expect((await http.send('GET', `${WIDGETS}/any`)).status).toBe(404);
    rule.remove();
  });

  it('answer access reviews', async () => {
    const rule = api.deny({ verb: 'patch', resource: 'secrets' });
    const review = async (verb: string) => {
      const spec = { resourceAttributes: { verb, resource: 'secrets', namespace: 'default' } };
      return (await http.send('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { spec })).body;
    };
    expect(await review('patch')).toMatchObject({ status: { allowed: false } });
    expect(await review('get')).toMatchObject({ status: { allowed: true } });
    rule.remove();
  });
});

describe('the request log', () => {
  it('holds every request for resources, by verb and outcome', async () => {
    api.requests.clear();
    await http.send('POST', SECRETS, secret('logged'));
    await http.send('GET', `${SECRETS}/logged`);
    await http.send('GET', `${SECRETS}/missing`);
    await http.send('GET', '/apis');
    const watch = await http.watch(`${WIDGETS}?watch=true`);
    watch.close();
    expect(api.requests.byVerb()).toEqual({ create: 1, get: 2, watch: 1 });
    expect(api.requests.count(({ status }) => status === 404)).toBe(1);
    expect(api.requests.all()[0]).toMatchObject({
      verb: 'create',
      group: '',
      resource: 'secrets',
      namespace: 'default',
      status: 201,
      at: expect.any(Date),
    });
  });
});

describe('what the server does not have', () => {
  it('is 404 or 405, and 406 for media types it cannot write', async () => {
    expect((await http.send('GET', '/apis/apps/v1/namespaces/default/deployments')).body).toBe('404 page not found\n');
    expect((await http.send('GET', '/api/v1/pods')).body).toMatchObject({ code: 404, reason: 'NotFound' });
    expect((await http.send('POST', '/api/v1/secrets', secret('a'))).status).toBe(405);
    expect((await http.send('PUT', SECRETS, secret('a'))).status).toBe(405);
    expect((await http.send('GET', SECRETS, undefined, { accept: 'text/html' })).status).toBe(406);
  });

  it('is 400 for a body that is no JSON and 413 for one that is too large', async () => {
    expect((await http.send('POST', SECRETS, '{"a":')).status).toBe(400);
    const large = { ...secret('large'), data: { a: 'A'.repeat(4 * 1024 * 1024) } };
    expect((await http.send('POST', SECRETS, large)).status).toBe(413);
  });
});

describe('what kubectl asks first', () => {
  it('is answered with aggregated discovery', async () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
    const answer = await http.send('GET', '/apis', undefined, { accept });
    expect(answer.headers['content-type']).toBe('application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList');
    expect(answer.body).toMatchObject({
      kind: 'APIGroupDiscoveryList',
      items: expect.arrayContaining([
        expect.objectContaining({
          metadata: expect.objectContaining({ name: 'example.test' }),
          versions: [
            expect.objectContaining({
              resources: [
                expect.objectContaining({
                  resource: 'widgets',
                  scope: 'Cluster',
                  subresources: [expect.objectContaining({ subresource: 'status' })],
                }),
              ],
            }),
          ],
        }),
      ]),
    });
  });

  it('is answered with an OpenAPI document that says that the server validates fields', async () => {
    expect((await http.send('GET', '/openapi/v3')).body).toMatchObject({
      paths: { 'apis/example.test/v1': { serverRelativeURL: '/openapi/v3/apis/example.test/v1' } },
    });
    expect((await http.send('GET', '/openapi/v3/apis/example.test/v1')).body).toMatchObject({
      paths: {
        '/apis/example.test/v1/widgets/{name}': {
          patch: { parameters: expect.arrayContaining([expect.objectContaining({ name: 'fieldValidation' })]) },
        },
      },
    });
  });

  it('may come as protobuf, as kubectl create sends its Secrets', async () => {
    const text = (number: number, value: string) =>
      Buffer.concat([Buffer.from([(number << 3) | 2, value.length]), Buffer.from(value)]);
    const message = (number: number, ...parts: Buffer[]) => text(number, Buffer.concat(parts).toString('latin1'));
    const raw = message(
      2,
      message(1, text(1, 'packed')),
      message(2, text(1, 'token'), text(2, 'abc')),
      text(3, 'Opaque'),
    );
    const body = Buffer.concat([Buffer.from('k8s\0'), message(1, text(1, 'v1'), text(2, 'Secret')), raw]).toString(
      'latin1',
    );
    const headers = { 'content-type': 'application/vnd.kubernetes.protobuf' };
    const created = await http.send('POST', SECRETS, body, headers);
    expect(created.body).toMatchObject({ metadata: { name: 'packed' }, type: 'Opaque', data: { token: 'YWJj' } });
  });
});
