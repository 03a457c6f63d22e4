import { beforeAll, describe, expect, test } from 'vitest';
import { generateLandscape } from '../../servers/ucl/generate-landscape.ts';
import { deployment, namespace, useAgentPod } from './use-agent-pod.ts';

const stage = useAgentPod();
let runtimeId: string;
let isConfigured = false;

beforeAll(() => {
  runtimeId = generateLandscape(stage.ucl.landscape, { apps: 3, bundles: 1 }).runtimeId;
});

interface Shown {
  /** `READY` and `STATUS` of `kubectl get pods`. */
  pods: RegExp;
  /** In `kubectl describe pods`. */
  described: RegExp;
  /** In `kubectl logs`, of all pods: a rollout that does not get on leaves the pod before it running. */
  logged: RegExp;
}

/** Waits until each command shows it. */
async function isShown({ pods, described, logged }: Shown): Promise<void> {
  const agent = [...namespace, '-l', 'app=compass-runtime-agent'];
  await isPrinted(pods, 'get', 'pods', ...agent, '--no-headers');
  // Where a rollout has two pods, kubectl leaves the Events out unless they are asked for.
  await isPrinted(described, 'describe', 'pods', ...agent, '--show-events');
  // A container that has not started has none, which does not keep back the others.
  await isPrinted(logged, 'logs', ...agent, '--tail=-1', '--ignore-errors');
}

async function isPrinted(pattern: RegExp, ...command: string[]): Promise<void> {
  await stage.until(`kubectl ${command.join(' ')} shows ${pattern}`, async () => {
    // Between two pods, and before a container has started, there is no log.
    const { stdout } = await stage.tryKubectl(...command);
    return pattern.test(stdout) ? true : undefined;
  });
}

/** An installation that works; what is there stays. */
async function install(): Promise<void> {
  await stage.apply();
  await configure();
  await heals();
}

/** Once: another token, not spent yet, asks a healthy agent to pair again as soon as its CompassConnection is lost. */
async function configure(): Promise<void> {
  if (!isConfigured) await stage.configure(runtimeId);
  isConfigured = true;
}

async function heals(): Promise<void> {
  await stage.rolledOut();
  await stage.until('every object is as it should be', async () => {
    const differences = await stage.differences(runtimeId);
    return differences.length === 0 ? true : undefined;
  });
  await stage.synchronized();
  expect(stage.ucl.requests.count({ operation: 'signCertificateSigningRequest' })).toBe(1);
}

describe('Where something is wrong, kubectl shows what, and it heals when it is put right:', () => {
  test('the configuration Secret is missing, and then malformed', async () => {
    await stage.apply();
    await stage.rolledOut();
    await stage.condition('Ready', 'False/ConfigurationMissing');
    await isShown({
      pods: /1\/1 +Running/,
      described: /ContainersReady +True/,
      logged: /"reason":"ConfigurationMissing"/,
    });
    await stage.configure(runtimeId, { CONNECTOR_URL: 'compass-gateway-auth-oauth', TENANT: '' });
    await stage.condition('Ready', 'False/ConfigurationInvalid');
    await isShown({
      pods: /1\/1 +Running/,
      described: /ContainersReady +True/,
      logged: /CONNECTOR_URL.*TENANT.*"reason":"ConfigurationInvalid"/,
    });
    await configure();
    await heals();
  });

  test('a variable has no usable value', async () => {
    await install();
    await stage.kubectl('set', 'env', deployment, ...namespace, 'APP_APPLY_CONCURRENCY=many');
    await isShown({
      pods: /0\/1 +(Error|CrashLoopBackOff)/,
      described: /Reason: +Error\n +Message: .*APP_APPLY_CONCURRENCY[\s\S]*Exit Code: +2/,
      logged: /"variable":"APP_APPLY_CONCURRENCY","problem"/,
    });
    await stage.kubectl('set', 'env', deployment, ...namespace, 'APP_APPLY_CONCURRENCY-');
    await heals();
  });
});

describe('Where the cluster does not let it work, kubectl shows what, and it heals when it is put right:', () => {
  test('the container may have less memory than the agent needs; the pod before it goes on meanwhile', async () => {
    await install();
    const setLimit = (limit: string) =>
      stage.kubectl(
        'set',
        'resources',
        deployment,
        ...namespace,
        `--requests=memory=${limit}`,
        `--limits=memory=${limit}`,
      );
    await setLimit('20Mi');
    await isShown({
      pods: /0\/1 +(OOMKilled|CrashLoopBackOff)/,
      described: /Reason: +OOMKilled[\s\S]*Exit Code: +137/,
      logged: /"message":"Synchronised"/,
    });
    await stage.sync();
    await setLimit('256Mi');
    await heals();
    await stage.sync();
  });

  test('the roles are missing', async () => {
    await install();
    await stage.shell('kubectl delete -k manifests/rbac');
    await stage.kubectl('rollout', 'restart', deployment, ...namespace);
    await stage.rolledOut();
    await isShown({
      pods: /1\/1 +Running/,
      described: /ContainersReady +True/,
      logged: /Grant the agent's service account the verb get on compassconnections.*"reason":"PermissionMissing"/,
    });
    await stage.apply();
    await heals();
  });

  test('the CRDs are missing', async () => {
    await install();
    await stage.shell('kubectl delete -k manifests/crds');
    await stage.kubectl('rollout', 'restart', deployment, ...namespace);
    await isShown({
      pods: /0\/1 +Running/,
      described: /Readiness probe failed: HTTP probe failed with statuscode: 503/,
      logged: /Install the CustomResourceDefinitions.*"reason":"CrdMissing"/,
    });
    await stage.apply();
    await heals();
  });
});
