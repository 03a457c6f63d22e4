import { readFile } from 'node:fs/promises';
import { kill } from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FaultProxy, startFaultProxy } from '../../servers/fault-proxy/start-fault-proxy.ts';
import { createKubeHttp, type KubeHttp } from '../../servers/kube-api/kube-http.ts';
import { arrayAt } from '../../servers/kube-api/kube-object.ts';
import { listContainerProcesses } from '../../servers/node/container-cgroup.ts';
import { nodeNetwork } from '../../servers/node/node-network.ts';
import { toSystem } from '../e2e/start-stage.ts';
import {
  forgetRenewals,
  type KillStage,
  killThroughPairing,
  killThroughRenewal,
  recordKills,
} from '../faults/kill-everywhere.ts';
import { type AgentPod, parsePod } from './kube-pods.ts';
import { deployment, namespace, useAgentPod } from './use-agent-pod.ts';

/** At every effect, in both moments, one after the other. */
const patience = { timeout: 1_800_000 };
const formation = 'killed';
const podsPath = '/api/v1/namespaces/kyma-system/pods?labelSelector=app=compass-runtime-agent';
const stage = useAgentPod();
let proxy: FaultProxy;
let admin: KubeHttp;
let runtimeId: string;

beforeAll(async () => {
  const { kubeconfigFile, serverFiles } = stage.node;
  const [cert, key] = await Promise.all([readFile(serverFiles.cert, 'utf8'), readFile(serverFiles.key, 'utf8')]);
  // Where pods find the API server: nothing of the installation is another one for it.
  const inPlaceOf = { address: nodeNetwork.apiService, port: nodeNetwork.apiPort, certificate: { cert, key } };
  proxy = await startFaultProxy({ kubeconfigFile, inPlaceOf });
  admin = await createKubeHttp(kubeconfigFile);
  await stage.apply();
  // The API server needs a moment until it stores what the new CRDs describe; no pod is Ready before.
  await stage.rolledOut();
});
afterAll(async () => {
  admin?.close();
  await proxy?.stop();
});

describe('The container is killed with -9 at every effect', () => {
  it('of a pairing, and ends connected or asks for a new token', patience, async () => {
    const kills = await killThroughPairing(createKillStage());
    expect(kills.effects).toBeGreaterThan(10);
    recordKills('kill -9 in a pod at every effect of a pairing', kills);
  });

  it('of a renewal, and ends with one pair of certificate and key', patience, async () => {
    const kills = await killThroughRenewal(createKillStage());
    expect(kills.effects).toBeGreaterThan(4);
    recordKills('kill -9 in a pod at every effect of a renewal', kills);
  });
});

/** Each agent is the container of a pod of its own, which is killed once and which the kubelet starts again. */
function createKillStage(): KillStage {
  return {
    ucl: stage.ucl,
    proxy,
    kube: stage.kube,
    async prepareUnpaired() {
      await stopPod();
      await stage.kube.clean();
      const { landscape } = stage.ucl;
      landscape.clear();
      landscape.createFormation(formation);
      runtimeId = landscape.registerRuntime().id;
      landscape.assign(runtimeId, 'RUNTIME', formation);
      landscape.assign(landscape.registerApplication(toSystem('Alpha')).id, 'APPLICATION', formation);
      await stage.configure(runtimeId);
      forgetRequests();
    },
    start: startPod,
    async startAfresh() {
      await stopPod();
      await forgetRenewals(stage.kube);
      await startPod();
      await stage.until('it has synchronised', async () => {
        return ((await hasSynchronised()) && (await stage.differences(runtimeId)).length === 0) || undefined;
      });
    },
    forgetRequests,
    kill: killContainer,
    // The kubelet does.
    restart: async () => undefined,
    giveToken: () => stage.configure(runtimeId),
    differences: () => stage.differences(runtimeId),
    faultsOfAgent,
    until: (what, probe, limitMs) => stage.until(what, probe, limitMs),
  };
}

function forgetRequests(): void {
  stage.ucl.requests.clear();
  proxy.requests.clear();
}

async function startPod(): Promise<void> {
  await stage.kubectl('scale', deployment, ...namespace, '--replicas=1');
}

async function stopPod(): Promise<void> {
  await stage.kubectl('scale', deployment, ...namespace, '--replicas=0');
  await stage.until('no pod is there', async () => (await listPods()).length === 0 || undefined);
}

async function listPods(): Promise<AgentPod[]> {
  const { body } = await admin.send('GET', podsPath);
  return arrayAt(body, 'items').map(parsePod);
}

/** The status may stay as it is: a sync after which nothing is new is not written down there at once. */
async function hasSynchronised(): Promise<boolean> {
  const [pod] = await listPods();
  if (pod === undefined) return false;
  // No log, and a status of its own, before the container has started.
  const { body } = await admin.send('GET', `/api/v1/namespaces/kyma-system/pods/${pod.name}/log`);
  return typeof body === 'string' && body.includes('"message":"Synchronised"');
}

async function killContainer(): Promise<void> {
  const find = async () =>
    (await listContainerProcesses()).filter(({ command }) => command.includes('/app/ucl-agent.js'));
  const found = await find();
  if (found.length !== 1) throw new Error(`${found.length} agents run.`);
  for (const { id } of found) kill(id, 'SIGKILL');
  const killed = new Set(found.map(({ id }) => id));
  await stage.until('it has ended', async () => (await find()).every(({ id }) => !killed.has(id)) || undefined);
}

/** The kubelet tells of the container's second life a moment after it began. */
async function faultsOfAgent(): Promise<string[]> {
  const { restartCount, lastState } = await stage.until('the kubelet tells of the restart', async () => {
    const [pod, ...others] = await listPods();
    const container = others.length === 0 ? pod?.container : undefined;
    return container !== undefined && container.restartCount > 0 && container.state.running ? container : undefined;
  });
  const faults: string[] = [];
  if (restartCount !== 1) faults.push(`${restartCount} restarts`);
  if (lastState.terminated?.exitCode !== 137) faults.push(`the container ended with ${lastState.terminated?.exitCode}`);
  return faults;
}
