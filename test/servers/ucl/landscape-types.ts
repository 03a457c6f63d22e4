/** Credentials of one call target; at most one kind, as in the Director's input. */
export type CredentialInput =
  | { basic: { username: string; password: string } }
  | { oauth: { clientId: string; clientSecret: string; url: string } }
  | { certificateOAuth: { clientId: string; certificate: string; url: string } };

/** Header or query parameter names with their values. */
export type MultiValues = Record<string, string[]>;

export interface CsrfInput {
  tokenEndpointURL: string;
  credential?: CredentialInput | null;
  additionalHeaders?: MultiValues | null;
  additionalQueryParams?: MultiValues | null;
}

export interface AuthInput {
  credential?: CredentialInput | null;
  accessStrategy?: string | null;
  additionalHeaders?: MultiValues | null;
  additionalQueryParams?: MultiValues | null;
  requestAuth?: { csrf: CsrfInput } | null;
}

interface SpecInput {
  data: string | null;
  type: string;
  format: string;
}

interface VersionInput {
  value: string;
  deprecated?: boolean | null;
  deprecatedSince?: string | null;
  forRemoval?: boolean | null;
}

export interface EventInput {
  id?: string;
  name: string;
  description?: string | null;
  group?: string | null;
  spec?: SpecInput | null;
  version?: VersionInput | null;
  /** Entries that are not `public` leave the lists and still answer by id. */
  visibility?: 'public' | 'internal' | 'private';
}

export interface ApiInput extends EventInput {
  targetURL: string;
}

export interface BundleInput {
  id?: string;
  name: string;
  description?: string | null;
  instanceAuthRequestInputSchema?: string | null;
  defaultInstanceAuth?: AuthInput | null;
  correlationIDs?: string[] | null;
  apis?: ApiInput[];
  events?: EventInput[];
}

export interface ApplicationInput {
  id?: string;
  name: string;
  providerName?: string | null;
  description?: string | null;
  systemNumber?: string | null;
  labels?: Record<string, unknown>;
  /** Ids of the system's own authentications. */
  auths?: string[];
  bundles?: BundleInput[];
  /** The external tenant that owns the system; the landscape's own by default. */
  tenantId?: string;
}

export interface RuntimeInput {
  id?: string;
  name?: string;
  description?: string | null;
  labels?: Record<string, unknown>;
  /** The external tenant that owns the runtime; the landscape's own by default. */
  tenantId?: string;
}

export type InstanceAuthCondition = 'PENDING' | 'SUCCEEDED' | 'FAILED' | 'UNUSED';

export type FormationObjectType = 'APPLICATION' | 'RUNTIME';

export interface InstanceAuth {
  readonly id: string;
  readonly bundleId: string;
  readonly runtimeId: string;
  readonly auth: AuthInput | null;
  readonly condition: InstanceAuthCondition;
  readonly createdAt: Date;
  readonly context: string | null;
  readonly inputParams: string | null;
}

export interface EventDefinition {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly group: string | null;
  readonly spec: SpecInput | null;
  readonly version: VersionInput | null;
  readonly visibility: 'public' | 'internal' | 'private';
  readonly createdAt: Date;
}

export interface ApiDefinition extends EventDefinition {
  readonly targetURL: string;
}

export interface Bundle {
  readonly id: string;
  readonly applicationId: string;
  readonly name: string;
  readonly description: string | null;
  readonly instanceAuthRequestInputSchema: string | null;
  readonly defaultInstanceAuth: AuthInput | null;
  readonly correlationIDs: string[] | null;
  /** In the Director's order: by id. */
  readonly apis: ApiDefinition[];
  /** In the Director's order: by id. */
  readonly events: EventDefinition[];
  /** In the order of creation. */
  readonly instanceAuths: InstanceAuth[];
  readonly createdAt: Date;
}

export interface Application {
  readonly id: string;
  readonly tenantId: string;
  readonly createdAt: Date;
  updatedAt: Date;
  name: string;
  providerName: string | null;
  description: string | null;
  systemNumber: string | null;
  labels: Record<string, unknown>;
  auths: string[];
  /** In the Director's order: by id. */
  bundles: Bundle[];
  /** The formations that it belongs to, in the order of assignment. */
  readonly formations: Set<string>;
}

export interface Runtime {
  readonly id: string;
  readonly tenantId: string;
  name: string;
  description: string | null;
  labels: Record<string, unknown>;
  /** The formation assignments, which decide what the runtime's list shows. */
  readonly formations: Set<string>;
  /** The label `scenarios`, which decides what `application(id)` shows; `updateRuntime` can wipe it. */
  scenarios: string[];
  status: { condition: 'INITIAL' | 'CONNECTED'; timestamp: Date };
}

export interface Formation {
  readonly id: string;
  readonly name: string;
}
