import { keyOf, type Place, type StoredObject, systemIdOf } from '../cluster/object.ts';
import type { World } from '../history/world.ts';
import type { SimulatedSystem } from '../ucl/landscape.ts';

export interface Comparison {
  /** Whether nobody else has written that object lately. */
  readonly isSettled: (key: string) => boolean;
  /** Whether nobody else has written that object since the systems were read: without a new read nothing is removed. */
  readonly isAsRead?: (key: string) => boolean;
  /** Applications of systems that are no longer there may wait for their removal. */
  readonly mayHaveMore: boolean;
  /** Systems beside those that are compared, whose Applications may be there. */
  readonly others?: readonly SimulatedSystem[];
}

interface WrittenService {
  readonly id: string;
  readonly displayName: string;
  readonly entries: readonly { readonly targetUrl: string; readonly credentials: { readonly secretName: string } }[];
}

/**
 * The first thing in which the cluster is not what these systems say, as people and the gateway see it; undefined where
 * it is. Written without the agent's own rules.
 */
export function findDifference(
  world: World,
  systems: readonly SimulatedSystem[],
  comparison: Comparison,
): string | undefined {
  const applications = world.server.storage.list('applications');
  for (const system of systems) {
    const difference = compareSystem(world, system, applications, comparison);
    if (difference !== undefined) return difference;
  }
  if (comparison.mayHaveMore) return undefined;
  const wanted = new Set([...systems, ...(comparison.others ?? [])].map(({ id }) => id));
  const more = applications.find(
    (object) =>
      systemIdOf(object) !== undefined &&
      !wanted.has(systemIdOf(object) ?? '') &&
      !isLeftAlone(object) &&
      isToBeGone(object, comparison),
  );
  return more && `${more.metadata.name} is there, and its system is not`;
}

function compareSystem(
  world: World,
  system: SimulatedSystem,
  applications: readonly StoredObject[],
  comparison: Comparison,
): string | undefined {
  const { isSettled, mayHaveMore } = comparison;
  const place: Place = { plural: 'applications', namespace: '', name: system.name };
  if (!isSettled(keyOf(place))) return undefined;
  const application = applications.find(({ metadata }) => metadata.name === system.name);
  if (application === undefined) return `${system.name} is missing`;
  // Whoever opts an Application out has its system left alone, its former names included.
  if (isLeftAlone(application)) return undefined;
  const former = applications.find(
    (object) =>
      object !== application &&
      systemIdOf(object) === system.id &&
      !isLeftAlone(object) &&
      isToBeGone(object, comparison),
  );
  if (former !== undefined && !mayHaveMore) return `${former.metadata.name} is there, a former name of ${system.name}`;
  if (systemIdOf(application) !== system.id) return `${system.name} stands for another system`;
  if (application.spec?.description !== system.description) return `${system.name} has another description`;
  const services = (application.spec.services ?? []) as WrittenService[];
  if (services.length !== system.bundles.length) return `${system.name} has ${services.length} services`;
  for (const bundle of system.bundles) {
    const service = services.find(({ id }) => id === bundle.id);
    if (service?.entries[0]?.targetUrl !== bundle.targetUrl) return `${system.name} has another target`;
    const secretName = service.entries[0].credentials.secretName;
    const secretPlace: Place = { plural: 'secrets', namespace: 'kyma-system', name: secretName };
    if (bundle.password === undefined ? secretName !== '' : secretName === '')
      return `${system.name} has another credential`;
    if (bundle.password === undefined || !isSettled(keyOf(secretPlace))) continue;
    const secret = world.server.storage.get(secretPlace);
    const stored = secret?.data?.password ?? '';
    if (Buffer.from(stored, 'base64').toString() !== bundle.password) return `${secretName} holds another password`;
    if (secret?.metadata.labels?.bundleId !== bundle.id) return `${secretName} has lost its label`;
  }
  return undefined;
}

function isToBeGone(object: StoredObject, { isSettled, isAsRead }: Comparison): boolean {
  const key = keyOf(toPlace(object));
  return isSettled(key) && isAsRead?.(key) !== false;
}

/** Opted out, somebody else's, or on its way out. */
function isLeftAlone(object: StoredObject): boolean {
  return (
    object.metadata.deletionTimestamp !== undefined ||
    object.metadata.annotations?.['compass.kyma-project.io/reconcile'] === 'disabled'
  );
}

function toPlace(object: StoredObject): Place {
  return { plural: 'applications', namespace: '', name: object.metadata.name };
}
