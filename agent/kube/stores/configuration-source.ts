import { createHash } from 'node:crypto';
import type { SecretRef } from '../../config/config.ts';
import type { ConfigurationSource, PairingConfigurationRead } from '../../connection/ports.ts';
import type { SecretResource } from '../../domain/resources.ts';
import type { ObjectSource } from '../watch/object-source.ts';
import { decodeSecret } from './secret-store.ts';

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
      message: `Secret ${name} does not exist; it is made when the runtime is registered in UCL, and holds CONNECTOR_URL, TOKEN, RUNTIME_ID and TENANT`,
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
  const problems: string[] = [];
  if (configuration.connectorUrl === '') problems.push('CONNECTOR_URL is missing');
  else if (!isHttpsUrl(configuration.connectorUrl)) problems.push('CONNECTOR_URL must be an https:// URL');
  if (configuration.runtimeId === '') problems.push('RUNTIME_ID is missing');
  else if (!uuid.test(configuration.runtimeId)) problems.push('RUNTIME_ID must be a UUID');
  if (configuration.tenant === '') problems.push('TENANT is missing');
  return problems.length === 0
    ? { kind: 'present', configuration }
    : { kind: 'invalid', message: `Secret ${name} is not usable: ${problems.join('; ')}` };
}

/** Tells contents apart without keeping them. */
export function toConfigurationFingerprint(secret: SecretResource | undefined): string {
  if (secret === undefined) return '';
  const entries = Object.entries(secret.data ?? {}).sort(([left], [right]) => (left < right ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(entries)).digest('hex');
}

function isHttpsUrl(value: string): boolean {
  return URL.parse(value)?.protocol === 'https:';
}
