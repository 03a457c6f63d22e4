import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { findStaleWrites } from '../../servers/cluster/find-stale-writes.ts';
import { serviceUnavailable503 } from '../../servers/ucl/fault-answers.ts';
import { generateLandscape } from '../../servers/ucl/generate-landscape.ts';
import { readCommands } from '../cluster/read-commands.ts';
import { writeChart } from '../cluster/write-chart.ts';
import { installAsGoAgent, readVersions } from '../e2e/go-agent-installation.ts';
import { expectRecordedObjects, expectUsablePair, writeAsGoAgent } from '../e2e/go-agent-view.ts';
import { type Customer, meddleInCluster, workInUcl } from './live-a-day.ts';
import { installByHelm, prepareWorkstation, readStatus, type ShownStatus } from './prepare-workstation.ts';
import { deployment, namespace, useAgentPod } from './use-agent-pod.ts';

/**
 * The life of an installation, each step as a person takes it and with the status as `kubectl ucl` shows it. The steps
 * build on one another.
 */

const stage = useAgentPod();
const root = path.join(import.meta.dirname, '../../..');
const formation = 'generated-landscape';
const days = [1, 2, 3, 4, 5, 6, 7];
let customer: Customer;
/** Tokens that were used, and certificates that were signed. */
const used = () => ({
  tokens: stage.ucl.requests.count({ endpoint: 'connector-token', operation: 'signCertificateSigningRequest' }),
  certificates: stage.ucl.requests.count({ operation: 'signCertificateSigningRequest' }),
});

beforeAll(async () => {
  // Nobody waits here for a schedule of minutes, or between two requests of their own.
  await prepareWorkstation(stage, { APP_MINIMAL_COMPASS_SYNC_TIME: '1s' });
  const { landscape } = stage.ucl;
  const { runtimeId } = generateLandscape(landscape, { apps: 0, bundles: 1, formation });
  customer = { landscape, runtimeId, formation };
});

/** Waits until `kubectl ucl status` shows that. */
function shows(ready: string, systems: string, code = 0): Promise<ShownStatus> {
  let last: ShownStatus | undefined;
  return stage
    .until(`kubectl ucl status shows ${ready} ${systems}`, async () => {
      last = await readStatus(stage);
      return last.ready.includes(ready) && last.systems === systems && last.code === code ? last : undefined;
    })
    .catch((error: unknown) => {
      throw new Error(`It showed ${JSON.stringify(last)}.`, { cause: error });
    });
}

/** Everything is as UCL has it, and `kubectl ucl status` says so. */
async function isWell(systems: number): Promise<ShownStatus> {
  const shown = await shows('True/Synchronized', `${systems}/${systems}`);
  await stage.until('every object is as UCL has it', async () =>
    (await stage.differences(customer.runtimeId)).length === 0 ? true : undefined,
  );
  return shown;
}

async function readUids(): Promise<string> {
  const uids = ['-o', 'jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.uid}{"\\n"}{end}'];
  return stage.kubectl('get', 'applications,compassconnections,crds', ...uids);
}

async function readFingerprint(): Promise<string> {
  const { crt = '' } = (await stage.kube.secret('cluster-client-certificates'))?.data ?? {};
  return new X509Certificate(crt).fingerprint256;
}

describe('A day in the life: a new agent', () => {
  test('is installed by helm, and says that it waits for its configuration', async () => {
    await installByHelm(stage);
    await shows('False/ConfigurationMissing', '', 1);
  });

  test('pairs by a one-time token, and has fifty systems in the cluster once UCL assigns them', async () => {
    await stage.configure(customer.runtimeId);
    await isWell(0);
    generateLandscape(customer.landscape, { apps: 50, bundles: 1, runtimeId: customer.runtimeId, formation });
    expect(await stage.shell('kubectl ucl sync --wait')).toMatch(/^Ready +True/m);
    await isWell(50);
    expect(used()).toEqual({ tokens: 1, certificates: 1 });
  });

  test('follows a week of work in UCL, and undoes what people do to its objects', async () => {
    for (const day of days) {
      workInUcl(customer, day);
      await stage.shell('kubectl ucl sync --wait');
      await isWell(50);
      await meddleInCluster(stage.kube, day);
      await isWell(50);
    }
    const names = (await stage.kube.applications()).map(({ metadata }) => metadata.name);
    expect(names.filter((name) => name.startsWith('mp-day-')).length).toBeGreaterThanOrEqual(days.length);
    expect(used()).toEqual({ tokens: 1, certificates: 1 });
  });

  test('renews its certificate when somebody asks for it', async () => {
    const before = await readFingerprint();
    await stage.shell('kubectl ucl renew --wait');
    await isWell(50);
    expect(await readFingerprint()).not.toBe(before);
    expect(used()).toEqual({ tokens: 1, certificates: 2 });
  });
});

describe('A day in the life: an agent that works', () => {
  test('keeps every system through an outage of UCL, says so, and catches up', async () => {
    const before = await readUids();
    const effect = serviceUnavailable503();
    const outage = stage.ucl.faults.add({ on: 'director', times: Number.POSITIVE_INFINITY, effect });
    workInUcl(customer, days.length + 1);
    await stage.shell('kubectl ucl sync --wait');
    await shows('True/CompassUnreachable', '50/50');
    expect(await readUids()).toBe(before);
    outage.remove();
    await stage.shell('kubectl ucl sync --wait');
    await isWell(50);
  });

  test('is upgraded by helm, without a token', async () => {
    const before = await readUids();
    await writeChart(path.join(stage.folder, 'newer'), '1.0.0');
    const image = '--set image.repository=registry.example.com/compass-runtime-agent';
    await stage.shell('kubectl apply -k manifests/crds');
    await stage.shell(`helm upgrade ucl-agent newer --namespace kyma-system --values my-values.yaml ${image}`);
    await stage.rolledOut();
    const container = 'jsonpath={.items[*].spec.containers[*].image}';
    await stage.readyPod();
    expect(await stage.kubectl('get', 'pods', ...namespace, '-o', container)).toBe(
      'registry.example.com/compass-runtime-agent:1.0.0',
    );
    await stage.shell('kubectl ucl sync --wait');
    await isWell(50);
    expect(await readUids()).toBe(before);
    expect(used()).toEqual({ tokens: 1, certificates: 2 });
  });

  test('says that UCL has revoked its certificate, keeps every system, and pairs with a new token', async () => {
    const before = await readUids();
    customer.landscape.revokeCertificate(await readFingerprint());
    await stage.shell('kubectl ucl sync --wait || test $? -eq 1');
    await shows('False/CompassRefused', '50/50', 1);
    expect(await readUids()).toBe(before);
    await stage.configure(customer.runtimeId);
    await isWell(50);
    expect(await readUids()).toBe(before);
    expect(used()).toEqual({ tokens: 2, certificates: 3 });
  });
});

describe('A day in the life: an agent on its way out', () => {
  test('is scaled to two, of which one works, to none, and back; each time it goes on where it was', async () => {
    const scale = (replicas: number) => stage.kubectl('scale', deployment, ...namespace, `--replicas=${replicas}`);
    await scale(2);
    await stage.rolledOut();
    expect(await stage.pods()).toHaveLength(2);
    workInUcl(customer, days.length + 2);
    await stage.shell('kubectl ucl sync --wait');
    await isWell(50);
    await scale(0);
    await stage.noPod();
    // Until it should have been written again, the last status is what is known; why nobody writes it the doctor finds.
    await shows('True/Synchronized', '50/50');
    expect(await stage.shell('kubectl ucl doctor || test $? -eq 1')).toMatch(/^failed +Pod: No pod of the agent/m);
    workInUcl(customer, days.length + 3);
    await scale(1);
    await stage.rolledOut();
    await isWell(50);
    expect(findStaleWrites(await stage.agentLog())).toEqual([]);
    expect(used()).toEqual({ tokens: 2, certificates: 3 });
  });

  test('is removed by helm alone, and then, by the commands of docs/installation.md, all that it made', async () => {
    const before = await readUids();
    await stage.shell('helm uninstall ucl-agent --namespace kyma-system');
    await stage.noPod();
    expect(await readUids()).toBe(before);
    await shows('True/Synchronized', '50/50');
    const page = await readFile(path.join(root, 'docs/installation.md'), 'utf8');
    const [, whatItMade = '', crds = ''] = readCommands(page, 'standalone', 'Uninstall');
    await stage.shell(whatItMade);
    await shows('There is no CompassConnection', '', 1);
    await stage.shell(crds);
    const left = await stage.kubectl('get', 'secrets,leases', '--all-namespaces', '-o', 'name');
    expect(left.split('\n').filter((name) => !/\/(?:kube-|node$|apiserver-)/.test(name))).toEqual([
      'secret/kyma-gateway-certs-cacert',
      '',
    ]);
  });
});

describe('A day in the life: an agent in the place of another one', () => {
  test('takes over what the Go agent left, with its certificate, and gives it back', async () => {
    const shipped = path.join(root, 'test/data/fixtures/shipped-crds');
    await stage.shell(`kubectl apply --server-side -f ${shipped}`);
    await stage.shell('kubectl wait --for=condition=Established crd --all --timeout=30s');
    // It stayed, as the page says; the recording has one of its own.
    await stage.kubectl('delete', 'secret', 'kyma-gateway-certs-cacert', '-n', 'istio-system');
    const { runtimeId } = await installAsGoAgent(stage, 'shipped');
    const before = await readVersions(stage);
    const spent = used();
    await stage.kubectl('delete', 'configmap', 'embedded-ucl', ...namespace);
    await installByHelm(stage);
    await shows('True/ApplicationsFailed', '4/7');
    expect(await readVersions(stage)).toMatchObject(before);
    expect(used()).toEqual(spent);

    await stage.kubectl('scale', deployment, ...namespace, '--replicas=0');
    await stage.noPod();
    await stage.shell(`kubectl replace -f ${shipped}/compassconnections.compass.kyma-project.io.yaml`);
    await shows('True/Synchronized', '');
    await writeAsGoAgent(stage);
    await expectUsablePair(stage, runtimeId);
    await expectRecordedObjects(stage);
  });
});
