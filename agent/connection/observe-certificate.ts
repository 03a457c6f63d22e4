import type { ConnectionMemory } from './connection-memory.ts';
import { inspectCredential } from './inspect-credential.ts';
import type { CredentialStore } from './ports.ts';

/**
 * Looks at the stored certificate and does nothing about it, for a status that is true while suspended.
 * Throws what the port throws.
 */
export async function observeCertificate(
  memory: ConnectionMemory,
  credentials: Pick<CredentialStore, 'readClientPair'>,
  signal: AbortSignal,
): Promise<ConnectionMemory> {
  const credential = await credentials.readClientPair(signal);
  return { ...memory, certificate: credential && inspectCredential(credential) };
}
