import { kill } from 'node:process';
import { beforeAll, describe, expect, test } from 'vitest';
import { findStaleWrites, findWriters } from '../../servers/cluster/find-stale-writes.ts';
import { findContainerCgroup } from '../../servers/node/container-cgroup.ts';
import { killPart } from '../../servers/node/kill-part.ts';
import { generateLandscape } from '../../servers/ucl/generate-landscape.ts';
import { followLeaders, toGapsMs } from './follow-leaders.ts';
import { followPods, type PodChange } from './follow-pods.ts';
import { recordDuration, recordTime } from './record-figure.ts';
import { deployment, namespace, useAgentPod } from './use-agent-pod.ts';

const stage = useAgentPod();
const mebibyte = 1024 * 1024;
let runtimeId: string;
let made: string;

type RunningContainer = Awaited<ReturnType<typeof stage.readyPod>>['container'];

beforeAll(async () => {
  runtimeId = generateLandscape(stage.ucl.landscape, { apps: 20, bundles: 2 }).runtimeId;
  await stage.configure(runtimeId);
  await stage.apply();
  await stage.rolledOut();
  await stage.synchronized();
  made = await describeWhatWasMade();
});

/** What must be the same after every disruption: each object with its uid, and each use of token and certificate. */
async function describeWhatWasMade(): Promise<string> {
  const objects = ['applications', 'secrets', 'compassconnections'];
  const template = '{range .items[*]}{.kind} {.metadata.name} {.metadata.uid}{"\\n"}{end}';
  const uids = await stage.kubectl('get', objects.join(), ...namespace, '-o', `jsonpath=${template}`);
  const { requests } = stage.ucl;
  const pairings = `${requests.count({ endpoint: 'connector-token' })} requests with a token`;
  const certificates = `${requests.count({ operation: 'signCertificateSigningRequest' })} certificates`;
  return `${uids}${pairings}\n${certificates}`;
}

/** The agent works again: it does what it is asked, has paired no second time and lost nothing. */
async function expectAsBefore(): Promise<void> {
  await stage.sync();
  expect(await describeWhatWasMade()).toBe(made);
  expect(await stage.differences(runtimeId)).toEqual([]);
}

/** Does it and waits for a pod that is another one and Ready. Gives what became of the old one. */
async function replacePod(what: string, replace: () => Promise<unknown>): Promise<PodChange[]> {
  const before = await stage.readyPod();
  const follower = followPods(stage.node);
  try {
    await recordDuration(`${what}: until the next pod is Ready and has synchronised`, async () => {
      await replace();
      await stage.until('another pod is Ready', async () => {
        const [pod, ...others] = await stage.pods();
        return pod?.container?.ready && pod.name !== before.name && others.length === 0 ? true : undefined;
      });
      await stage.sync();
    });
    return follower.changes().filter(({ name }) => name === before.name);
  } finally {
    follower.stop();
  }
}

/** Kills what runs in the container, and waits until the next one in the same pod is Ready. */
async function killContainer(container: RunningContainer): Promise<void> {
  const cgroup = await findContainerCgroup(container.containerID);
  for (const id of await cgroup.processes()) kill(id, 'SIGKILL');
  await isReadyAgain(container);
}

async function isReadyAgain(container: RunningContainer): Promise<void> {
  await stage.until('the container is Ready again', async () => {
    // The API server may be away as well.
    const [pod] = await stage.pods().catch(() => []);
    const { restartCount = 0, ready } = pod?.container ?? {};
    return restartCount > container.restartCount && ready ? true : undefined;
  });
}

describe('Neither a second pairing nor a lost object comes from', () => {
  test('kubectl rollout restart; the old pod ends with 0', async () => {
    const old = await replacePod('Rollout restarted', () =>
      stage.kubectl('rollout', 'restart', deployment, ...namespace),
    );
    expect(old.findLast(({ exitCode }) => exitCode !== undefined)).toMatchObject({ exitCode: 0, restarts: 0 });
    await expectAsBefore();
  });

  test('kubectl delete pod; the old pod ends with 0', async () => {
    const { name } = await stage.readyPod();
    const old = await replacePod('Pod deleted', () => stage.kubectl('delete', 'pod', name, ...namespace));
    expect(old.findLast(({ exitCode }) => exitCode !== undefined)).toMatchObject({ exitCode: 0, restarts: 0 });
    await expectAsBefore();
  });

  test('an eviction, as when the node is drained; the old pod ends with 0', async () => {
    const drain = ['drain', 'node', '--pod-selector=app=compass-runtime-agent', '--delete-emptydir-data', '--force'];
    const old = await replacePod('Node drained', async () => {
      await stage.kubectl(...drain);
      await stage.kubectl('uncordon', 'node');
    });
    expect(old.findLast(({ exitCode }) => exitCode !== undefined)).toMatchObject({ exitCode: 0, restarts: 0 });
    await expectAsBefore();
  });
});

describe('Nor, when the machine fails, from', () => {
  test('the loss of everything that runs on the machine at once, and its return', async () => {
    const before = await stage.readyPod();
    await recordDuration('Container, kubelet and API server killed: until the agent has synchronised', async () => {
      await Promise.all([killPart(stage.node, 'kube-apiserver'), killPart(stage.node, 'kubelet')]);
      await killContainer(before.container);
      await stage.sync();
    });
    expect((await stage.readyPod()).name).toBe(before.name);
    await expectAsBefore();
  });

  test('a kill -9 of the container, which starts again in its pod', async () => {
    const { name, container } = await stage.readyPod();
    await recordDuration('Container killed with -9: until it is Ready again and has synchronised', async () => {
      await killContainer(container);
      await stage.sync();
    });
    const after = await stage.readyPod();
    expect(after).toMatchObject({ name, container: { lastState: { terminated: { exitCode: 137, reason: 'Error' } } } });
    await expectAsBefore();
  });

  test('the kernel, which kills the container for its memory in the middle of a read; kubectl shows OOMKilled', async () => {
    const { name, container } = await stage.readyPod();
    const cgroup = await findContainerCgroup(container.containerID);
    await cgroup.limitMemory((await cgroup.memory()).workingSet + 4 * mebibyte);
    // White space behind the answer: more to hold, and nothing else to do.
    const effect = { rewriteBytes: (body: Buffer) => Buffer.concat([body, Buffer.alloc(24 * mebibyte, ' ')]) };
    stage.ucl.faults.add({ on: 'director', operation: 'applicationsForRuntime', effect });
    await recordDuration('Container killed for its memory: until it is Ready again and has synchronised', async () => {
      await stage.requestSync();
      await isReadyAgain(container);
      await stage.sync();
    });
    const after = await stage.readyPod();
    const terminated = { exitCode: 137, reason: 'OOMKilled' };
    expect(after).toMatchObject({ name, container: { lastState: { terminated } } });
    expect(after.container.restartCount).toBe(container.restartCount + 1);
    await expectAsBefore();
  });

  test('an API server that is killed and comes back; the agent goes on', async () => {
    const before = await stage.readyPod();
    await recordDuration('API server killed: until it is back and the agent has synchronised', async () => {
      await killPart(stage.node, 'kube-apiserver');
      await stage.until('the API server is back', async () => {
        const { code } = await stage.tryKubectl('get', '--raw', '/readyz');
        return code === 0 ? true : undefined;
      });
      await stage.sync();
    });
    expect(await stage.readyPod()).toEqual(before);
    await expectAsBefore();
  });
});

describe('Two replicas', () => {
  test('are rolled out without a second pairing; each one that leads gives the Lease to the next', async () => {
    await stage.kubectl('scale', deployment, ...namespace, '--replicas=2');
    await stage.rolledOut();
    const old = (await stage.pods()).map(({ name }) => name);
    const leaders = followLeaders(stage.node);
    const follower = followPods(stage.node);
    try {
      await stage.until('the leader is known', async () => (leaders.reigns().length > 0 ? true : undefined));
      await stage.kubectl('rollout', 'restart', deployment, ...namespace);
      await stage.rolledOut();
      await stage.until('none of the old pods is there', async () =>
        (await stage.pods()).every(({ name }) => !old.includes(name)) ? true : undefined,
      );
      await stage.sync();
    } finally {
      leaders.stop();
      follower.stop();
    }
    const reigns = leaders.reigns();
    const names = reigns.map(({ podName }) => podName);
    expect(old).toContain(names[0]);
    expect(old).not.toContain(names.at(-1));
    // Nobody took the Lease from one that held it.
    expect(names.map((name) => name === '')).toEqual(names.map((_, index) => index % 2 === 1));
    recordTime('Two replicas rolled out: nobody works, at most', Math.max(...toGapsMs(reigns)));
    for (const name of old) {
      const end = follower.changes().findLast((each) => each.name === name && each.exitCode !== undefined);
      expect(end).toMatchObject({ exitCode: 0 });
    }
    await expectAsBefore();
    await stage.kubectl('scale', deployment, ...namespace, '--replicas=1');
    await stage.readyPod();
    await expectAsBefore();
    const log = await stage.agentLog();
    expect(findStaleWrites(log)).toEqual([]);
    expect(findWriters(log)).toEqual(expect.arrayContaining(names.filter((name) => name !== '')));
  });
});

describe('The token of the ServiceAccount', () => {
  /** As it stands in the pod. */
  const readToken = (): Promise<string> =>
    stage.kubectl('exec', deployment, ...namespace, '--', 'cat', '/var/run/secrets/kubernetes.io/serviceaccount/token');
  const isRefused = async (token: string): Promise<boolean> => {
    const server = [
      '--kubeconfig=/dev/null',
      '--server=https://127.0.0.1',
      `--certificate-authority=${stage.node.caFile}`,
    ];
    const { code, stderr } = await stage.tryKubectl('auth', 'whoami', ...server, `--token=${token}`);
    return code !== 0 && stderr.includes('Unauthorized');
  };

  test('that the kubelet writes anew into the pod is taken up, while the old one is refused', async () => {
    const before = await stage.readyPod();
    const old = await readToken();
    // A token is bound to its ServiceAccount: with another of the same name it is worth nothing any more.
    await stage.kubectl('delete', 'serviceaccount', 'compass-runtime-agent', ...namespace);
    await stage.apply();
    await stage.until('the old token is refused', async () => ((await isRefused(old)) ? true : undefined));
    // The kubelet asks for the next one when four fifths of the old one's life are over (eight minutes at least: Kubernetes
    // allows no shorter life than ten), or when it knows of none: once started again.
    await killPart(stage.node, 'kubelet');
    await recordDuration('Token of the ServiceAccount replaced: until the agent has synchronised', async () => {
      await stage.until('another token is in the pod', async () => {
        // Until the kubelet listens, nobody leads the command to the pod.
        const token = await readToken().catch(() => old);
        return token === old ? undefined : token;
      });
      await stage.sync();
    });
    expect(await stage.readyPod()).toMatchObject({
      name: before.name,
      container: { restartCount: before.container.restartCount },
    });
    await expectAsBefore();
  });
});
