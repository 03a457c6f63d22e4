import type { ClusterSnapshot } from './application-writer.ts';
import type { ActionResult } from './apply-actions.ts';
import { isOurs, isTerminating, systemIdOf } from './ownership.ts';
import { leftBecause } from './plan-sync.ts';
import type { ApplicationChange, KnownApplication, LeavingApplication } from './sync-facts.ts';

/** What was done to Applications, each once: what failed half-way counts as far as it came. Pure. */
export function listChanges(results: readonly ActionResult[], present: ClusterSnapshot): ApplicationChange[] {
  if (results.length === 0) return [];
  const byName = new Map(present.applications.map(({ metadata }) => [metadata.name, metadata.uid ?? '']));
  return results.flatMap((result) => {
    const { action, failure, written, removed, kept } = result;
    const { kind, applicationId, applicationName, systemName, because } = action;
    const base = { applicationId, systemName };
    const created = toCreated(result);
    const changes: ApplicationChange[] = [];
    if (created !== undefined) {
      changes.push({ ...base, kind: 'create', application: created, because: whyCreated(action) });
    } else if (failure === undefined && written.length > 0) {
      const application = { applicationId, name: applicationName, uid: byName.get(applicationName) ?? '' };
      changes.push({ ...base, kind: 'update', application, because });
    }
    const waiting = new Set(kept.map(({ uid }) => uid));
    const why = kind === 'rename' ? [`its system is Application ${applicationName} now`] : because;
    const deleted = action.steps.filter((step) => step.do === 'delete-application').slice(0, removed);
    for (const { name, uid } of deleted) {
      if (!waiting.has(uid))
        changes.push({ ...base, kind: 'delete', application: { applicationId, name, uid }, because: why });
    }
    return changes;
  });
}

/** Applications that finalizers had kept, and that are gone at last. Pure. */
export function toGoneChanges(gone: readonly LeavingApplication[]): ApplicationChange[] {
  return gone.map((application) => ({
    kind: 'delete',
    application,
    applicationId: application.applicationId,
    systemName: application.name,
    because: [leftBecause],
  }));
}

/** The Applications of ours after these results; what is being deleted counts no more. Pure. */
export function listApplications(results: readonly ActionResult[], present: ClusterSnapshot): KnownApplication[] {
  const removed = new Set(
    results.flatMap(({ action, removed: count }) =>
      action.steps.flatMap((step) => (step.do === 'delete-application' ? [step.uid] : [])).slice(0, count),
    ),
  );
  const standing = present.applications
    .filter((application) => isOurs(application) && !isTerminating(application))
    .map((application) => ({
      applicationId: systemIdOf(application),
      name: application.metadata.name,
      uid: application.metadata.uid ?? '',
    }))
    .filter(({ uid }) => !removed.has(uid));
  return [...standing, ...results.flatMap((result) => toCreated(result) ?? [])];
}

/** That it was not there goes without saying, and so do its Secrets. */
export function whyCreated({ kind }: Pick<ActionResult['action'], 'kind'>): string[] {
  return kind === 'rename' ? ['its system has a new name'] : [];
}

function toCreated({ action, written, createdUid }: ActionResult): KnownApplication | undefined {
  const { applicationId, applicationName: name } = action;
  const isCreated = written.some(({ object, isNew }) => isNew && object === `Application ${name}`);
  return isCreated ? { applicationId, name, uid: createdUid ?? '' } : undefined;
}
