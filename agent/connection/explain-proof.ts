import type { ConnectionFailure, IdentityKey } from './connection-failure.ts';
import type { UclIdentity } from './ucl-access.ts';

const keys = { TENANT: 'tenant', RUNTIME_ID: 'runtimeId', CONNECTOR_URL: 'connectorUrl' } as const satisfies Record<
  IdentityKey,
  keyof UclIdentity
>;

/** A failed proof, with what the configuration Secret says otherwise than when the agent was last connected. Pure. */
export function explainProof(
  failure: ConnectionFailure,
  wanted: UclIdentity,
  before: UclIdentity | undefined,
  isNew: boolean,
): ConnectionFailure {
  if (failure.kind !== 'told') return failure;
  const names = ['TENANT', 'RUNTIME_ID', 'CONNECTOR_URL'] as const;
  const changed = before === undefined ? [] : names.filter((name) => before[keys[name]] !== wanted[keys[name]]);
  return { kind: 'unproven', error: failure.error, changed, isNew };
}
