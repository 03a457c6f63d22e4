import pLimit from 'p-limit';
import type { SystemFailure } from '../domain/connection-status.ts';
import type { ApplicationResource, OwnerReference, SecretResource } from '../domain/resources.ts';
import { isAgentError, toAgentError } from '../errors/agent-error.ts';
import { explain } from '../errors/explain.ts';
import { type Action, type Step, toWrite } from './action.ts';
import type { ApplicationWriter } from './application-writer.ts';
import type { FieldPath } from './field-difference.ts';
import { findChangedFields, hasAllOf } from './plan-application.ts';
import { findChangedParts, hasAllParts } from './plan-secrets.ts';

export interface ActionResult {
  readonly action: Action;
  readonly failure: SystemFailure | undefined;
  /** The cluster had moved on from what was planned for: plan again from a fresh snapshot. */
  readonly isStale: boolean;
  /** What the API server refused for what is in it; undefined: nothing. */
  readonly refused: ReturnType<typeof toWrite>;
  /** Applications whose deletion the API server took. */
  readonly removed: number;
  /** Those of them that finalizers keep. */
  readonly kept: readonly KeptApplication[];
  /** What was written, and what came of it. */
  readonly written: readonly WrittenObject[];
  /** Of the Application that was created; undefined: none was. */
  readonly createdUid: string | undefined;
}

/** An Application on its way out. */
export interface KeptApplication {
  readonly name: string;
  readonly uid: string;
  readonly finalizers: readonly string[];
}

/** An object that the API server took. */
export interface WrittenObject {
  /** `Application mp-one` */
  readonly object: string;
  readonly wanted: string;
  /** What the API server's answer has otherwise: something changed it on its way. */
  readonly undone: readonly FieldPath[];
  /** Of what is undone nothing is missing, something was added. */
  readonly isAddition: boolean;
  /** It was not there before. */
  readonly isNew: boolean;
}

export interface ApplyOptions {
  /** How many actions at the same time. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  /** Gives what is written of an action, once it begins. */
  readonly toWritten?: (action: Action) => Action;
  /** Told of each result when it is there. */
  readonly onResult?: (result: ActionResult) => void;
}

/**
 * Carries actions out with bounded concurrency; this room's only I/O. An action that fails ends alone. Once `signal`
 * aborts, running writes end and no further one begins; what is left out has no result.
 */
export async function applyActions(
  actions: readonly Action[],
  writer: ApplicationWriter,
  { concurrency, signal, toWritten = (action) => action, onResult }: ApplyOptions,
): Promise<ActionResult[]> {
  const limit = pLimit(concurrency);
  const apply = async (action: Action) => {
    if (signal.aborted) return undefined;
    const result = await applyAction(action, toWritten(action), writer, signal);
    onResult?.(result);
    return result;
  };
  const results = await Promise.all(actions.map((action) => limit(apply, action)));
  return results.filter((result) => result !== undefined);
}

async function applyAction(
  action: Action,
  { steps }: Action,
  writer: ApplicationWriter,
  signal: AbortSignal,
): Promise<ActionResult> {
  let createdUid: string | undefined;
  let removed = 0;
  const written: WrittenObject[] = [];
  const kept: KeptApplication[] = [];
  for (const step of steps) {
    if (signal.aborted) break;
    try {
      if (step.do === 'delete-application') {
        const { name, uid } = step;
        const finalizers = await writer.deleteApplication(name, step, signal);
        removed += 1;
        if (finalizers.length > 0) kept.push({ name, uid, finalizers });
        continue;
      }
      const done = await applyStep(step, createdUid, writer, signal);
      createdUid = done?.uid ?? createdUid;
      if (done !== undefined) written.push(done);
    } catch (error: unknown) {
      return { action, removed, kept, written, createdUid, ...toFailure(action, step, error) };
    }
  }
  return { action, removed, kept, written, createdUid, failure: undefined, isStale: false, refused: undefined };
}

/** Carries one step out; `uid` is that of an Application it created. */
async function applyStep(
  step: Exclude<Step, { do: 'delete-application' }>,
  createdUid: string | undefined,
  writer: ApplicationWriter,
  signal: AbortSignal,
): Promise<(WrittenObject & { readonly uid?: string | undefined }) | undefined> {
  switch (step.do) {
    case 'create-application': {
      const stored = await writer.createApplication(step.manifest, signal);
      return { ...judgeApplication(step.manifest, stored, step.wanted), isNew: true, uid: stored.metadata.uid };
    }
    case 'update-application':
      return judgeApplication(step.resource, await writer.updateApplication(step.resource, signal), step.change.wanted);
    case 'create-secret': {
      const manifest = withOwnerUid(step.manifest, createdUid);
      return { ...judgeSecret(manifest, await createSecret(manifest, writer, signal), step.wanted), isNew: true };
    }
    case 'update-secret': {
      const resource = withOwnerUid(step.resource, createdUid);
      return judgeSecret(resource, await writer.updateSecret(resource, signal), step.change.wanted);
    }
    case 'delete-secret':
      await writer.deleteSecret(step.name, step, signal);
      return undefined;
  }
}

/**
 * Creates a Secret, or takes back one that has lost the label by which Secrets are listed: it is there all the same, and
 * is ours where our Application owns it by its uid.
 */
async function createSecret(
  manifest: SecretResource,
  writer: ApplicationWriter,
  signal: AbortSignal,
): Promise<SecretResource> {
  try {
    return await writer.createSecret(manifest, signal);
  } catch (error: unknown) {
    if (!isAgentError(error, 'AlreadyExists')) throw error;
    const present = await writer.readSecret(manifest.metadata.name, signal);
    const uids = new Set(manifest.metadata.ownerReferences?.map(({ uid }) => uid));
    if (!present?.metadata.ownerReferences?.some(({ uid }) => uids.has(uid))) throw error;
    return writer.updateSecret(
      {
        ...present,
        metadata: { ...present.metadata, labels: { ...present.metadata.labels, ...manifest.metadata.labels } },
        data: { ...present.data, ...manifest.data },
      },
      signal,
    );
  }
}

function judgeApplication(sent: ApplicationResource, stored: ApplicationResource, wanted: string): WrittenObject {
  const undone = findChangedFields(sent, stored);
  const isAddition = undone.length > 0 && hasAllOf(sent, stored);
  return { object: `Application ${sent.metadata.name}`, wanted, undone, isAddition, isNew: false };
}

function judgeSecret(sent: SecretResource, stored: SecretResource, wanted: string): WrittenObject {
  const undone = findChangedParts(sent, stored);
  const isAddition = undone.length > 0 && hasAllParts(sent, stored);
  return { object: `Secret ${sent.metadata.name}`, wanted, undone, isAddition, isNew: false };
}

function withOwnerUid(secret: SecretResource, createdUid: string | undefined): SecretResource {
  if (createdUid === undefined) return secret;
  const fill = (owner: OwnerReference) => (owner.uid === '' ? { ...owner, uid: createdUid } : owner);
  const ownerReferences = secret.metadata.ownerReferences?.map(fill) ?? [];
  return { ...secret, metadata: { ...secret.metadata, ownerReferences } };
}

function toFailure(action: Action, step: Step, error: unknown): Pick<ActionResult, 'failure' | 'isStale' | 'refused'> {
  const cause = toAgentError(error, describeStep(step));
  const isStale = isAgentError(cause, 'Conflict', 'NotFound', 'AlreadyExists');
  const isForeignSecret = cause.reason === 'AlreadyExists' && step.do === 'create-secret';
  return {
    isStale,
    refused: cause.reason === 'Refused' && cause.next === 'stall' ? toWrite(step) : undefined,
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
