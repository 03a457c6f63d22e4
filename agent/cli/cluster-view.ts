import type { ApplicationResource } from '../domain/resources.ts';
import type { ConnectionStore } from '../reconcile/ports.ts';

/**
 * Port: what the commands see of a cluster, with the rights of the person who calls. Everything throws AgentError in words
 * for that person, `PermissionMissing` where a right of theirs lacks.
 */
export interface ClusterView {
  readonly connection: ConnectionStore;
  /** It is seen as by the agent, from a Pod of the cluster. */
  readonly isServiceAccount: boolean;
  /** All of them, with who changed what. */
  listApplications(signal: AbortSignal): Promise<ApplicationResource[]>;
  /** undefined: not there. */
  readApplication(name: string, signal: AbortSignal): Promise<ApplicationResource | undefined>;
  /** undefined: not there. */
  readSecret(place: SecretPlace, signal: AbortSignal): Promise<SecretFacts | undefined>;
  /** Those of the agent, by its labels, the newest first. */
  listAgentPods(namespace: string, signal: AbortSignal): Promise<PodFacts[]>;
  /** How many addresses behind a Service are ready; undefined: there is no such Service. */
  countReadyAddresses(service: SecretPlace, signal: AbortSignal): Promise<number | undefined>;
  /** Whether that kind is served, and with which subresources; empty: nobody serves it. */
  listServed(kind: ServedKind, signal: AbortSignal): Promise<readonly string[]>;
  /** Whether a ServiceAccount may do something. */
  mayServiceAccount(account: SecretPlace, right: AgentRight, signal: AbortSignal): Promise<boolean>;
  /** How far the clock of the API server is ahead of this machine's, in milliseconds, to a second; undefined: it does not say. */
  readClockDifference(signal: AbortSignal): Promise<number | undefined>;
  /** Lines of the log, of which each is JSON if the agent wrote it. An abort throws its reason. */
  readLog(request: LogRequest, signal: AbortSignal): AsyncIterable<string>;
  /** Runs a command in the agent's container, to its end. */
  runInPod(pod: PodFacts, command: readonly string[], signal: AbortSignal): Promise<CommandResult>;
}

/** What a command in a pod left behind. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface SecretPlace {
  readonly namespace: string;
  readonly name: string;
}

export type ServedKind = 'applications' | 'compassconnections';

/** In the words of RBAC. */
export interface AgentRight {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
}

export interface LogRequest {
  readonly pod: PodFacts;
  readonly tailLines: number;
  /** Goes on until the pod ends. */
  readonly follow: boolean;
}

export interface PodFacts {
  readonly name: string;
  readonly namespace: string;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly serviceAccount: string;
  readonly containers: readonly string[];
  /** Where the agent was told that Kyma's gateway is; absent: where it always is. */
  readonly gatewayUrl?: string;
  /** Of Kubernetes, or `Terminating`. */
  readonly phase: string;
  readonly isReady: boolean;
  readonly restarts: number;
  /** Why a container waits, such as `CrashLoopBackOff`. */
  readonly why?: string;
}

/** What may be known of a Secret: no value of it leaves the adapter. */
export interface SecretFacts {
  readonly name: string;
  readonly keys: readonly string[];
}
