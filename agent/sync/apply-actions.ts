import pLimit from 'p-limit';
import type { SystemFailure } from '../domain/connection-status.ts';
import type { OwnerReference, SecretResource } from '../domain/resources.ts';
import { isAgentError, toAgentError } from '../errors/agent-error.ts';
import { explain } from '../errors/explain.ts';
import type { Action, Step } from './action.ts';
import type { ApplicationWriter } from './application-writer.ts';

export interface ActionResult {
  readonly action: Action;
  readonly failure: SystemFailure | undefined;
  /** The cluster had moved on from what was planned for: plan again from a fresh snapshot. */
  readonly isStale: boolean;
  /** Applications removed. */
  readonly removed: number;
}

/**
 * Carries actions out with bounded concurrency; this room's only I/O. An action that fails ends alone. Once `signal`
 * aborts, running writes end and no further one begins; what is left out has no result.
 */
export async function applyActions(
  actions: readonly Action[],
  writer: ApplicationWriter,
  { concurrency, signal }: { concurrency: number; signal: AbortSignal },
): Promise<ActionResult[]> {
  const limit = pLimit(concurrency);
  const results = await Promise.all(
    actions.map((action) => limit(() => (signal.aborted ? undefined : applyAction(action, writer, signal)))),
  );
  return results.filter((result) => result !== undefined);
}

async function applyAction(action: Action, writer: ApplicationWriter, signal: AbortSignal): Promise<ActionResult> {
  let createdUid: string | undefined;
  let removed = 0;
  for (const step of action.steps) {
    if (signal.aborted) break;
    try {
      createdUid = (await applyStep(step, createdUid, writer, signal)) ?? createdUid;
      if (step.do === 'delete-application') removed += 1;
    } catch (error: unknown) {
      return { action, removed, ...toFailure(action, step, error) };
    }
  }
  return { action, removed, failure: undefined, isStale: false };
}

/** Carries one step out; gives the uid of an Application it created. */
async function applyStep(
  step: Step,
  createdUid: string | undefined,
  writer: ApplicationWriter,
  signal: AbortSignal,
): Promise<string | undefined> {
  switch (step.do) {
    case 'create-application':
      return (await writer.createApplication(step.manifest, signal)).metadata.uid;
    case 'update-application':
      await writer.updateApplication(step.resource, signal);
      return undefined;
    case 'create-secret':
      await createSecret(withOwnerUid(step.manifest, createdUid), writer, signal);
      return undefined;
    case 'update-secret':
      await writer.updateSecret(withOwnerUid(step.resource, createdUid), signal);
      return undefined;
    case 'delete-secret':
      await writer.deleteSecret(step.name, step.uid, signal);
      return undefined;
    case 'delete-application':
      await writer.deleteApplication(step.name, step.uid, signal);
      return undefined;
  }
}

/**
 * Creates a Secret, or takes back one that has lost the label by which Secrets are listed: it is there all the same, and
 * is ours where our Application owns it by its uid.
 */
async function createSecret(manifest: SecretResource, writer: ApplicationWriter, signal: AbortSignal): Promise<void> {
  try {
    await writer.createSecret(manifest, signal);
  } catch (error: unknown) {
    if (!isAgentError(error, 'AlreadyExists')) throw error;
    const present = await writer.readSecret(manifest.metadata.name, signal);
    const uids = new Set(manifest.metadata.ownerReferences?.map(({ uid }) => uid));
    if (!present?.metadata.ownerReferences?.some(({ uid }) => uids.has(uid))) throw error;
    await writer.updateSecret(
      {
        ...present,
        metadata: { ...present.metadata, labels: { ...present.metadata.labels, ...manifest.metadata.labels } },
        data: { ...present.data, ...manifest.data },
      },
      signal,
    );
  }
}

function withOwnerUid(secret: SecretResource, createdUid: string | undefined): SecretResource {
  if (createdUid === undefined) return secret;
  const fill = (owner: OwnerReference) => (owner.uid === '' ? { ...owner, uid: createdUid } : owner);
  const ownerReferences = secret.metadata.ownerReferences?.map(fill) ?? [];
  return { ...secret, metadata: { ...secret.metadata, ownerReferences } };
}

function toFailure(action: Action, step: Step, error: unknown): Pick<ActionResult, 'failure' | 'isStale'> {
  const cause = toAgentError(error, describeStep(step));
  const isStale = isAgentError(cause, 'Conflict', 'NotFound', 'AlreadyExists');
  const isForeignSecret = cause.reason === 'AlreadyExists' && step.do === 'create-secret';
  return {
    isStale,
    failure: {
      applicationId: action.applicationId,
      name: action.systemName,
      reason: isForeignSecret ? 'NameConflict' : cause.reason,
      message: `${describeStep(step)}: ${explain(cause)}`,
    },
  };
}

function describeStep(step: Step): string {
  switch (step.do) {
    case 'create-application':
      return `Creating Application ${step.manifest.metadata.name}`;
    case 'update-application':
      return `Updating Application ${step.resource.metadata.name}`;
    case 'create-secret':
      return `Creating Secret ${step.manifest.metadata.name}`;
    case 'update-secret':
      return `Updating Secret ${step.resource.metadata.name}`;
    case 'delete-secret':
      return `Deleting Secret ${step.name}`;
    case 'delete-application':
      return `Deleting Application ${step.name}`;
  }
}
