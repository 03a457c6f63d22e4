import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createKubectl, type Kubectl } from './create-kubectl.ts';
import type { JsonObject } from './kube-object.ts';
import { type KubeApi, startKubeApi } from './start-kube-api.ts';
import { secret, widget, widgetCrd } from './widget-crd.ts';

let api: KubeApi;
let kubectl: Kubectl;

beforeAll(async () => {
  api = await startKubeApi({ crds: [widgetCrd()] });
  kubectl = await createKubectl(api.kubeconfigFile);
});
afterAll(async () => {
  await api.stop();
  await kubectl?.remove();
});

async function succeed(args: string[], input?: JsonObject): Promise<string> {
  const { code, output } = await kubectl.run(args, input);
  expect({ code, output }).toMatchObject({ code: 0 });
  return output;
}

it('lists what there is by short names, as tables', async () => {
  expect(await succeed(['api-resources'])).toMatch(/^widgets +wd +example.test\/v1 +false +Widget$/m);
  expect(await succeed(['get', 'ns'])).toMatch(/^kyma-system +Active/m);
  expect(await succeed(['get', 'crd'])).toContain('widgets.example.test');
});

it('applies, applies again, and changes by applying', async () => {
  expect(await succeed(['apply', '-f', '-'], widget('applied'))).toContain('created');
  expect(await succeed(['apply', '-f', '-'], widget('applied'))).toContain('unchanged');
  expect(await succeed(['apply', '-f', '-'], widget('applied', { size: 2 }))).toContain('configured');
  expect(await succeed(['get', 'wd', 'applied'])).toMatch(/^applied +2 /m);
  expect(await succeed(['apply', '-n', 'default', '-f', '-'], secret('applied'))).toContain('created');
  const { data: _, ...emptied } = secret('applied', { labels: { a: 'b' } });
  await succeed(['apply', '-n', 'default', '-f', '-'], emptied);
  expect(await succeed(['get', 'secret', 'applied', '-o', 'jsonpath={.data}{.metadata.labels.a}'])).toBe('b');
});

it('refuses unknown fields as strictly as kubectl asks', async () => {
  const { code, output } = await kubectl.run(['apply', '-f', '-'], widget('strict', { size: 1, extra: 1 }));
  expect(code).toBe(1);
  expect(output).toContain('strict decoding error: unknown field "spec.extra"');
});

it('annotates, labels and patches', async () => {
  await succeed(['create', '-f', '-'], widget('changed'));
  await succeed(['annotate', 'wd', 'changed', 'example.test/note=1']);
  await succeed(['label', 'wd', 'changed', 'tier=front']);
  await succeed(['patch', 'wd', 'changed', '--type=merge', '-p', '{"spec":{"size":3}}']);
  await succeed(['patch', 'wd', 'changed', '--type=json', '-p', '[{"op":"add","path":"/spec/label","value":"abc"}]']);
  const status = '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}';
  await succeed(['patch', 'wd', 'changed', '--subresource=status', '--type=merge', '-p', status]);
  expect(await succeed(['get', 'wd', '-l', 'tier=front'])).toMatch(/^changed +3 +True /m);
  expect(await succeed(['describe', 'wd', 'changed'])).toMatch(/Annotations: +example.test\/note: 1/);
});

it('creates Secrets, ConfigMaps and namespaces from the command line', async () => {
  await succeed(['create', 'namespace', 'made']);
  await succeed(['create', 'secret', 'generic', 'token', '-n', 'made', '--from-literal=TOKEN=abc']);
  await succeed(['create', 'configmap', 'settings', '-n', 'made', '--from-literal=a=b']);
  expect(await succeed(['get', 'secret', 'token', '-n', 'made', '-o', 'jsonpath={.data.TOKEN}'])).toBe('YWJj');
  await succeed(['delete', 'namespace', 'made']);
  expect((await kubectl.run(['get', 'secret', 'token', '-n', 'made'])).output).toContain('not found');
});

it('waits for conditions and for deletion', async () => {
  await succeed(['create', '-f', '-'], widget('awaited'));
  const waiting = kubectl.run(['wait', 'wd/awaited', '--for=condition=Ready', '--timeout=60s']);
  const status = '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}';
  await succeed(['patch', 'wd', 'awaited', '--subresource=status', '--type=merge', '-p', status]);
  expect(await waiting).toMatchObject({ code: 0, output: expect.stringContaining('condition met') });
  const leaving = kubectl.run(['wait', 'wd/awaited', '--for=delete', '--timeout=60s']);
  await succeed(['delete', 'wd', 'awaited']);
  expect(await leaving).toMatchObject({ code: 0 });
});

it('follows changes with get -w', async () => {
  await succeed(['create', '-f', '-'], widget('followed'));
  const watchesBefore = api.requests.byVerb().watch;
  const watching = kubectl.run(['get', 'wd', 'followed', '-w'], undefined, /^followed +8 /m);
  // Of a single object kubectl swallows what happens before its watch has begun.
  await vi.waitUntil(() => api.requests.byVerb().watch !== watchesBefore, 30_000);
  await succeed(['patch', 'wd', 'followed', '--type=merge', '-p', '{"spec":{"size":8}}']);
  expect((await watching).output).toMatch(/^followed +8 /m);
});

it('shows the events of an object when it is described', async () => {
  await succeed(['create', '-f', '-'], widget('storied'));
  const uid = await succeed(['get', 'wd', 'storied', '-o', 'jsonpath={.metadata.uid}']);
  await succeed(['create', '-n', 'default', '-f', '-'], {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'storied.1' },
    involvedObject: { apiVersion: 'example.test/v1', kind: 'Widget', name: 'storied', uid },
    type: 'Warning',
    reason: 'Frayed',
    message: 'needs care',
    firstTimestamp: '2030-01-01T00:00:00Z',
    lastTimestamp: '2030-01-01T00:00:00Z',
    source: { component: 'test' },
  });
  expect(await succeed(['describe', 'wd', 'storied'])).toMatch(/Warning +Frayed .* test +needs care/);
});

it('explains the fields of a custom resource', async () => {
  expect(await succeed(['explain', 'widget.spec'])).toMatch(/color\t<string>/);
});

it('says in one line that server-side apply is not there', async () => {
  const { code, output } = await kubectl.run(['apply', '--server-side', '-f', '-'], widget('ssa'));
  expect(code).toBe(1);
  expect(output).toContain('Server-side apply not available');
});
