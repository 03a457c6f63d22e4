import { hash } from 'node:crypto';
import type { SecretRef } from '../../config/config.ts';
import type { ConfigurationSource, PairingConfigurationRead } from '../../connection/ports.ts';
import type { SecretResource } from '../../domain/resources.ts';
import type { ObjectSource } from '../watch/object-source.ts';
import { decodeSecret } from './secret-store.ts';

/** Longer than any of them ever was; what is sent as a header has limits of its own. */
const maxValueLength = 4_096;
/** What goes into a header, or names something, is of visible ASCII alone. */
const unsendable = /[^\x21-\x7e]/u;
/** A URL may hold letters of every script, and nothing that is not seen: `new URL` drops some of it unsaid. */
const unseen = /[\p{C}\p{Z}]/u;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The configuration Secret, of the namespace that the source covers. */
export function createConfigurationSource(secrets: ObjectSource<SecretResource>, ref: SecretRef): ConfigurationSource {
  return {
    read: async (signal) => parsePairingConfiguration(await secrets.get(ref.name, signal), ref),
  };
}

/** Checks what the Secret holds; the message names every problem and no value that is secret. */
export function parsePairingConfiguration(
  secret: SecretResource | undefined,
  ref: SecretRef,
): PairingConfigurationRead {
  const name = `${ref.namespace}/${ref.name}`;
  if (secret === undefined) {
    return {
      kind: 'missing',
      message: `Secret ${name} does not exist; it is created when the runtime is registered in UCL, and holds CONNECTOR_URL, TOKEN, RUNTIME_ID and TENANT`,
    };
  }
  const values = decodeSecret(secret);
  const read = (key: string) => values[key]?.trim() ?? '';
  const configuration = {
    connectorUrl: read('CONNECTOR_URL'),
    token: read('TOKEN'),
    runtimeId: read('RUNTIME_ID'),
    tenant: read('TENANT'),
  };
  const { connectorUrl, token, runtimeId, tenant } = configuration;
  const problems = [
    judge('CONNECTOR_URL', connectorUrl, unseen) ??
      (isHttpsUrl(connectorUrl) ? [] : 'CONNECTOR_URL must be an https:// URL'),
    token === '' ? [] : (judge('TOKEN', token, unsendable) ?? []),
    judge('RUNTIME_ID', runtimeId, unsendable) ?? (uuid.test(runtimeId) ? [] : 'RUNTIME_ID must be a UUID'),
    judge('TENANT', tenant, unsendable) ?? [],
  ].flat();
  return problems.length === 0
    ? { kind: 'present', configuration }
    : { kind: 'invalid', message: `Secret ${name} is not usable: ${problems.join('; ')}` };
}

/** Why a value cannot be sent as it stands: told by its key and a character, since the value may be secret. */
function judge(key: string, value: string, wrong: RegExp): string | undefined {
  if (value === '') return `${key} is missing`;
  if (value.length > maxValueLength) return `${key} has more than ${maxValueLength} characters`;
  const found = wrong.exec(value);
  if (found === null) return undefined;
  const code = found[0].codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
  return `${key} holds the character U+${code}, which does not belong there (character ${found.index + 1} of ${value.length})`;
}

/** Tells contents apart without keeping them. */
export function toConfigurationFingerprint(secret: SecretResource | undefined): string {
  if (secret === undefined) return '';
  const entries = Object.entries(secret.data ?? {}).sort(([left], [right]) => (left < right ? -1 : 1));
  return hash('sha256', JSON.stringify(entries));
}

function isHttpsUrl(value: string): boolean {
  return URL.parse(value)?.protocol === 'https:';
}
