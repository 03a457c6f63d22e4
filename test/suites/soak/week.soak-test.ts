import { X509Certificate } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { killPart } from '../../servers/node/kill-part.ts';
import { generateLandscape } from '../../servers/ucl/generate-landscape.ts';
import { mintIdentity } from '../../servers/ucl/mint-identity.ts';
import { conditionOf } from '../e2e/start-stage.ts';
import { type Customer, meddleInCluster, workInUcl } from '../node/live-a-day.ts';
import { installByHelm, prepareWorkstation } from '../node/prepare-workstation.ts';
import { useAgentPod } from '../node/use-agent-pod.ts';
import { createSampler } from './create-sampler.ts';
import { isFlat, judgeGrowth } from './judge-growth.ts';
import { type DeedKind, minutesVariable, recordSoak, type Sample } from './soak-record.ts';

const stage = useAgentPod();
const formation = 'generated-landscape';
const lastsMs = Number(process.env[minutesVariable]) * 60_000;
const sampleEveryMs = 5_000;
const clientSecret = 'cluster-client-certificates';
/** As many as the agent makes in an hour. */
const maxRenewals = 3;
/** In place of minutes: what otherwise takes a week. */
const settings = {
  APP_CONTROLLER_SYNC_PERIOD: '1s',
  APP_MINIMAL_COMPASS_SYNC_TIME: '200ms',
  APP_PRUNE_HOLD: '10s',
  APP_CERT_KEY_SIZE: '2048',
};
let customer: Customer;
const done: Record<DeedKind, number> = {
  ...{ day: 0, drift: 0, renewal: 0, pairing: 0, replacement: 0 },
  ...{ ucl: 0, 'kube-apiserver': 0, etcd: 0, kubelet: 0 },
};

beforeAll(async () => {
  const { landscape } = stage.ucl;
  const { runtimeId } = generateLandscape(landscape, { apps: 50, bundles: 2, formation });
  customer = { landscape, runtimeId, formation };
  await prepareWorkstation(stage, settings);
  await installByHelm(stage);
  await stage.configure(runtimeId);
  await stage.synchronized();
});

/** In which turns each is done: every so many, from the one named on. A turn is a day of work, and takes some seconds. */
const plan: readonly { readonly kind: DeedKind; readonly every: number; readonly from: number }[] = [
  { kind: 'day', every: 3, from: 1 },
  { kind: 'drift', every: 2, from: 1 },
  { kind: 'renewal', every: 25, from: 3 },
  { kind: 'pairing', every: 12, from: 6 },
  { kind: 'replacement', every: 12, from: 12 },
  { kind: 'ucl', every: 24, from: 5 },
  { kind: 'kubelet', every: 24, from: 11 },
  { kind: 'kube-apiserver', every: 24, from: 17 },
  { kind: 'etcd', every: 24, from: 23 },
];

/** What each comes to; the sync after it shows that the agent has outlived it. */
const deeds: Record<DeedKind, (turn: number) => Promise<void>> = {
  day: async (turn) => workInUcl(customer, turn),
  drift: (turn) => meddleInCluster(stage.kube, turn),
  renewal: async () => {
    if (done.renewal >= maxRenewals) return;
    const before = await readFingerprint();
    const annotations = { 'compass.kyma-project.io/renew-requested-at': before };
    await stage.kube.patch('/apis/compass.kyma-project.io/v1alpha1/compassconnections/compass-connection', {
      metadata: { annotations },
    });
    await isReplaced(before);
  },
  pairing: async () => {
    const before = await readFingerprint();
    customer.landscape.revokeCertificate(before);
    await stage.condition('Ready', 'False/CompassRefused');
    await stage.configure(customer.runtimeId);
    await isReplaced(before);
  },
  replacement: async () => {
    const before = await readFingerprint();
    const { clientCertificate: crt, certificateChain: crtChain, key } = await mintIdentity(stage.ucl, customer);
    await stage.kube.writeSecret(clientSecret, { crt, key, crtChain });
    await stage.sync();
    // It works on: the agent has taken up the other one.
    customer.landscape.revokeCertificate(before);
  },
  ucl: () => stage.ucl.restart(),
  'kube-apiserver': () => killPart(stage.node, 'kube-apiserver'),
  etcd: () => killPart(stage.node, 'etcd'),
  kubelet: () => killPart(stage.node, 'kubelet'),
};

async function readFingerprint(): Promise<string> {
  const { crt = '' } = (await stage.kube.secret(clientSecret))?.data ?? {};
  return new X509Certificate(crt).fingerprint256;
}

async function isReplaced(fingerprint: string): Promise<void> {
  await stage.until('there is another certificate', async () =>
    (await readFingerprint()) === fingerprint ? undefined : true,
  );
}

/**
 * A sync that succeeds, as soon as the servers answer again. One that fails is asked for again, as a person does: a started API
 * server refuses everything for some seconds, and each sync that fails makes the pause before the next scheduled one longer.
 */
async function syncAgain(): Promise<void> {
  await stage.until(
    'the servers answer again, and the agent',
    async () => {
      const found = await stage.sync().catch(() => undefined);
      return found !== undefined && conditionOf(found, 'Synchronized')?.startsWith('True') ? true : undefined;
    },
    180_000,
  );
}

async function isAsInUcl(): Promise<void> {
  await stage.until('every object is as UCL has it', async () =>
    (await stage.differences(customer.runtimeId)).length === 0 ? true : undefined,
  );
  await stage.synchronized();
}

/** One turn: what is planned for it, each followed by a sync. */
async function live(turn: number, sinceMs: number): Promise<void> {
  for (const { kind, every, from } of plan) {
    if (turn < from || (turn - from) % every !== 0) continue;
    await deeds[kind](turn);
    await syncAgain();
    if (kind === 'renewal' && done.renewal >= maxRenewals) continue;
    done[kind] += 1;
    recordSoak({ deed: { what: kind, atMs: performance.now() - sinceMs } });
  }
  for (let count = 0; count < 8; count += 1) await syncAgain();
  await isAsInUcl();
}

test('A compressed week changes neither what the agent takes nor what it has to do', async () => {
  const sample = await createSampler(stage);
  const samples: Sample[] = [];
  const used = { tokens: 0, certificates: 0 };
  const sinceMs = performance.now();
  let isOver = false;
  const look = async () => {
    while (!isOver) {
      const taken = await sample();
      samples.push(taken);
      recordSoak({ sample: taken });
      await sleep(sampleEveryMs);
    }
  };
  const looking = look();
  // Whoever waits for it at the end hears of it.
  looking.catch(() => undefined);
  for (let turn = 1; performance.now() - sinceMs < lastsMs; turn += 1) {
    await live(turn, sinceMs);
    // UCL keeps what it was asked, and would be what grows.
    const signed = { operation: 'signCertificateSigningRequest' };
    used.tokens += stage.ucl.requests.count({ ...signed, endpoint: 'connector-token' });
    used.certificates += stage.ucl.requests.count(signed);
    stage.ucl.requests.clear();
  }
  isOver = true;
  await looking;

  const pod = await stage.readyPod();
  expect(pod.container).toMatchObject({ restartCount: 0, ready: true });
  // The first pairing was before, or in the first turn's log.
  expect(used).toEqual({ tokens: done.pairing + 1, certificates: done.pairing + 1 + done.renewal });
  expect(judgeGrowth(samples).filter((growth) => !isFlat(growth))).toEqual([]);
});
