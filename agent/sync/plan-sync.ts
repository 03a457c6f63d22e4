import type { SystemFailure } from '../domain/connection-status.ts';
import { keepPacked } from '../domain/keep-packed.ts';
import type { Landscape } from '../domain/landscape.ts';
import type { ApplicationResource, SecretResource } from '../domain/resources.ts';
import type { Action, Step } from './action.ts';
import type { ClusterSnapshot } from './application-writer.ts';
import { type MatchedSystem, matchSystems, toFailure } from './match-systems.ts';
import { isOptedOut, isOurs, isTerminating, ownerOf, systemIdOf } from './ownership.ts';
import { toNewApplication, toUpdatedApplication, toWantedApplication } from './plan-application.ts';
import { planSecrets, type StoredSecrets, toDeletion } from './plan-secrets.ts';
import { type DesiredSystem, type SyncPolicy, toDesiredSystem } from './to-desired-system.ts';

export interface Plan {
  /** Sorted: what adds or changes first, removals last, each by Application name. */
  readonly actions: readonly Action[];
  /** Systems that cannot be (fully) had whatever is applied. */
  readonly failures: readonly SystemFailure[];
  /** How many systems UCL assigns to this runtime. */
  readonly desiredCount: number;
  /** How many Applications could be removed: ours, neither opted out nor being deleted already. */
  readonly removableCount: number;
  readonly terminating: readonly TerminatingApplication[];
}

/** Why the Application of a system that left is removed. */
export const leftBecause = 'no longer assigned to this runtime in UCL';

/** One that is being deleted, and which finalizers keep it. */
export interface TerminatingApplication {
  readonly name: string;
  readonly finalizers: readonly string[];
}

/**
 * Plans what makes the cluster match the landscape. Pure: the same input gives the same plan, and planning a converged
 * state yields no action. Whether removals may happen is decided afterwards (deletion-policy.ts).
 */
export function planSync(landscape: Landscape, cluster: ClusterSnapshot, policy: SyncPolicy): Plan {
  const { matched, failures, abandoned } = matchSystems(landscape, cluster.applications);
  const systems = matched
    .filter(({ existing }) => existing === undefined || !isOptedOut(existing))
    .map((match) => ({
      match,
      desired: keepPacked(toDesiredSystem(match.system, match.applicationName, policy), ['applicationName']),
    }));
  const stored = sortSecrets(cluster, systems);
  const plans = systems.map(({ match, desired }) => planSystem(match, desired, stored, policy));
  const removals = abandoned.map((application) => planRemoval(application, stored));
  const ours = cluster.applications.filter(isOurs);
  const orphans = planOrphans(cluster, stored, matched);
  return {
    actions: [
      ...plans.flatMap(({ action }) => (action.steps.length === 0 ? [] : [action])).sort(byApplicationName),
      ...removals.sort(byApplicationName),
      ...orphans,
    ],
    failures: [
      ...failures,
      ...plans.flatMap((plan) => plan.failures),
      ...landscape.gaps.map((gap) =>
        toFailure({ id: gap.applicationId, name: gap.name }, 'ReadIncomplete', gap.message),
      ),
    ],
    desiredCount: new Set([
      ...landscape.applications.map(({ id }) => id),
      ...landscape.gaps.map(({ applicationId }) => applicationId),
    ]).size,
    removableCount: ours.filter(
      (application) => !isOptedOut(application) && !isTerminating(application) && application.unreadable === undefined,
    ).length,
    terminating: ours.filter(isTerminating).map(({ metadata: { name, finalizers = [] } }) => ({ name, finalizers })),
  };
}

interface PlannedSystem {
  readonly match: MatchedSystem;
  readonly desired: DesiredSystem;
}

/**
 * A Secret's name has only the first 26 bytes of its Application's, so that after a rename another Application of ours
 * may want it: it changes hands, and nobody removes it meanwhile. Where two want it at once, one has it.
 */
function sortSecrets(cluster: ClusterSnapshot, systems: readonly PlannedSystem[]): StoredSecrets {
  const byName = new Map(cluster.secrets.map((secret) => [secret.metadata.name, secret]));
  const wanting = Map.groupBy(
    systems.flatMap((system) => system.desired.secrets.map(({ name }) => ({ name, system }))),
    ({ name }) => name,
  );
  const unwanted = cluster.secrets.filter(({ metadata }) => !wanting.has(metadata.name));
  const ours = cluster.applications.filter((application) => isOurs(application) && !isOptedOut(application));
  return {
    byName,
    unwantedByOwner: Map.groupBy(unwanted, (secret) => ownerOf(secret) ?? ''),
    holders: new Map(
      [...wanting].map(([name, wishes]) => [
        name,
        chooseHolder(
          wishes.map(({ system }) => system),
          byName.get(name),
        ),
      ]),
    ),
    ourUids: toUids(ours),
    livingUids: toUids(cluster.applications),
  };
}

/** The Application that has the Secret already keeps it; else the first by name gets it. */
function chooseHolder(wishes: readonly PlannedSystem[], stored: SecretResource | undefined): string {
  const owners = new Set(stored?.metadata.ownerReferences?.map(({ uid }) => uid));
  const holding = wishes.find(({ match }) => owners.has(match.existing?.metadata.uid ?? ''));
  return holding?.match.applicationName ?? wishes.map(({ match }) => match.applicationName).sort()[0] ?? '';
}

function toUids(applications: readonly ApplicationResource[]): ReadonlySet<string> {
  return new Set(applications.flatMap(({ metadata }) => metadata.uid ?? []));
}

function planSystem(
  match: MatchedSystem,
  desired: DesiredSystem,
  stored: StoredSecrets,
  policy: SyncPolicy,
): { action: Action; failures: SystemFailure[] } {
  const { system, applicationName, existing, formerNames } = match;
  const secrets = planSecrets(desired, existing?.metadata.uid ?? '', stored, policy);
  const application = planApplication(desired, match, policy);
  // An update writes the Secrets first, so that the Application never names one that is not there; a creation
  // cannot, since the Secrets need the Application's uid.
  const writes =
    existing === undefined ? [...application.steps, ...secrets.writes] : [...secrets.writes, ...application.steps];
  const removals = formerNames.flatMap((former) => toRemovalSteps(former, stored));
  const kind = existing === undefined ? 'create' : 'update';
  return {
    action: {
      kind: formerNames.length > 0 ? 'rename' : kind,
      applicationId: system.id,
      systemName: system.name,
      applicationName,
      because: [
        ...application.because,
        ...secrets.because,
        ...formerNames.map(({ metadata }) => `was ${metadata.name}`),
      ],
      steps: [...writes, ...secrets.stale, ...removals],
    },
    failures: [
      ...desired.problems.map(({ reason, message }) => toFailure(system, reason, message)),
      ...secrets.failures,
    ],
  };
}

function planApplication(
  desired: DesiredSystem,
  { existing, formerNames }: MatchedSystem,
  policy: SyncPolicy,
): { steps: Step[]; because: string[] } {
  if (existing === undefined) {
    const manifest = keepPacked(toNewApplication(desired, policy, formerNames[0]));
    return {
      steps: [{ do: 'create-application', manifest, wanted: toWantedApplication(desired) }],
      because: ['not in the cluster'],
    };
  }
  const update = toUpdatedApplication(existing, desired);
  if (update === undefined) return { steps: [], because: [] };
  const { resource, change, because } = update;
  return { steps: [{ do: 'update-application', resource, change }], because };
}

function planRemoval(application: ApplicationResource, stored: StoredSecrets): Action {
  return {
    kind: 'delete',
    applicationId: systemIdOf(application),
    systemName: application.metadata.name,
    applicationName: application.metadata.name,
    because: [leftBecause],
    steps: toRemovalSteps(application, stored),
  };
}

function toRemovalSteps(application: ApplicationResource, { unwantedByOwner }: StoredSecrets): Step[] {
  const { name, uid = '', resourceVersion: version } = application.metadata;
  const secrets = (unwantedByOwner.get(name) ?? []).map(toDeletion);
  return [...secrets, { do: 'delete-application', name, uid, version }];
}

/** Secrets of ours whose Application is gone and not about to come back. */
function planOrphans(
  cluster: ClusterSnapshot,
  { unwantedByOwner }: StoredSecrets,
  matched: readonly MatchedSystem[],
): Action[] {
  const living = new Set([
    ...cluster.applications.map(({ metadata }) => metadata.name),
    ...matched.map(({ applicationName }) => applicationName),
  ]);
  return [...unwantedByOwner]
    .filter(([owner]) => owner !== '' && !living.has(owner))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([owner, secrets]) => ({
      kind: 'collect',
      applicationId: '',
      systemName: owner,
      applicationName: owner,
      because: [`Application ${owner} is gone`],
      steps: secrets.map(toDeletion),
    }));
}

function byApplicationName(a: Action, b: Action): number {
  return a.applicationName < b.applicationName ? -1 : 1;
}
