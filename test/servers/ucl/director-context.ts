import type { Scopes } from './build-schema.ts';
import type { Landscape } from './landscape.ts';
import type { Runtime } from './landscape-types.ts';
import type { PageArguments } from './paging.ts';

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
  /** The arguments of the first nested list of each kind: the Director uses them for all of that kind. */
  readonly batches: Map<string, { first: number; after: string | null | undefined }>;
  /** Set by the list query, whose nested pages come in another order than those of a single query. */
  isListQuery: boolean;
}

/** A nested page as the Director's batching makes it: `first` and `after` of the request's first field count. */
export function batchArguments(context: DirectorContext, kind: string, args: PageArguments & { first: number }) {
  const batch = context.batches.get(kind) ?? { first: args.first, after: args.after };
  context.batches.set(kind, batch);
  return batch;
}
