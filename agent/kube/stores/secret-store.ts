import type { SecretRef } from '../../config/config.ts';
import type { SecretResource } from '../../domain/resources.ts';
import type { KubeReader, KubeWriter } from '../api/kube-client.ts';
import { isKubeError, KubeError } from '../api/kube-error.ts';
import { readObject } from '../api/object-kind.ts';
import { secretType } from '../api/resource-type.ts';
import { secretKind } from './parse-object.ts';

const writeAttempts = 5;

/** Reads a Secret, live. Throws KubeError; undefined when there is none. */
export function readSecret(
  client: KubeReader,
  { namespace, name }: SecretRef,
  signal: AbortSignal,
): Promise<SecretResource | undefined> {
  return readObject(client, secretKind, { namespace, name }, signal);
}

/** The decoded values of a Secret. */
export function decodeSecret(secret: SecretResource): Record<string, string> {
  return Object.fromEntries(
    Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );
}

/**
 * Sets keys of a Secret in one write, which is made when it is not there; undefined removes a key, all other keys stay.
 * Writes nothing when nothing changes; begins again when somebody else wrote in between. Gives the Secret as it is stored now.
 */
export async function upsertSecret(
  client: KubeReader & KubeWriter,
  ref: SecretRef,
  values: Record<string, string | undefined>,
  signal: AbortSignal,
): Promise<SecretResource> {
  for (let tries = 1; ; tries += 1) {
    const present = await readSecret(client, ref, signal);
    const before = present?.data ?? {};
    const data = mergeValues(before, values);
    try {
      if (present === undefined) {
        return secretKind.parse(await client.create(secretType, toNewSecret(ref, data), signal));
      }
      if (isSameMap(before, data)) return present;
      const changed: SecretResource = { ...present, data };
      return secretKind.parse(await client.update(secretType, changed, signal));
    } catch (error: unknown) {
      const raced = isKubeError(error, 'conflict', 'already-exists') || (present && isKubeError(error, 'not-found'));
      if (!raced || tries === writeAttempts) throw error;
    }
  }
}

/**
 * Sets keys of a Secret as {@link upsertSecret} does, but only if it still has this version (undefined: if it is not
 * there), and gives its new version. Throws KubeError `conflict` when somebody else wrote in between.
 */
export async function replaceSecretValues(
  client: KubeReader & KubeWriter,
  ref: SecretRef,
  values: Record<string, string | undefined>,
  version: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const present = await readSecret(client, ref, signal);
  if (present?.metadata.resourceVersion !== version) throw toConflict(ref);
  const data = mergeValues(present?.data ?? {}, values);
  const changed: SecretResource = present ? { ...present, data } : toNewSecret(ref, data);
  try {
    const write = present ? client.update : client.create;
    const written = await write(secretType, changed, signal);
    return secretKind.parse(written).metadata.resourceVersion ?? '';
  } catch (error: unknown) {
    const raced = isKubeError(error, 'conflict', 'already-exists') || (present && isKubeError(error, 'not-found'));
    throw raced ? toConflict(ref) : error;
  }
}

function toConflict({ namespace, name }: SecretRef): KubeError {
  return new KubeError({ kind: 'conflict', attempt: { verb: 'update', type: secretType, namespace, name } });
}

function toNewSecret({ namespace, name }: SecretRef, data: Record<string, string>): SecretResource {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, type: 'Opaque', data };
}

function mergeValues(
  before: Record<string, string>,
  values: Record<string, string | undefined>,
): Record<string, string> {
  const merged = new Map(Object.entries(before));
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) merged.delete(key);
    else merged.set(key, Buffer.from(value, 'utf8').toString('base64'));
  }
  return Object.fromEntries(merged);
}

function isSameMap(left: Record<string, string>, right: Record<string, string>): boolean {
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => left[key] === right[key]);
}
