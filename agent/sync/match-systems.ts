import type { SystemFailure } from '../domain/connection-status.ts';
import type { Landscape, LandscapeApplication } from '../domain/landscape.ts';
import { explainInvalidName, normalizeApplicationName } from '../domain/names.ts';
import type { ApplicationResource } from '../domain/resources.ts';
import { isOptedOut, isOurs, isTerminating, systemIdOf } from './ownership.ts';

/** A system with the Application that it is to become. */
export interface MatchedSystem {
  readonly system: LandscapeApplication;
  readonly applicationName: string;
  /** The Application of that name, when there is one; it is ours. */
  readonly existing: ApplicationResource | undefined;
  /** Applications of ours that stand for the same system under another name: a rename's leftovers. */
  readonly formerNames: readonly ApplicationResource[];
}

export interface Matching {
  readonly matched: readonly MatchedSystem[];
  readonly failures: readonly SystemFailure[];
  /** Applications of ours whose system UCL no longer assigns to this runtime, and which are not being deleted yet. */
  readonly abandoned: readonly ApplicationResource[];
}

/**
 * Decides which Application each system becomes: by `compassMetadata.applicationId` first, then by name. Two systems
 * of one name: the one that holds the Application keeps it, else the lowest id gets it; the others are failures of
 * their own, and whatever they have in the cluster stays.
 */
export function matchSystems(landscape: Landscape, applications: readonly ApplicationResource[]): Matching {
  const byName = new Map(applications.map((application) => [application.metadata.name, application]));
  const ours = applications.filter((application) => isOurs(application) && !isTerminating(application));
  const bySystem = Map.groupBy(ours, systemIdOf);
  const unreadable = new Set(landscape.gaps.map(({ applicationId }) => applicationId));
  const matched: MatchedSystem[] = [];
  const refused: { readonly system: LandscapeApplication; readonly failure: SystemFailure }[] = [];

  const toName = createNaming(landscape.runtimeLabels);
  for (const [applicationName, systems] of groupByName(landscape.applications, toName)) {
    const existing = byName.get(applicationName);
    const winner = chooseHolder(systems, existing);
    for (const system of systems) {
      const failure =
        system === winner
          ? explainUnusable(system, applicationName, existing, unreadable)
          : toFailure(
              system,
              'DuplicateName',
              `Application ${applicationName} already belongs to system ${winner?.id} (${winner?.name}). Rename one of the two in UCL.`,
            );
      if (failure === undefined) matched.push({ system, applicationName, existing, formerNames: [] });
      else refused.push({ system, failure });
    }
  }

  const claimed = new Set(matched.map(({ applicationName }) => applicationName));
  const failures = refused.map(({ failure }) => failure);
  // A system whose new name is not free stays current under the one that it has.
  for (const { system } of refused) {
    const former = bySystem.get(system.id)?.find(({ metadata }) => !claimed.has(metadata.name));
    if (former === undefined) continue;
    claimed.add(former.metadata.name);
    matched.push({ system, applicationName: former.metadata.name, existing: former, formerNames: [] });
  }

  for (const application of ours) {
    const { metadata, unreadable } = application;
    if (unreadable !== undefined && !claimed.has(metadata.name) && !isOptedOut(application)) {
      failures.push(toUnreadable(application, unreadable));
    }
  }
  const known = new Set([...landscape.applications.map(({ id }) => id), ...unreadable]);
  const isFree = (application: ApplicationResource) =>
    !claimed.has(application.metadata.name) && !isOptedOut(application) && application.unreadable === undefined;
  return {
    matched: matched.map((match) => ({
      ...match,
      formerNames: (bySystem.get(match.system.id) ?? []).filter(isFree),
    })),
    failures,
    abandoned: ours.filter((application) => isFree(application) && !known.has(systemIdOf(application))),
  };
}

/**
 * Director normalises names itself when the runtime's label `isNormalized` is "true", so the agent must not: only that
 * string counts (docs/contracts/kubernetes.md#normalisation, docs/contracts/compass.md#names).
 */
function createNaming(runtimeLabels: Landscape['runtimeLabels']): (name: string) => string {
  return runtimeLabels.isNormalized === 'true' ? (name) => name : normalizeApplicationName;
}

function groupByName(systems: readonly LandscapeApplication[], toName: (name: string) => string) {
  const groups = Map.groupBy(systems, ({ name }) => toName(name));
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
}

function chooseHolder(systems: readonly LandscapeApplication[], existing: ApplicationResource | undefined) {
  const holder = existing && isOurs(existing) && systems.find(({ id }) => id === systemIdOf(existing));
  return holder || [...systems].sort((a, b) => (a.id < b.id ? -1 : 1))[0];
}

function explainUnusable(
  system: LandscapeApplication,
  applicationName: string,
  existing: ApplicationResource | undefined,
  unreadable: ReadonlySet<string>,
): SystemFailure | undefined {
  const invalid = explainInvalidName(applicationName);
  if (invalid !== undefined) {
    return toFailure(
      system,
      'InvalidName',
      `"${applicationName}" is not allowed as the name of an Application: ${invalid}. Change the system's name or system number in UCL.`,
    );
  }
  if (existing === undefined) return undefined;
  if (isTerminating(existing)) {
    return toFailure(
      system,
      'Terminating',
      `Application ${applicationName} is being deleted and waits for ${describeFinalizers(existing)}. The agent creates it again once it is gone.`,
    );
  }
  if (!isOurs(existing)) {
    return toFailure(
      system,
      'NameConflict',
      `There is an Application ${applicationName} that this agent did not create and does not touch. Rename or delete it, or rename the system in UCL.`,
    );
  }
  if (systemIdOf(existing) !== system.id && unreadable.has(systemIdOf(existing))) {
    return toFailure(
      system,
      'DuplicateName',
      `Application ${applicationName} belongs to system ${systemIdOf(existing)}, which could not be read this time. Rename one of the two in UCL.`,
    );
  }
  return undefined;
}

function toUnreadable(application: ApplicationResource, unreadable: readonly string[]): SystemFailure {
  const { name } = application.metadata;
  const message = `Application ${name} has the agent's label, but does not match its CRD at ${unreadable.join(', ')}; it is left alone. Correct or delete it.`;
  return toFailure({ id: systemIdOf(application), name }, 'UnreadableApplication', message);
}

function describeFinalizers({ metadata: { finalizers = [] } }: ApplicationResource): string {
  return finalizers.length === 0 ? 'the API server' : `the finalizer ${finalizers.join(', ')}`;
}

/** A failure of that system's own. */
export function toFailure(system: { id: string; name: string }, reason: string, message: string): SystemFailure {
  return { applicationId: system.id, name: system.name, reason, message };
}
