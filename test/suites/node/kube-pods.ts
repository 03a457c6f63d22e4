import { z } from 'zod';

/** Pods of the agent as kubectl shows them. */

const terminated = z.object({ exitCode: z.number(), reason: z.string().default('') });
const containerState = z.object({
  running: z.looseObject({}).optional(),
  waiting: z.looseObject({ reason: z.string().default('') }).optional(),
  terminated: terminated.optional(),
});
const containerStatus = z.object({
  containerID: z.string().default(''),
  ready: z.boolean(),
  restartCount: z.number(),
  state: containerState.default({}),
  lastState: containerState.default({}),
});

const pod = z.object({
  metadata: z.object({ name: z.string(), uid: z.string(), deletionTimestamp: z.string().optional() }),
  status: z.object({ phase: z.string(), containerStatuses: z.array(containerStatus).default([]) }),
});

export interface AgentPod {
  name: string;
  uid: string;
  isTerminating: boolean;
  /** Of its one container; undefined before there is one. */
  container: z.infer<typeof containerStatus> | undefined;
}

const podList = z.object({ items: z.array(z.unknown()) });

export function parsePod(value: unknown): AgentPod {
  const { metadata, status } = pod.parse(value);
  return {
    name: metadata.name,
    uid: metadata.uid,
    isTerminating: metadata.deletionTimestamp !== undefined,
    container: status.containerStatuses[0],
  };
}

/** Reads what `kubectl get pods -o json` prints. */
export function parsePods(text: string): AgentPod[] {
  return podList.parse(JSON.parse(text)).items.map(parsePod);
}
