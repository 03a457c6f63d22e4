import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { SituationName } from '../../data/situations/situation-texts.ts';
import type { AgentProcess } from '../../programs/agent/start-agent-process.ts';
import { serviceUnavailable503 } from '../../servers/ucl/fault-answers.ts';
import type { FaultEffect } from '../../servers/ucl/faults.ts';
import type { ApplicationInput } from '../../servers/ucl/landscape-types.ts';
import { reissueCertificate } from '../e2e/reissue-certificate.ts';
import { type Stage, toSystem } from '../e2e/start-stage.ts';

/** How a situation comes about: ends when people see it, its Events included. */
export type Arrange = (stage: Stage) => Promise<void>;

type Settings = Readonly<Record<string, string>>;

const always = Number.POSITIVE_INFINITY;
const sample = path.join(import.meta.dirname, '../../../manifests/samples/compass-agent-configuration.yaml');
const sampleSchema = z.object({ stringData: z.record(z.string(), z.string()) });
const wallClock = path.join(import.meta.dirname, '../shipped/wall-clock.ts');
const four = ['Alpha', 'Beta', 'Gamma', 'Delta'];

/** No try again comes while somebody looks. */
const patient: Settings = { APP_MINIMAL_COMPASS_SYNC_TIME: '5m' };

async function breakDirector(stage: Stage, effect: FaultEffect, settings: Settings = {}): Promise<void> {
  await stage.connect(four, { ...patient, ...settings });
  stage.ucl.faults.add({ on: 'director', operation: 'applicationsForRuntime', times: always, effect });
  await stage.requestSync();
  await stage.condition('Connected', 'False/CompassUnreachable');
  await stage.events(['CompassUnreachable']);
}

/** An agent that has not paired, and why not. */
async function startUnpaired(stage: Stage, reason: string, settings: Settings = {}): Promise<AgentProcess> {
  const agent = stage.startAgent({ ...patient, ...settings });
  await stage.condition('Ready', `False/${reason}`);
  await stage.events([reason]);
  return agent;
}

function withBrokenCredential(name: string): ApplicationInput {
  const credential = { clientId: 'client', certificate: 'invented', url: 'https://idp.example.test/token' };
  const { bundles = [] } = toSystem(name);
  return {
    ...toSystem(name),
    bundles: bundles.map((bundle) => ({
      ...bundle,
      defaultInstanceAuth: { credential: { certificateOAuth: credential } },
    })),
  };
}

export const situations: Readonly<Record<Exclude<SituationName, 'no-crd'>, Arrange>> = {
  healthy: async (stage) => {
    await stage.connect(four, patient);
    await stage.events(['Paired', 'ApplicationsChanged', 'Synchronized']);
  },
  'no-secret': async (stage) => {
    await startUnpaired(stage, 'ConfigurationMissing');
  },
  'sample-secret': async (stage) => {
    const { stringData } = sampleSchema.parse(parse(await readFile(sample, 'utf8')));
    await stage.configure('', stringData);
    await startUnpaired(stage, 'CompassUnreachable');
  },
  'token-used': async (stage) => {
    await stage.configure(stage.addRuntime(), { TOKEN: 'a-token-that-was-used' });
    stage.startAgent(patient);
    await stage.condition('Ready', 'False/TokenRefused');
    await stage.events(['TokenRefused']);
  },
  'certificate-expired': async (stage) => {
    const { agent } = await stage.connect(four, patient);
    // What it has to tell is told before it ends.
    await stage.events(['Paired', 'ApplicationsChanged', 'Synchronized']);
    await agent.kill();
    await reissueCertificate(stage, { fromDays: -90, untilDays: -1 });
    stage.startAgent(patient);
    await stage.condition('Ready', 'False/CertificateExpired');
    await stage.events(['CertificateExpired']);
  },
  'renewal-failing': async (stage) => {
    const { agent } = await stage.connect(four, patient);
    // What it has to tell is told before it ends.
    await stage.events(['Paired', 'ApplicationsChanged', 'Synchronized']);
    await agent.kill();
    await reissueCertificate(stage, { fromDays: -70, untilDays: 20 });
    stage.ucl.faults.add({ on: 'connector-mtls', times: always, effect: serviceUnavailable503() });
    stage.startAgent(patient);
    await stage.condition('Ready', 'True/RenewalFailing');
    await stage.events(['RenewalFailing']);
  },
  revoked: async (stage) => {
    await stage.connect(four, patient);
    stage.ucl.faults.add({ on: 'director', times: always, effect: { loseIdentity: true } });
    await stage.requestSync();
    await stage.condition('Ready', 'False/CompassRefused');
    await stage.events(['CompassRefused']);
  },
  'ucl-503': (stage) => breakDirector(stage, serviceUnavailable503()),
  'ucl-timeout': (stage) =>
    breakDirector(stage, { hang: true }, { APP_COMPASS_REQUEST_TIMEOUT: '1s', APP_COMPASS_PAGE_SIZE: '1' }),
  'ucl-dns': async (stage) => {
    await stage.configure(stage.addRuntime(), { CONNECTOR_URL: 'https://connector.invalid/connector/graphql' });
    await startUnpaired(stage, 'CompassUnreachable');
  },
  'ucl-tls': async (stage) => {
    await stage.configure(stage.addRuntime());
    await startUnpaired(stage, 'CompassUnreachable', { NODE_EXTRA_CA_CERTS: '' });
  },
  'systems-failing': async (stage) => {
    const runtimeId = stage.addRuntime();
    stage.addSystems(['Alpha', 'Beta', 'Gamma']);
    for (const name of ['Delta', 'Epsilon']) stage.addSystem(withBrokenCredential(name));
    await stage.configure(runtimeId);
    stage.startAgent(patient);
    await stage.condition('Synchronized', 'False/ApplicationsFailed');
    await stage.events(['ApplicationsFailed']);
  },
  'removal-held': async (stage) => {
    const { ids } = await stage.connect(four, patient);
    stage.leaveFormation(ids);
    await stage.requestSync();
    await stage.condition('Ready', 'True/PruneHeld');
    await stage.events(['PruneHeld']);
  },
  suspended: async (stage) => {
    await stage.connect(four, patient);
    await stage.annotate({ 'compass.kyma-project.io/suspend': 'true' });
    await stage.condition('Ready', 'True/Suspended');
    await stage.events(['Suspended']);
  },
  'no-rights': async (stage) => {
    const runtimeId = stage.addRuntime();
    stage.addSystems(four);
    await stage.configure(runtimeId);
    const restricted = await stage.cluster.restrict([
      { verb: 'create', resource: 'applications' },
      { verb: 'update', resource: 'applications' },
    ]);
    await startUnpaired(stage, 'ApplicationsFailed', { KUBECONFIG: restricted.kubeconfigFile });
    await stage.until('each system is told', async () => {
      const told = await stage.kube.events();
      return told.filter(({ reason }) => reason === 'PermissionMissing').length === four.length || undefined;
    });
  },
  'wrong-tenant': async (stage) => {
    await stage.configure(stage.addRuntime(), { TENANT: randomUUID() });
    await startUnpaired(stage, 'CompassRefused');
  },
  'wrong-runtime': async (stage) => {
    const runtimeId = stage.addRuntime();
    await stage.configure(runtimeId, { RUNTIME_ID: randomUUID() });
    await startUnpaired(stage, 'RuntimeMismatch');
  },
  'clock-off': async (stage) => {
    const runtimeId = stage.addRuntime();
    stage.addSystems(four);
    await stage.configure(runtimeId);
    const agent = stage.startAgent({}, ['--import', wallClock]);
    await stage.synchronized();
    agent.tell(String(365 * 24 * 60 * 60_000));
    await stage.condition('Ready', 'False/CertificateExpired');
    await stage.condition('Connected', 'True/Connected');
    await stage.events(['CertificateExpired']);
  },
};
