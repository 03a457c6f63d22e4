import * as z from 'zod';
import { isConditionType } from './condition-types.ts';

/*
 * The status of the CompassConnection (docs/contracts/kubernetes.md#compassconnection): the legacy fields and ours, which are all optional. One
 * schema: the types follow from it, what is stored is read with it, and a test compares it with the CRD. It is lenient
 * where somebody else may have written: a broken field reads as absent, a text that is far too long is cut, and neither
 * costs anything else.
 */

const text = z.string().overwrite((value) => value.slice(0, 2_000));
/** RFC 3339 with whole seconds; null stands for "never". */
const time = z
  .string()
  .overwrite((value) => value.slice(0, 64))
  .nullable();

const connectionStates = [
  'Connected',
  'ConnectionFailed',
  'ConnectionMaintenanceFailed',
  'SynchronizationFailed',
  'ResourceApplicationFailed',
  'MetadataUpdateFailed',
  'Synchronized',
] as const;

export const conditionSchema = z.object({
  type: z.string().refine(isConditionType),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: text.catch(''),
  message: text.catch(''),
  lastTransitionTime: z
    .string()
    .overwrite((value) => value.slice(0, 64))
    .catch(''),
  observedGeneration: z.number().exactOptional(),
});

/** One system that did not converge; `name` is UCL's name of it. */
const systemFailureSchema = z.object({
  applicationId: text.catch(''),
  name: text.catch(''),
  reason: text.catch(''),
  message: text.catch(''),
});

export const connectionStatusSchema = z.object({
  connectionState: z.enum(connectionStates).catch('ConnectionFailed'),
  connectionStatus: z
    .object({
      established: time.exactOptional(),
      renewed: time.exactOptional(),
      lastSync: time.exactOptional(),
      lastSuccess: time.exactOptional(),
      certificateStatus: z
        .object({ acquired: time.exactOptional(), notBefore: time.exactOptional(), notAfter: time.exactOptional() })
        .catch({}),
      error: text.exactOptional(),
    })
    .catch({ certificateStatus: {} }),
  synchronizationStatus: z
    .object({
      lastAttempt: time.exactOptional(),
      lastSuccessfulFetch: time.exactOptional(),
      lastSuccessfulApplication: time.exactOptional(),
      error: text.exactOptional(),
    })
    .nullable()
    .exactOptional(),
  observedGeneration: z.number().exactOptional(),
  runtimeId: text.exactOptional(),
  conditions: z.array(conditionSchema).exactOptional(),
  applications: z
    .object({
      desired: z.number().catch(0),
      ready: z.number().catch(0),
      failed: z.number().catch(0),
      summary: text.catch(''),
    })
    .exactOptional(),
  failures: z.array(systemFailureSchema).exactOptional(),
  failuresTotal: z.number().exactOptional(),
  certificate: z
    .object({ notBefore: time.exactOptional(), notAfter: time.exactOptional(), renewAt: time.exactOptional() })
    .exactOptional(),
  lastSync: time.exactOptional(),
  nextSync: time.exactOptional(),
  staleAfter: time.exactOptional(),
  lastSyncTrigger: text.exactOptional(),
  lastHandledSyncRequest: text.exactOptional(),
  lastHandledRenewRequest: text.exactOptional(),
  /** The earliest removal that is held, and how many Applications wait in all. */
  prune: z
    .object({
      heldHash: text.exactOptional(),
      heldCount: z.number().exactOptional(),
      heldSince: text.exactOptional(),
      heldUntil: time.exactOptional(),
    })
    .exactOptional()
    .catch({}),
});

export type Timestamp = z.infer<typeof time>;
export type ConnectionState = (typeof connectionStates)[number];
export type Condition = z.infer<typeof conditionSchema>;
export type SystemFailure = z.infer<typeof systemFailureSchema>;
export type ConnectionStatus = z.infer<typeof connectionStatusSchema>;
