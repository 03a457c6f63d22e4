import { expect, vi } from 'vitest';
import { type Cluster, startCluster } from '../../servers/cluster/start-cluster.ts';
import { readCrds } from '../../servers/cluster/start-test-cluster.ts';
import { createKubeHttp } from '../../servers/kube-api/kube-http.ts';
import { objectAt } from '../../servers/kube-api/kube-object.ts';
import { startKubeApi } from '../../servers/kube-api/start-kube-api.ts';
import { WIDGETS, widgetCrd } from '../../servers/kube-api/widget-crd.ts';
import { type ServerUnderTest, SUITE_USER_AGENT } from './recorded-server.ts';

export interface BothServers {
  real: ServerUnderTest;
  embedded: ServerUnderTest;
  cluster: Cluster;
  stop(): Promise<void>;
}

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const HEADERS = { 'user-agent': SUITE_USER_AGENT };

/** Starts a real API server with its garbage collector and an embedded one, both with the same kinds. */
export async function startBothServers(): Promise<BothServers> {
  const [cluster, api] = await Promise.all([
    startCluster({ crds: 'ours', garbageCollector: true }),
    startKubeApi({ crds: await readCrds('ours') }),
  ]);
  for (const { kubeconfigFile } of [cluster, api]) await installWidgets(kubeconfigFile);
  return {
    real: { kubeconfigFile: cluster.kubeconfigFile, compact: () => cluster.compact() },
    embedded: { kubeconfigFile: api.kubeconfigFile, compact: async () => api.compact() },
    cluster,
    stop: async () => {
      await Promise.all([cluster.stop(), api.stop()]);
    },
  };
}

async function installWidgets(kubeconfigFile: string): Promise<void> {
  const http = await createKubeHttp(kubeconfigFile);
  expect((await http.send('POST', CRDS, widgetCrd(), HEADERS)).status).toBe(201);
  const watch = await http.watch(`${CRDS}?watch=true&fieldSelector=metadata.name%3Dwidgets.example.test`, HEADERS);
  await watch.next(({ object }) =>
    JSON.stringify(objectAt(object, 'status')).includes('initial names have been accepted'),
  );
  watch.close();
  // An established kind is served a moment later.
  await vi.waitUntil(async () => (await http.send('GET', WIDGETS, undefined, HEADERS)).status === 200, 30_000);
  http.close();
}
