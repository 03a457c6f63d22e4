import { afterEach, beforeEach, expect, it } from 'vitest';
import { createCertificateAuthority, loopback } from '../../data/builders/create-certificate-authority.ts';
import { createKubeHttp, type KubeHttp } from '../kube-api/kube-http.ts';
import { objectAt, stringAt } from '../kube-api/kube-object.ts';
import { readKubeconfig, writeKubeconfig } from '../kube-api/kubeconfig.ts';
import { type KubeApi, startKubeApi } from '../kube-api/start-kube-api.ts';
import { SECRETS, secret, WIDGETS, widget, widgetCrd } from '../kube-api/widget-crd.ts';
import { type FaultProxy, startFaultProxy } from './start-fault-proxy.ts';

let api: KubeApi;
let proxy: FaultProxy;
let direct: KubeHttp;
let http: KubeHttp;

beforeEach(async () => {
  api = await startKubeApi({ crds: [widgetCrd()] });
  proxy = await startFaultProxy({ kubeconfigFile: api.kubeconfigFile });
  direct = await createKubeHttp(api.kubeconfigFile);
  http = await createKubeHttp(proxy.kubeconfigFile);
});
afterEach(async () => {
  http.close();
  direct.close();
  await proxy.stop();
  await api.stop();
});

it('forgets what came before it was told to, also where the answer comes later', async () => {
  const slow = proxy.faults.add({ effect: { delayMs: 200 } });
  const answer = http.send('GET', WIDGETS);
  await expect.poll(() => slow.hits).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 2));
  proxy.requests.clear();
  expect((await answer).status).toBe(200);
  slow.remove();
  expect(proxy.requests.all()).toEqual([]);
  await http.send('GET', WIDGETS);
  expect(proxy.requests.count()).toBe(1);
});

it('knows what is under way, until its answer is there', async () => {
  const listUnderWay = () => [...proxy.underWay].map(({ verb, resource }) => `${verb} ${resource}`);
  const slow = proxy.faults.add({ effect: { delayMs: 200 } });
  const answer = http.send('POST', SECRETS, secret('slow'));
  await expect.poll(() => slow.hits).toBe(1);
  expect(listUnderWay()).toEqual(['create secrets']);
  await answer;
  await expect.poll(listUnderWay).toEqual([]);
});

it('passes requests, answers and watches through, as the user of the kubeconfig behind it', async () => {
  const watch = await http.watch(`${WIDGETS}?watch=true`);
  const created = await http.send('POST', `${WIDGETS}?fieldValidation=Warn`, widget('through', { size: 1, odd: 1 }));
  expect(created.status).toBe(201);
  expect(created.headers.warning).toContain('unknown field');
  await watch.next(({ type }) => type === 'ADDED');
  expect(api.requests.all().map(({ user }) => user)).toEqual(['kubernetes-admin', 'kubernetes-admin']);
  expect(proxy.requests.byVerb()).toEqual({ watch: 1, create: 1 });
  watch.close();
});

it('stands in front of a token user as well, and lets nobody in without its own token', async () => {
  const second = await startFaultProxy({ kubeconfigFile: await api.kubeconfigFor('somebody') });
  const client = await createKubeHttp(second.kubeconfigFile);
  expect((await client.send('GET', WIDGETS)).status).toBe(200);
  expect(api.requests.all().at(-1)).toMatchObject({ user: 'somebody' });
  expect((await client.send('GET', WIDGETS, undefined, { authorization: 'Bearer other' })).status).toBe(401);
  client.close();
  await second.stop();
});

it('refuses a chosen write as often as told, and counts it', async () => {
  const fault = proxy.faults.add({
    match: ({ verb, resource, name }) => verb === 'patch' && resource === 'secrets' && name === 'chosen',
    times: 1,
    effect: { status: 422 },
  });
  await http.send('POST', SECRETS, secret('chosen'));
  const patch = () => http.send('PATCH', `${SECRETS}/chosen`, {}, { 'content-type': 'application/merge-patch+json' });
  expect((await patch()).body).toMatchObject({ kind: 'Status', reason: 'Invalid', code: 422 });
  expect((await patch()).status).toBe(200);
  expect(fault.hits).toBe(1);
  expect(api.requests.byVerb().patch).toBe(1);
  expect(proxy.requests.count(({ status }) => status === 422)).toBe(1);
});

it('asks to slow down with a body and headers of choice', async () => {
  proxy.faults.add({ effect: { status: 429, headers: { 'retry-after': '7' }, body: { kind: 'Status' } } });
  const limited = await http.send('GET', WIDGETS);
  expect(limited).toMatchObject({ status: 429, headers: { 'retry-after': '7' }, body: { kind: 'Status' } });
  proxy.faults.clear();
  expect((await http.send('GET', WIDGETS)).status).toBe(200);
});

it('holds a request back while a delay lasts, and lets others pass', async () => {
  const order: string[] = [];
  const fault = proxy.faults.add({ match: ({ resource }) => resource === 'widgets', effect: { delayMs: 1000 } });
  const slow = http.send('GET', WIDGETS).then(() => order.push('delayed'));
  const fast = http.send('GET', SECRETS).then(() => order.push('other'));
  await Promise.all([slow, fast]);
  expect(order).toEqual(['other', 'delayed']);
  fault.remove();
});

it('cuts the connection', async () => {
  proxy.faults.add({ times: 1, effect: { cut: true } });
  await expect(http.send('GET', WIDGETS)).rejects.toThrow(/socket hang up|ECONNRESET/);
  expect((await http.send('GET', WIDGETS)).status).toBe(200);
});

it('has the target do what it is asked, tells when that is done, and cuts off who asked', async () => {
  const done: number[] = [];
  const effect = { cutReply: () => void done.push(api.requests.byVerb().create ?? 0) };
  proxy.faults.add({ match: ({ verb }) => verb === 'create', times: 1, effect });
  await expect(http.send('POST', SECRETS, secret('chosen'))).rejects.toThrow(/socket hang up|ECONNRESET/);
  expect(done).toEqual([1]);
  expect((await direct.send('GET', `${SECRETS}/chosen`)).status).toBe(200);
});

it('holds the answer for as long as the function takes that it calls', async () => {
  const order: string[] = [];
  const effect = { cutReply: () => http.send('GET', SECRETS).then(() => void order.push('function')) };
  proxy.faults.add({ match: ({ resource }) => resource === 'widgets', times: 1, effect });
  await http.send('GET', WIDGETS).catch(() => order.push('cut'));
  expect(order).toEqual(['function', 'cut']);
});

it('takes the place of the server: clients bring their own tokens and trust its certificate', async () => {
  const authority = await createCertificateAuthority({ name: 'CN=the authority of the server' });
  const certificate = await authority.issue(loopback);
  const inPlaceOf = { address: '127.0.0.1', port: 0, certificate };
  const inPlace = await startFaultProxy({ kubeconfigFile: api.kubeconfigFile, inPlaceOf });
  const { url } = await readKubeconfig(inPlace.kubeconfigFile);
  const kubeconfigFile = await api.kubeconfigFor('somebody');
  const { token = '' } = await readKubeconfig(kubeconfigFile);
  await writeKubeconfig(kubeconfigFile, { url, ca: authority.cert }, { token });
  const client = await createKubeHttp(kubeconfigFile);
  expect((await client.send('GET', WIDGETS)).status).toBe(200);
  expect(api.requests.all().at(-1)).toMatchObject({ user: 'somebody' });
  expect(inPlace.requests.count()).toBe(1);
  // Nor does it lend its own rights to who has none.
  expect((await client.send('GET', WIDGETS, undefined, { authorization: 'Bearer other' })).status).toBe(401);
  client.close();
  await inPlace.stop();
});

it('swallows a request without an answer', async () => {
  const fault = proxy.faults.add({ times: 1, effect: { blackhole: true } });
  const swallowed = http.send('GET', WIDGETS).then(
    () => 'answered',
    () => 'failed',
  );
  expect((await http.send('GET', SECRETS)).status).toBe(200);
  expect(fault.hits).toBe(1);
  expect(await Promise.race([swallowed, http.send('GET', SECRETS).then(() => 'still waiting')])).toBe('still waiting');
  expect(api.requests.count(({ resource }) => resource === 'widgets')).toBe(0);
  http.close();
  expect(await swallowed).toBe('failed');
});

it('freezes established streams without a reset, while new ones work', async () => {
  const frozen = await http.watch(`${WIDGETS}?watch=true`);
  proxy.freezeStreams();
  const fresh = await createKubeHttp(proxy.kubeconfigFile);
  const live = await fresh.watch(`${WIDGETS}?watch=true`);
  await direct.send('POST', WIDGETS, widget('unseen'));
  await live.next(({ object }) => stringAt(objectAt(object, 'metadata'), 'name') === 'unseen');
  // The target hangs up as well: not even that gets through.
  await api.restart();
  await live.ended;
  expect(frozen.events).toEqual([]);
  const outcome = await Promise.race([frozen.ended.then(() => 'ended'), fresh.send('GET', SECRETS).then(() => 'open')]);
  expect(outcome).toBe('open');
  frozen.close();
  fresh.close();
});

it('drops every connection at once', async () => {
  const watch = await http.watch(`${WIDGETS}?watch=true`);
  proxy.dropConnections();
  await watch.ended;
  expect((await http.send('GET', WIDGETS)).status).toBe(200);
});
