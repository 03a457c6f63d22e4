import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configurationSecret, doEverything } from '../../rooms/kube/do-everything.ts';
import { eventually, openCluster } from '../../rooms/kube/open-cluster.ts';
import type { AuditEntry } from '../../servers/cluster/audit-log.ts';
import { createKubectl } from '../../servers/kube-api/create-kubectl.ts';
import type { Json } from '../../servers/kube-api/kube-object.ts';
import { DISCOVERY_SCENARIOS } from './discovery-scenarios.ts';
import { EXCHANGES } from './exchanges.ts';
import { LIST_SCENARIOS } from './list-scenarios.ts';
import { OWNERSHIP_SCENARIOS } from './ownership-scenarios.ts';
import { play, type Scenario, SUITE_USER_AGENT } from './recorded-server.ts';
import { keepComparedShapes, toRequestShape, uncoveredShapes } from './request-shapes.ts';
import { runClientNodeSession } from './run-client-node-session.ts';
import { runKubectlSession } from './run-kubectl-session.ts';
import { type BothServers, startBothServers } from './start-both-servers.ts';
import { WATCH_SCENARIOS } from './watch-scenarios.ts';

let servers: BothServers;

beforeAll(async () => {
  servers = await startBothServers();
});
afterAll(() => servers?.stop());

/** Does the same with both servers and compares, one difference after the other. */
async function compare(ask: (server: BothServers['real']) => Promise<Json[]>): Promise<void> {
  const [expected, found] = await Promise.all([ask(servers.real), ask(servers.embedded)]);
  for (const [index, step] of expected.entries()) expect.soft(found[index]).toEqual(step);
  expect(found).toHaveLength(expected.length);
}

const exchanges = Object.entries(EXCHANGES).map(([title, steps]): [string, Scenario] => [
  title,
  async (server) => {
    for (const [method, path, body, headers] of steps) await server.send(method, path, body, headers);
  },
]);

describe.each([
  ['single requests', exchanges],
  ['discovery', Object.entries(DISCOVERY_SCENARIOS)],
  ['lists', Object.entries(LIST_SCENARIOS)],
  ['deletion, owners and Events', Object.entries(OWNERSHIP_SCENARIOS)],
  ['watches', Object.entries(WATCH_SCENARIOS)],
])('the embedded API answers as the real one: %s', (_group, scenarios) => {
  it.each(scenarios)('%s', async (_title, scenario) => {
    await compare((server) => play(scenario, server));
  });
});

describe('clients find no difference', () => {
  it('kubectl says the same of both', async () => {
    await compare(async ({ kubeconfigFile }) => {
      const kubectl = await createKubectl(kubeconfigFile);
      try {
        return await runKubectlSession(kubectl);
      } finally {
        await kubectl.remove();
      }
    });
  });

  it('client-node sees the same in both', async () => {
    await compare(async ({ kubeconfigFile }) => [await runClientNodeSession(kubeconfigFile)]);
  });

  it('the agent can do all its work on both', async () => {
    await compare(async (server) => {
      await play(async ({ send }) => {
        await send('POST', '/api/v1/namespaces/kyma-system/secrets', configurationSecret);
      }, server);
      const opened = openCluster(server.kubeconfigFile);
      try {
        await eventually(() => opened.cluster.isReady(), 'the watches follow the cluster');
        await doEverything(opened);
        return opened.cluster.limitations();
      } finally {
        await opened.close();
      }
    });
  });
});

describe('the suite is as wide as what clients send', () => {
  it('has each kind of request that the audit log of the real server shows', async () => {
    const log: AuditEntry[] = [...(await servers.cluster.auditLog()), ...(await servers.cluster.discoveryLog())];
    const isSuite = ({ userAgent }: AuditEntry) => userAgent === SUITE_USER_AGENT;
    const clients = log.filter((entry) => !isSuite(entry));
    expect(clients.filter(({ userAgent }) => userAgent.startsWith('kubectl')).length).toBeGreaterThan(40);
    const compared = new Set(log.filter(isSuite).map(toRequestShape));
    const folder = process.env.UCL_USED_RIGHTS;
    if (folder !== undefined) await keepComparedShapes(folder, compared);
    expect(uncoveredShapes(clients, compared)).toEqual([]);
  });
});
