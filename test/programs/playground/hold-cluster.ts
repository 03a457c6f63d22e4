import { randomUUID } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAgentError } from '../../../agent/errors/agent-error.ts';
import type { KubeClient, Manifest } from '../../../agent/kube/api/kube-client.ts';
import type { ResourceType } from '../../../agent/kube/api/resource-type.ts';
import { isJsonObject, type JsonObject, objectAt, stringAt } from '../../servers/kube-api/kube-object.ts';
import type { Commands } from './create-commands.ts';
import { PlaygroundError } from './playground-error.ts';

/**
 * A cluster of a person is for one playground at a time: the next one would take the objects of the first for left-overs.
 * The mark is a Lease, renewed while its playground lives. It stands in a namespace that every cluster has.
 */
const leaseType: ResourceType = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases', custom: false };
const place = { namespace: 'default', name: 'ucl-playground' };
const renewMs = 5_000;
/** Without a sign of life for so long, a playground has crashed. */
const staleMs = 3 * renewMs;
/** From the loss of the Lease until a playground that still runs has seen it and has ended its agent. */
const handOverMs = renewMs + 10_000;

/** The cluster, as long as nobody has taken it over. */
export interface Hold {
  /** Resolves with the name of the playground that has taken the cluster over; never, where none does. */
  readonly lost: Promise<string>;
  /** Whether the Lease still names this playground. */
  isOurs(signal: AbortSignal): Promise<boolean>;
  /** Stops renewing, and removes the Lease where it is ours. */
  release(signal: AbortSignal): Promise<void>;
}

export interface HoldOptions {
  client: KubeClient;
  commands: Commands;
  /** A playground that crashed has left its Lease, and a person has said so. */
  takeOver: boolean;
  tell: (line: string) => void;
}

/** Throws PlaygroundError where another playground holds the cluster. Writes nothing. */
export async function refuseHeldCluster(options: HoldOptions, signal: AbortSignal): Promise<void> {
  const lease = await readLease(options.client, signal);
  if (lease !== undefined && !options.takeOver) throw new PlaygroundError(describeHolder(options, lease));
}

/** Takes the cluster. Throws PlaygroundError where another playground was faster. */
export async function holdCluster(options: HoldOptions, signal: AbortSignal): Promise<Hold> {
  const { client } = options;
  const identity = describeSelf();
  try {
    const present = await readLease(client, signal);
    if (present === undefined) await client.create(leaseType, toLease(identity, {}), signal);
    else if (options.takeOver) await takeOver(options, identity, present, signal);
    else throw new PlaygroundError(describeHolder(options, present));
  } catch (error: unknown) {
    if (!isAgentError(error, 'Conflict', 'AlreadyExists', 'NotFound')) throw error;
    const faster = await readLease(client, signal);
    throw new PlaygroundError(describeHolder(options, faster ?? {}));
  }
  const stop = new AbortController();
  return {
    lost: keepRenewing(client, identity, stop.signal),
    async isOurs(now) {
      const lease = await readLease(client, now);
      return lease === undefined || holderOf(lease) === identity;
    },
    async release(now) {
      stop.abort();
      const lease = await readLease(client, now);
      if (lease === undefined || holderOf(lease) !== identity) return;
      await client.delete({ type: leaseType, ...place }, { uid: stringAt(lease.metadata, 'uid') }, now);
    },
  };
}

async function takeOver(
  { client, tell }: HoldOptions,
  identity: string,
  present: JsonObject,
  signal: AbortSignal,
): Promise<void> {
  await client.update(leaseType, toLease(identity, present), signal);
  tell(`Taken over from another playground: ${holderOf(present)}`);
  if (ageOf(present) > staleMs) return;
  tell(`It was seen ${ageOf(present) / 1000} s ago; waiting ${handOverMs / 1000} s, so that it ends if it still runs`);
  await sleep(handOverMs, undefined, { signal });
}

/** A playground as a person knows it again, with what makes it unique. */
function describeSelf(): string {
  return `${readUserName()}@${hostname()}, process ${process.pid}, ${randomUUID().slice(0, 8)}`;
}

function readUserName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user of a container may have no name.
    return 'somebody';
  }
}

async function readLease(client: KubeClient, signal: AbortSignal): Promise<JsonObject | undefined> {
  try {
    const lease = await client.get({ type: leaseType, ...place }, signal);
    return isJsonObject(lease) ? lease : undefined;
  } catch (error: unknown) {
    if (isAgentError(error, 'NotFound')) return undefined;
    throw error;
  }
}

/** The Lease for a holder; a present one is changed in place, so that only its present version is overwritten. */
function toLease(holderIdentity: string, present: JsonObject): Manifest & JsonObject {
  const time = new Date().toISOString().replace('Z', '000Z');
  const isRenewed = holderOf(present) === holderIdentity;
  const acquireTime = isRenewed ? stringAt(present.spec, 'acquireTime') : time;
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { ...objectAt(present, 'metadata'), ...place },
    spec: { holderIdentity, leaseDurationSeconds: staleMs / 1000, acquireTime, renewTime: time },
  };
}

function holderOf(lease: JsonObject): string {
  return stringAt(lease.spec, 'holderIdentity');
}

async function keepRenewing(client: KubeClient, identity: string, signal: AbortSignal): Promise<string> {
  try {
    for (;;) {
      await sleep(renewMs, undefined, { signal });
      try {
        const lease = await readLease(client, signal);
        const renewed = toLease(identity, lease ?? {});
        if (lease === undefined) await client.create(leaseType, renewed, signal);
        else if (holderOf(lease) === identity) await client.update(leaseType, renewed, signal);
        else return holderOf(lease);
      } catch (error: unknown) {
        signal.throwIfAborted();
        // The cluster may come back; who holds it is then looked at again.
        if (!isAgentError(error)) throw error;
      }
    }
  } catch (error: unknown) {
    if (!signal.aborted) throw error;
    return new Promise(() => undefined);
  }
}

function describeHolder({ client, commands }: HoldOptions, lease: JsonObject): string {
  return (
    `The cluster ${client.server} is in use by another playground: ${holderOf(lease)}, seen ${ageOf(lease) / 1000} s ago. ` +
    'Nothing was written. End that one, or use another cluster. ' +
    `If it has crashed, take its place: ${commands.playground('--take-over')}`
  );
}

/** Milliseconds since the last sign of life, by this machine's clock, in whole seconds. */
function ageOf(lease: JsonObject): number {
  const ageMs = Date.now() - Date.parse(stringAt(lease.spec, 'renewTime'));
  return Math.max(0, Math.round(ageMs / 1000) * 1000);
}
