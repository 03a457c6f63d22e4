import * as z from 'zod';
import { AgentError } from '../../errors/agent-error.ts';
import type { Claim, Lease, LeaseStore } from '../../leadership/ports.ts';
import type { Time } from '../../time/time.ts';
import type { Exchange } from '../api/exchange.ts';
import { createKubeClient, type Manifest } from '../api/kube-client.ts';
import { isKubeError, KubeError } from '../api/kube-error.ts';
import { type ObjectKind, readObject } from '../api/object-kind.ts';
import { leaseType } from '../api/resource-type.ts';
import { metadataSchema, parseAs } from './parse-object.ts';

export interface LeasePlace {
  readonly namespace: string;
  readonly name: string;
}

const leaseSchema = z.object({
  metadata: metadataSchema,
  // Whoever releases a Lease may leave any of them out.
  spec: z
    .object({
      holderIdentity: z.string().catch(''),
      leaseDurationSeconds: z.number().positive().optional().catch(undefined),
      leaseTransitions: z.number().int().nonnegative().catch(0),
      acquireTime: z.string().optional().catch(undefined),
    })
    .catch({ holderIdentity: '', leaseTransitions: 0 }),
});

const leaseKind: ObjectKind<Lease> = { type: leaseType, parse: parseLease };

/** The Lease at that place. It has a way of its own to the API server, since it decides whether the others are open. */
export function createLeaseStore(exchange: Exchange, time: Time, place: LeasePlace): LeaseStore {
  const client = createKubeClient(exchange, time);
  const name = { metadata: place };
  return {
    read: (signal) => orOff(() => readObject(client, leaseKind, place, signal)),
    create: (claim, signal) =>
      orOff(async () => parseLease(await client.create(leaseType, toManifest(name, claim), signal))),
    update: (before, claim, signal) =>
      orOff(async () => {
        // The API server would take it as it is, over whatever anybody wrote.
        if (before.metadata.resourceVersion === undefined) {
          throw new KubeError({ kind: 'conflict', attempt: { verb: 'update', type: leaseType, ...place } });
        }
        return parseLease(await client.update(leaseType, toManifest(before, claim), signal));
      }),
  };
}

/** Throws `LeaderElectionOff` instead of what says that no try will have the Lease until somebody changes something. */
async function orOff<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error: unknown) {
    if (!(error instanceof KubeError) || !isBar(error)) throw error;
    const { message, next, remedy, details } = error;
    throw new AgentError('LeaderElectionOff', message, { next, details, ...(remedy === undefined ? {} : { remedy }) });
  }
}

function isBar(error: KubeError): boolean {
  if (isKubeError(error, 'forbidden', 'crd-missing')) return true;
  // A quota, or a policy.
  if (isKubeError(error, 'rejected')) return error.failure.status === 403;
  return isKubeError(error, 'not-found') && error.failure.attempt.verb === 'create';
}

function toManifest({ metadata }: Manifest, claim: Claim): Manifest & { readonly spec: object } {
  const manifest = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata,
    spec: {
      holderIdentity: claim.holder,
      leaseDurationSeconds: Math.ceil(claim.durationMs / 1000),
      leaseTransitions: claim.transitions,
      acquireTime: claim.acquireTime instanceof Date ? toMicroTime(claim.acquireTime) : claim.acquireTime,
      renewTime: toMicroTime(claim.renewTime),
    },
  };
  return manifest;
}

/** The API server takes times of a Lease with six digits alone. */
function toMicroTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z');
}

function parseLease(object: unknown): Lease {
  const { metadata, spec } = parseAs(leaseSchema, object, 'Lease');
  const { holderIdentity, leaseDurationSeconds, leaseTransitions, acquireTime } = spec;
  return {
    metadata,
    holder: holderIdentity,
    durationMs: leaseDurationSeconds === undefined ? undefined : leaseDurationSeconds * 1000,
    transitions: leaseTransitions,
    acquireTime,
  };
}
