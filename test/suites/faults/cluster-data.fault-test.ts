import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, it } from 'vitest';
import { readCrds } from '../../servers/cluster/start-test-cluster.ts';
import { stringAt } from '../../servers/kube-api/kube-object.ts';
import type { Trial } from './trial.ts';
import { useFaultStage } from './use-fault-stage.ts';

const crdPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const outageMs = 20_000;

describe('The data of the cluster', () => {
  const faults = useFaultStage();
  const { stage } = faults;
  const folders: string[] = [];
  afterEach(async () => {
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
  });
  const real = () => {
    if (stage.cluster.real === undefined) throw new Error('Only the real API server has an etcd.');
    return stage.cluster.real;
  };
  const send = async (method: string, at: string, body?: object) => {
    const answer = await real().request(method, at, body);
    if (answer.status >= 300 && answer.status !== 404)
      throw new Error(`${method} ${at}: ${JSON.stringify(answer.body)}`);
    return answer;
  };

  it('are compacted, so that every watch that resumes gets 410', async () => {
    const trial = await faults.begin('etcd forgets its history');
    for (let round = 1; round <= 3; round += 1) {
      stage.addSystems([`Late ${round}`]);
      await stage.cluster.compact();
      await trial.follows();
    }
    await trial.recovers('3 compactions, and restarts of the API server', () => undefined);
  });

  it('cannot be reached while etcd is away', async () => {
    const trial = await faults.begin('etcd is killed and comes back');
    const { etcd } = real();
    await etcd.kill();
    stage.addSystems(['Late']);
    await trial.isLogged('ClusterUnreachable');
    await sleep(outageMs);
    await trial.recovers('1 kill', () => etcd.start());
  });

  it('cannot be written while the disk of etcd is full', async () => {
    const trial = await faults.begin('The disk of etcd is full');
    await real().etcd.setFull(true);
    stage.addSystems(['Late']);
    await trial.isLoggedText('database space exceeded');
    const refused = stage.proxy.requests.count(({ status }) => status >= 500);
    await trial.recovers(`${refused} refused writes`, () => real().etcd.setFull(false));
  });

  /** Replaces what etcd has stored, while neither it nor the API server runs. */
  const replaceData = async (change: () => Promise<void>) => {
    const { etcd } = real();
    await etcd.kill();
    await change();
    etcd.start();
    await stage.cluster.restart();
  };

  it('are those of an earlier backup', async () => {
    const trial = await faults.begin('etcd comes back with an earlier backup');
    const folder = await mkdtemp(path.join(tmpdir(), 'ucl-agent-etcd-'));
    folders.push(folder);
    const copy = path.join(folder, 'etcd');
    await replaceData(() => real().etcd.backUp(copy));
    const [, beta = ''] = stage.ucl.landscape.applications().map(({ id }) => id);
    stage.addSystems(['Late']);
    stage.ucl.landscape.updateApplication(beta, { description: 'Changed after the backup' });
    await trial.follows();
    await trial.recovers('1 restore', () => replaceData(() => real().etcd.restore(copy)));
  });

  it('are gone altogether, and the installation is put back with the token that was used', async () => {
    const trial = await faults.begin('etcd loses everything');
    const configuration = (await stage.kube.secret('compass-agent-configuration'))?.data ?? {};
    await replaceData(() => real().etcd.restore());
    const reinstall = async () => {
      await real().prepare();
      await real().installAgentUser();
      await stage.proxy.reload();
      await stage.kube.writeSecret('compass-agent-configuration', configuration);
    };
    await trial.recovers('1 loss', reinstall, { newObjects: true });
  });

  const putBack = async (name: string) => {
    for (const crd of await readCrds('ours')) {
      if (stringAt(Reflect.get(crd, 'metadata'), 'name') === name) await send('POST', crdPath, crd);
    }
  };
  const removeCrd = async (trial: Trial, name: string) => {
    await send('DELETE', `${crdPath}/${name}`);
    await stage.until('the CRD is gone', async () => (await send('GET', `${crdPath}/${name}`)).status === 404);
    stage.addSystems(['Late']);
    await trial.isLogged('CrdMissing');
  };

  it('have no Applications any more, nor their CRD', async () => {
    const name = 'applications.applicationconnector.kyma-project.io';
    const trial = await faults.begin('The CRD of Applications is removed and put back');
    await removeCrd(trial, name);
    await trial.isNamed('Synchronized', 'False/CrdMissing');
    await trial.recovers('1 removal', () => putBack(name), { newObjects: true });
  });

  it('have no CompassConnection any more, nor its CRD', async () => {
    const name = 'compassconnections.compass.kyma-project.io';
    const trial = await faults.begin('The CRD of the CompassConnection is removed and put back');
    await removeCrd(trial, name);
    await trial.recovers('1 removal', () => putBack(name));
  });

  /** What the namespace controller does, but for roles and accounts: as if an installation had put them back. */
  const finishRemoval = async (namespace: string) => {
    const secrets = await stage.kube.secrets(namespace);
    for (const { metadata } of secrets)
      await send('DELETE', `/api/v1/namespaces/${namespace}/secrets/${metadata.name}`);
    const found = (await send('GET', `/api/v1/namespaces/${namespace}`)).body;
    const spec = { finalizers: [] };
    await send('PUT', `/api/v1/namespaces/${namespace}/finalize`, { ...Object(found), spec });
    await stage.until('it is gone', async () => (await send('GET', `/api/v1/namespaces/${namespace}`)).status === 404);
    await stage.kube.ensureNamespace(namespace);
  };

  it('have no kyma-system any more, after it was terminating for a while', async () => {
    const trial = await faults.begin('The namespace of the agent is terminating, and made anew');
    const configuration = (await stage.kube.secret('compass-agent-configuration'))?.data ?? {};
    await send('DELETE', '/api/v1/namespaces/kyma-system');
    stage.addSystems(['Late']);
    await trial.isLoggedText('is being terminated');
    await trial.recovers('1 removal, with all Secrets', async () => {
      await finishRemoval('kyma-system');
      await stage.kube.writeSecret('compass-agent-configuration', configuration);
    });
  });

  it('have no istio-system any more, after it was terminating for a while', async () => {
    const trial = await faults.begin('The namespace of the CA Secret is terminating, and made anew');
    await send('DELETE', '/api/v1/namespaces/istio-system');
    await send('DELETE', '/api/v1/namespaces/istio-system/secrets/kyma-gateway-certs-cacert');
    stage.addSystems(['Late']);
    await trial.isLoggedText('is being terminated');
    await trial.recovers('1 removal, with all Secrets', () => finishRemoval('istio-system'));
    await stage.until('the CA Secret is back', async () => {
      return (await stage.kube.secret('kyma-gateway-certs-cacert', 'istio-system'))?.data.cacert !== undefined;
    });
  });
});
