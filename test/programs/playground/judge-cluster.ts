import type { KubeClient } from '../../../agent/kube/api/kube-client.ts';
import type { JsonObject } from '../../servers/kube-api/kube-object.ts';
import type { KubeRequest } from '../../servers/kube-api/start-kube-api.ts';
import type { Ucl } from '../../servers/ucl/start-ucl.ts';
import { compareObjects } from './compare-objects.ts';
import { expectedObjects } from './expected-objects.ts';
import type { FirstSync } from './follow-connection.ts';
import { nameOf, namespace, readApplicationSecrets, readOurs } from './playground-cluster.ts';
import type { AgentProcess } from './start-agent.ts';

/** The document of `--output json`. */
export interface PlaygroundResult {
  /** Applications in the cluster that stand for systems. */
  applications: number;
  /** Secrets with their credentials. */
  secrets: number;
  /** Failures of systems that the status names. */
  failures: number;
  /** From the start of the agent's process until its status said Connected. */
  pairMs: number;
  /** From then until it said Synchronized. */
  syncMs: number;
  directorRequests: number;
  /** The agent's requests by verb; null with `--kubeconfig`, where nobody counts them. */
  kubernetesRequests: Record<string, number> | null;
  /** Resident memory of the agent's process after the sync, in MiB. */
  rssMiB: number;
  /** What is not as expected, one line each. */
  differences: string[];
}

export interface Evidence {
  client: KubeClient;
  /** The agent's requests to Kubernetes; undefined where nobody counts them. */
  kubernetesRequests: readonly KubeRequest[] | undefined;
  ucl: Ucl;
  agent: AgentProcess;
  runtimeId: string;
  agentStartedAtMs: number;
  /** undefined: there was none. */
  first: FirstSync | undefined;
  signal: AbortSignal;
}

/** Measures the agent and compares the cluster with what the landscape has to become. */
export async function judgeCluster(evidence: Evidence): Promise<{
  result: PlaygroundResult;
  applications: JsonObject[];
  connection: JsonObject | undefined;
}> {
  const { client, ucl, agent, runtimeId, agentStartedAtMs, first, signal } = evidence;
  const rssMiB = first === undefined ? 0 : agent.readRssMiB();
  const kubernetesRequests = evidence.kubernetesRequests ? countByVerb(evidence.kubernetesRequests) : null;
  const directorRequests = ucl.requests.count({ endpoint: 'director' });
  const [{ applications, connections }, secrets] = await Promise.all([
    readOurs(client, signal),
    readApplicationSecrets(client, signal),
  ]);
  const connection = connections.find((object) => nameOf(object) === 'compass-connection');
  const expected = expectedObjects(ucl.landscape, runtimeId, { namespace });
  const total = connection === undefined ? undefined : failuresTotal(connection);
  const result: PlaygroundResult = {
    applications: applications.length,
    secrets: secrets.length,
    failures: total ?? 0,
    pairMs: first === undefined ? 0 : Math.round(first.pairedAtMs - agentStartedAtMs),
    syncMs: first === undefined ? 0 : Math.round(first.syncedAtMs - first.pairedAtMs),
    directorRequests,
    kubernetesRequests,
    rssMiB,
    differences: compareObjects(expected, { applications, secrets, connection }),
  };
  return { result, applications, connection };
}

function failuresTotal({ status }: JsonObject): number {
  if (typeof status !== 'object' || status === null || Array.isArray(status)) return 0;
  const { failures, failuresTotal: total } = status;
  if (typeof total === 'number') return total;
  return Array.isArray(failures) ? failures.length : 0;
}

function countByVerb(requests: readonly KubeRequest[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { verb } of requests) counts[verb] = (counts[verb] ?? 0) + 1;
  return counts;
}

const maxDifferences = 30;

/** The result for a person. */
export function renderResult(result: PlaygroundResult): string[] {
  const { differences, applications, secrets, failures } = result;
  const verbs = Object.entries(result.kubernetesRequests ?? {}).map(([verb, count]) => `${count} ${verb}`);
  const more = differences.length - maxDifferences;
  return [
    `${applications} Applications and ${secrets} Secrets are in the cluster; failures in the status: ${failures}.`,
    `Pairing took ${result.pairMs} ms, the sync ${result.syncMs} ms; the agent takes ${result.rssMiB} MiB.`,
    `Requests to the Director: ${result.directorRequests}.`,
    ...(verbs.length === 0 ? [] : [`Requests to Kubernetes: ${verbs.join(', ')}.`]),
    ...(differences.length === 0
      ? ['Every expected object was compared field by field: all are as they should be.']
      : [
          `${differences.length} differences from what is expected:`,
          ...differences.slice(0, maxDifferences).map((line) => `  ${line}`),
          ...(more > 0 ? [`  ... and ${more} more`] : []),
        ]),
  ];
}
