import type { Scopes } from './build-schema.ts';
import type { Landscape } from './landscape.ts';
import type { Runtime } from './landscape-types.ts';
import type { NestedBatches } from './nested-batches.ts';

/** The scopes of a runtime's certificate, in the Director's order. */
export const runtimeScopes = [
  'runtime:read',
  'runtime:write',
  'application:read',
  'runtime.auths:read',
  'bundle.instance_auths:read',
  'runtime.webhooks:read',
  'webhook:write',
] as const;

/** Who asks the Director, and what one request shares between its fields. */
export interface DirectorContext {
  readonly landscape: Landscape;
  readonly connectorUrl: string;
  readonly clock: () => Date;
  readonly scopes: Scopes;
  /** The calling runtime; absent for the administrator and for a caller without an identity. */
  readonly runtime?: Runtime;
  /** The tenant that the request sees. */
  readonly tenantId: string;
  /** The nested lists that are being read together. */
  readonly nested: NestedBatches;
  /** Set by the list query, whose nested pages come in another order than those of a single query. */
  isListQuery: boolean;
}
