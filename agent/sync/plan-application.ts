import { isDeepStrictEqual } from 'node:util';
import {
  type ApplicationEntry,
  type ApplicationResource,
  type ApplicationService,
  type ApplicationSpec,
  applicationApiVersion,
} from '../domain/resources.ts';
import type { WrittenChange } from './action.ts';
import { type FieldPath, findDifference, isContained, listDifferences, toDigest } from './field-difference.ts';
import { managedByLabel, managedByValue } from './ownership.ts';
import type { DesiredService, DesiredSystem, SyncPolicy } from './to-desired-system.ts';

/**
 * A new Application with every field that the Go agent writes (docs/contracts/kubernetes.md#json-types). `former` is
 * the Application of the same system under its old name: what others set on it moves along.
 */
export function toNewApplication(
  desired: DesiredSystem,
  policy: SyncPolicy,
  former: ApplicationResource | undefined,
): ApplicationResource {
  const inherited = former?.metadata;
  return {
    apiVersion: applicationApiVersion,
    kind: 'Application',
    metadata: {
      name: desired.applicationName,
      labels: { ...inherited?.labels, [managedByLabel]: managedByValue },
      ...(inherited?.annotations === undefined ? {} : { annotations: inherited.annotations }),
    },
    spec: {
      displayName: '',
      providerDisplayName: '',
      longDescription: '',
      skipVerify: policy.skipAppsTlsVerify,
      // Left out, the CRD's default would be true and change how the gateway escapes URLs.
      encodeUrl: false,
      ...former?.spec,
      ...toManagedSpec(desired, former?.spec),
    },
    status: { installationStatus: { status: '', description: '' } },
  };
}

/** The Application with what is ours put right, and which parts of it differed; undefined when nothing did. */
export function toUpdatedApplication(
  existing: ApplicationResource,
  desired: DesiredSystem,
): { resource: ApplicationResource; because: string[]; change: WrittenChange } | undefined {
  const managed = toManagedSpec(desired, existing.spec);
  const because = Object.entries(managed).flatMap(([field, value]) =>
    isDeepStrictEqual(value, existing.spec[field]) ? [] : [field],
  );
  const isLabelled = existing.metadata.labels?.[managedByLabel] === managedByValue;
  if (!isLabelled) because.push('managed-by label');
  if (because.length === 0) return undefined;
  const { unreadable: _, ...stored } = existing;
  const resource: ApplicationResource = {
    ...stored,
    metadata: { ...existing.metadata, labels: { ...existing.metadata.labels, [managedByLabel]: managedByValue } },
    spec: { ...existing.spec, ...managed },
  };
  return { resource, because, change: toChange(existing, resource, desired) };
}

/** Stands for what is wanted of an Application, in whatever order UCL gives it. */
export function toWantedApplication(desired: DesiredSystem): string {
  return toDigest(toManagedSpec(desired, undefined));
}

/** One place in each part of an Application that is ours and differs from the one that is wanted. Pure. */
export function findChangedFields(wanted: ApplicationResource, present: ApplicationResource): FieldPath[] {
  return pairManaged(wanted, present).flatMap(([path, ours, theirs]) => {
    const difference = findDifference(ours, theirs, path);
    return difference === undefined ? [] : [difference];
  });
}

/** Every place in the parts of an Application that are ours, for a person who wants to see all of it. Pure. */
export function listChangedFields(wanted: ApplicationResource, present: ApplicationResource): FieldPath[] {
  return pairManaged(wanted, present).flatMap(([path, ours, theirs]) => listDifferences(ours, theirs, path));
}

function pairManaged(wanted: ApplicationResource, present: ApplicationResource): [FieldPath, unknown, unknown][] {
  return [
    ...managedFields.map((field): [FieldPath, unknown, unknown] => [
      ['spec', field],
      wanted.spec[field],
      present.spec[field],
    ]),
    [['metadata', 'labels', managedByLabel], managedByValue, present.metadata.labels?.[managedByLabel]],
  ];
}

/** Whether all that is wanted of an Application is there, whatever else is. Pure. */
export function hasAllOf(wanted: ApplicationResource, present: ApplicationResource): boolean {
  const isLabelled = present.metadata.labels?.[managedByLabel] === managedByValue;
  return isLabelled && managedFields.every((field) => isContained(wanted.spec[field], present.spec[field]));
}

function toChange(existing: ApplicationResource, resource: ApplicationResource, desired: DesiredSystem): WrittenChange {
  return {
    wanted: toWantedApplication(desired),
    fields: findChangedFields(resource, existing),
    isAddition: hasAllOf(resource, existing),
  };
}

const managedFields = ['description', 'labels', 'compassMetadata', 'services'] as const satisfies (keyof ReturnType<
  typeof toManagedSpec
>)[];

/** The fields of the spec that are rewritten on every difference; all others belong to whoever set them. */
function toManagedSpec(desired: DesiredSystem, stored: ApplicationSpec | undefined) {
  const services = new Map(stored?.services?.map((service) => [service.id, service]));
  const clientIds = stored?.compassMetadata?.authentication.clientIds ?? [];
  return {
    description: desired.description,
    labels: { 'connected-app': desired.applicationName },
    compassMetadata: {
      applicationId: desired.applicationId,
      authentication: { clientIds: inStoredOrder(desired.clientIds, clientIds, (id) => id) },
    },
    services: inStoredOrder(desired.services, [...services.keys()], ({ id }) => id).map((service) =>
      toService(service, services.get(service.id)),
    ),
  } satisfies ApplicationSpec;
}

function toService(desired: DesiredService, stored: ApplicationService | undefined): ApplicationService {
  const { authCreateParameterSchema: schema, ...service } = desired;
  const effective = schema === undefined ? stored?.authCreateParameterSchema : schema;
  return {
    ...service,
    ...(effective == null ? {} : { authCreateParameterSchema: effective }),
    entries: inStoredOrder(service.entries, stored?.entries.map(toEntryKey) ?? [], toEntryKey),
  };
}

function toEntryKey({ type, id }: ApplicationEntry): string {
  return `${type}/${id}`;
}

/**
 * Director's order is not stable (docs/contracts/compass.md#paging), so what is stored already keeps its place and only
 * what is new comes behind, in Director's order.
 */
function inStoredOrder<T>(desired: readonly T[], storedKeys: readonly string[], toKey: (item: T) => string): T[] {
  // Also where a key stands there twice, which has no one place.
  if (desired.every((item, index) => toKey(item) === storedKeys[index])) return [...desired];
  const places = new Map(storedKeys.map((key, index) => [key, index]));
  const placeOf = (item: T) => places.get(toKey(item)) ?? storedKeys.length;
  return [...desired].sort((a, b) => placeOf(a) - placeOf(b));
}
