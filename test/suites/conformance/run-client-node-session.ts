import {
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  KubernetesObjectApi,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1Secret,
} from '@kubernetes/client-node';
import type { Json } from '../../servers/kube-api/kube-object.ts';
import { secret, widget } from '../../servers/kube-api/widget-crd.ts';

const namespace = 'client-node';
const custom = { group: 'example.test', version: 'v1', plural: 'widgets' };

/** What programs do that are written with client-node; returns what they were told. */
export async function runClientNodeSession(kubeconfigFile: string): Promise<Json> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfigFile);
  const core = config.makeApiClient(CoreV1Api);
  await core.createNamespace({ body: { metadata: { name: namespace } } });
  const seen = await followSecrets(config, core);
  const first = await core.listNamespacedSecret({ namespace, limit: 1 });
  const rest = await core.listNamespacedSecret({ namespace, limit: 1, _continue: first.metadata?._continue ?? '' });
  const selected = await core.listNamespacedSecret({ namespace, labelSelector: 'app=x' });
  await core.deleteCollectionNamespacedSecret({ namespace });
  return {
    seen,
    pages: [first, rest].map(({ items }) => items.map(nameOf)),
    remaining: first.metadata?.remainingItemCount ?? 0,
    selected: selected.items.map(nameOf),
    widgets: await changeWidgets(config),
  };
}

function nameOf(object: { metadata?: { name?: string } }): string {
  return object.metadata?.name ?? '';
}

/** An informer over the Secrets while they come, change and go. */
async function followSecrets(config: KubeConfig, core: CoreV1Api): Promise<string[]> {
  const path = `/api/v1/namespaces/${namespace}/secrets`;
  const informer = makeInformer<V1Secret>(config, path, () => core.listNamespacedSecret({ namespace }));
  const seen: string[] = [];
  const finished = Promise.withResolvers<void>();
  informer.on('add', (object) => seen.push(`add ${nameOf(object)}`));
  informer.on('update', (object) => seen.push(`update ${nameOf(object)}`));
  informer.on('delete', (object) => {
    seen.push(`delete ${nameOf(object)}`);
    finished.resolve();
  });
  informer.on('error', (error: unknown) => finished.reject(error));
  await core.createNamespacedSecret({ namespace, body: secret('a') });
  await informer.start();
  await core.createNamespacedSecret({ namespace, body: secret('b') });
  await core.patchNamespacedSecret(
    { namespace, name: 'b', body: { metadata: { labels: { app: 'x' } } } },
    setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
  );
  const stored = await core.readNamespacedSecret({ namespace, name: 'a' });
  await core.replaceNamespacedSecret({ namespace, name: 'a', body: Object.assign(stored, { data: { a: 'YQ==' } }) });
  await core.createNamespacedSecret({ namespace, body: secret('c') });
  await core.deleteNamespacedSecret({ namespace, name: 'c', body: { propagationPolicy: 'Background' } });
  await finished.promise;
  await informer.stop();
  return seen;
}

async function changeWidgets(config: KubeConfig): Promise<Json> {
  const api = config.makeApiClient(CustomObjectsApi);
  const name = 'by-client-node';
  await api.createClusterCustomObject({ ...custom, body: widget(name) });
  await api.patchClusterCustomObjectStatus(
    { ...custom, name, body: { status: { conditions: [{ type: 'Ready', status: 'True' }] } } },
    setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
  );
  const objects = KubernetesObjectApi.makeApiClient(config);
  const found = await objects.read({ apiVersion: 'example.test/v1', kind: 'Widget', metadata: { name } });
  const listed: { items: { metadata?: { name?: string } }[] } = await api.listClusterCustomObject({
    ...custom,
    fieldSelector: `metadata.name=${name}`,
  });
  await api.deleteClusterCustomObject({ ...custom, name });
  return { found: nameOf(found), listed: listed.items.map(nameOf) };
}
