import { isDeepStrictEqual } from 'node:util';
import type { SystemFailure } from '../domain/connection-status.ts';
import { credentialKinds } from '../domain/credential-kinds.ts';
import { keepPacked } from '../domain/keep-packed.ts';
import { toLabelValue } from '../domain/names.ts';
import { applicationApiVersion, type OwnerReference, type SecretResource } from '../domain/resources.ts';
import type { Step, WrittenChange } from './action.ts';
import { type FieldPath, isContained, toDigest } from './field-difference.ts';
import { toFailure } from './match-systems.ts';
import { isApplicationOwner, isOurSecret } from './ownership.ts';
import type { DesiredSecret, DesiredSystem, SyncPolicy } from './to-desired-system.ts';

interface SecretRules {
  /** Keys that such a Secret of ours may hold; any other belongs to whoever added it. */
  readonly keys: readonly string[];
  readonly isSame: (stored: string, wanted: string) => boolean;
}

const secretRules: Readonly<Record<DesiredSecret['kind'], SecretRules>> = {
  credentials: {
    // Those of every kind: what a bundle's former credential left is taken out.
    keys: [...credentialKinds.values()].flatMap(({ secretKeys }) => Object.keys(secretKeys)),
    isSame: (stored, wanted) => stored === wanted,
  },
  parameters: { keys: ['headers', 'queryParameters'], isSame: isSameJson },
};

const ourKeys = new Set(Object.values(secretRules).flatMap(({ keys }) => keys));

export interface SecretPlan {
  readonly writes: readonly Step[];
  /** Secrets of this Application that no bundle needs any more. */
  readonly stale: readonly Step[];
  readonly because: readonly string[];
  readonly failures: readonly SystemFailure[];
}

/** The Secrets in the cluster, sorted for planning. */
export interface StoredSecrets {
  readonly byName: ReadonlyMap<string, SecretResource>;
  /** Those that no system wants, by the Application that they belong to; '' for those that are not ours. */
  readonly unwantedByOwner: ReadonlyMap<string, readonly SecretResource[]>;
  /** Which of two or more Applications that plan a Secret of the same name has it. */
  readonly holders: ReadonlyMap<string, string>;
  /** Uids of the Applications of ours whose Secrets may change hands. */
  readonly ourUids: ReadonlySet<string>;
  readonly livingUids: ReadonlySet<string>;
}

/** The Secrets of one system. `applicationUid` is empty when the Application is created in the same action. */
export function planSecrets(
  desired: DesiredSystem,
  applicationUid: string,
  stored: StoredSecrets,
  policy: SyncPolicy,
): SecretPlan {
  const writes: Step[] = [];
  const because: string[] = [];
  const failures: SystemFailure[] = [];
  const fail = (message: string) => {
    failures.push(toFailure({ id: desired.applicationId, name: desired.systemName }, 'NameConflict', message));
  };
  for (const secret of desired.secrets) {
    const existing = stored.byName.get(secret.name);
    const holder = stored.holders.get(secret.name);
    if (holder !== undefined && holder !== desired.applicationName) {
      fail(
        `The Secret ${secret.name} of bundle ${secret.bundleId} belongs to Application ${holder}, whose name begins alike and which has a bundle of the same id. Rename one of the two systems in UCL.`,
      );
    } else if (existing === undefined) {
      writes.push({
        do: 'create-secret',
        manifest: keepPacked(toManifest(secret, desired.applicationName, applicationUid, policy)),
        wanted: toDigest(secret),
      });
      because.push(`Secret ${secret.name}: missing`);
    } else if (!isOurSecret(existing, { ...stored, labels: toLabels(secret, desired.applicationName) })) {
      fail(
        `There is a Secret ${secret.name} that does not belong to Application ${desired.applicationName} and that this agent does not touch. Delete it.`,
      );
    } else {
      const updated = toUpdatedSecret(existing, secret, desired.applicationName, applicationUid);
      if (updated === undefined) continue;
      writes.push({ do: 'update-secret', resource: updated.resource, change: updated.change });
      because.push(`Secret ${secret.name}: ${updated.because.join(', ')}`);
    }
  }
  const stale = (stored.unwantedByOwner.get(desired.applicationName) ?? []).map(toDeletion);
  because.push(...stale.map((step) => `Secret ${step.name}: no longer needed`));
  return { writes, stale, because, failures };
}

/** The step that removes a stored Secret. */
export function toDeletion({ metadata: { name, uid = '', resourceVersion: version } }: SecretResource) {
  return { do: 'delete-secret', name, uid, version } as const;
}

function toManifest(secret: DesiredSecret, applicationName: string, uid: string, policy: SyncPolicy): SecretResource {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: {
      name: secret.name,
      namespace: policy.integrationNamespace,
      labels: toLabels(secret, applicationName),
      ownerReferences: [toOwner(applicationName, uid)],
    },
    data: toData(secret),
  };
}

function toLabels(secret: DesiredSecret, applicationName: string): Record<string, string> {
  return { app: toLabelValue(applicationName), bundleId: secret.bundleId };
}

function toOwner(name: string, uid: string): OwnerReference {
  return { apiVersion: applicationApiVersion, kind: 'Application', name, uid };
}

function toData(secret: DesiredSecret): Record<string, string> {
  return Object.fromEntries(
    Object.entries(secret.data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
}

function toUpdatedSecret(existing: SecretResource, secret: DesiredSecret, applicationName: string, ownerUid: string) {
  const because: string[] = [];
  const rules = secretRules[secret.kind];
  if (!hasSameData(existing, secret, rules)) because.push('data');
  const { labels, ownerReferences } = existing.metadata;
  const ourLabels = toLabels(secret, applicationName);
  if (Object.entries(ourLabels).some(([key, value]) => labels?.[key] !== value)) because.push('labels');
  if (!ownerReferences?.some(({ uid }) => uid === ownerUid)) because.push('owner');
  if (because.length === 0) return undefined;
  const foreignData = Object.entries(existing.data ?? {}).filter(([key]) => !rules.keys.includes(key));
  const resource: SecretResource = {
    ...existing,
    metadata: {
      ...existing.metadata,
      labels: { ...labels, ...ourLabels },
      ownerReferences: [
        ...(ownerReferences ?? []).filter((owner) => !isApplicationOwner(owner)),
        toOwner(applicationName, ownerUid),
      ],
    },
    data: { ...Object.fromEntries(foreignData), ...toData(secret) },
  };
  const change: WrittenChange = {
    wanted: toDigest(secret),
    fields: findChangedParts(resource, existing),
    isAddition: hasAllParts(resource, existing),
  };
  return { resource, because, change };
}

/** What differs in the parts of a Secret that are ours, from the one that is wanted: names, and no value. Pure. */
export function findChangedParts(wanted: SecretResource, present: SecretResource): FieldPath[] {
  const changedKeys = [...ourKeys].filter((key) => wanted.data?.[key] !== present.data?.[key]);
  const labels = ['app', 'bundleId'].filter((key) => wanted.metadata.labels?.[key] !== present.metadata.labels?.[key]);
  return [
    ...changedKeys.map((key): FieldPath => ['data', key]),
    ...labels.map((key): FieldPath => ['metadata', 'labels', key]),
    ...(isOwnedAlike(wanted, present) ? [] : [['metadata', 'ownerReferences']]),
  ];
}

/** Whether all that is wanted of a Secret is there, whatever else is. Pure. */
export function hasAllParts(wanted: SecretResource, present: SecretResource): boolean {
  return (
    isOwnedAlike(wanted, present) &&
    isContained(wanted.data, present.data) &&
    isContained(wanted.metadata.labels, present.metadata.labels)
  );
}

function isOwnedAlike(wanted: SecretResource, present: SecretResource): boolean {
  const owners = new Set(present.metadata.ownerReferences?.map(({ uid }) => uid));
  return wanted.metadata.ownerReferences?.every(({ uid }) => owners.has(uid)) ?? true;
}

function hasSameData(existing: SecretResource, secret: DesiredSecret, { keys, isSame }: SecretRules): boolean {
  return keys.every((key) => {
    const stored = existing.data?.[key];
    const wanted = secret.data[key];
    if (stored === undefined || wanted === undefined) return stored === wanted;
    return isSame(Buffer.from(stored, 'base64').toString(), wanted);
  });
}

/**
 * Go marshals with other escapes and key order (docs/contracts/kubernetes.md#credential-types): compare what it means,
 * not the bytes.
 */
function isSameJson(a: string, b: string): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(a), JSON.parse(b));
  } catch {
    // Broken JSON in the stored Secret differs from anything and is replaced.
    return false;
  }
}
