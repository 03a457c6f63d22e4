import * as z from 'zod';
import type { PodFacts } from '../../cli/cluster-view.ts';

const waiting = z.object({ reason: z.string().catch('') });

const variable = z.object({ name: z.string(), value: z.string().catch('') });
const container = z.object({ name: z.string(), env: z.array(variable).catch([]) });

const podSchema = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string().catch(''),
    creationTimestamp: z.string().catch(''),
    deletionTimestamp: z.string().optional(),
  }),
  spec: z
    .object({
      serviceAccountName: z.string().catch('default'),
      containers: z.array(container).catch([]),
    })
    .catch({ serviceAccountName: 'default', containers: [] }),
  status: z
    .object({
      phase: z.string().catch('Unknown'),
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).catch([]),
      containerStatuses: z
        .array(
          z.object({ restartCount: z.number().catch(0), state: z.object({ waiting: waiting.optional() }).catch({}) }),
        )
        .catch([]),
    })
    .catch({ phase: 'Unknown', conditions: [], containerStatuses: [] }),
});

/** What people ask of a pod; undefined where the object is none. */
export function parsePod(object: unknown): PodFacts | undefined {
  const { data } = podSchema.safeParse(object);
  if (data === undefined) return undefined;
  const { metadata, spec, status } = data;
  const why = status.containerStatuses.flatMap(({ state }) => state.waiting?.reason || []);
  const variables = spec.containers.flatMap(({ env }) => env);
  const gatewayUrl = variables.find(({ name }) => name === 'APP_CENTRAL_GATEWAY_SERVICE_URL')?.value;
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    createdAt: metadata.creationTimestamp,
    serviceAccount: spec.serviceAccountName,
    containers: spec.containers.map(({ name }) => name),
    phase: metadata.deletionTimestamp === undefined ? status.phase : 'Terminating',
    isReady: status.conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True'),
    restarts: status.containerStatuses.reduce((sum, { restartCount }) => sum + restartCount, 0),
    ...(why[0] === undefined ? {} : { why: why[0] }),
    ...(gatewayUrl === undefined ? {} : { gatewayUrl }),
  };
}
