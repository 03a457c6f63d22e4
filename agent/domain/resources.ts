/** The Kubernetes objects that the agent reads and writes, with the fields that it uses. */

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  /** Who set which fields. It is read where somebody asks for that, and never written. */
  managedFields?: readonly FieldManagement[];
}

/** What one field manager set, as the API server notes it. */
export interface FieldManagement {
  readonly manager?: string;
  readonly time?: string;
  readonly fieldsV1?: Readonly<Record<string, unknown>>;
}

/** What every object has; `metadata.uid` and `resourceVersion` are there once it came from the API server. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

export interface SecretResource extends KubernetesObject {
  apiVersion: 'v1';
  kind: 'Secret';
  type?: string;
  /** Values in base64, as on the wire. */
  data?: Record<string, string>;
}

export interface ApplicationCredentials {
  type: string;
  secretName: string;
  authenticationUrl?: string;
  csrfInfo?: { tokenEndpointURL: string };
}

export interface ApplicationEntry {
  id?: string;
  type: string;
  name?: string;
  targetUrl?: string;
  gatewayUrl?: string;
  centralGatewayUrl?: string;
  requestParametersSecretName?: string;
  specificationUrl?: string;
  apiType?: string;
  accessLabel?: string;
  credentials?: ApplicationCredentials;
}

export interface ApplicationService {
  id: string;
  identifier?: string;
  name: string;
  displayName: string;
  description: string;
  providerDisplayName: string;
  longDescription?: string;
  authCreateParameterSchema?: string;
  labels?: Record<string, string> | null;
  tags?: string[];
  entries: ApplicationEntry[];
}

export interface ApplicationSpec {
  description?: string;
  displayName?: string;
  providerDisplayName?: string;
  longDescription?: string;
  labels?: Record<string, string> | null;
  skipVerify?: boolean;
  encodeUrl?: boolean;
  compassMetadata?: { applicationId?: string; authentication: { clientIds: string[] } };
  services?: ApplicationService[];
  [field: string]: unknown;
}

export interface ApplicationResource extends KubernetesObject {
  apiVersion: 'applicationconnector.kyma-project.io/v1alpha1';
  kind: 'Application';
  spec: ApplicationSpec;
  status?: unknown;
  /**
   * Never stored: where the object is not as its CRD demands today, such as one that was stored under an older CRD. Its
   * spec holds nothing then but `compassMetadata`, if it has any.
   */
  unreadable?: readonly string[];
}

export const applicationApiVersion = 'applicationconnector.kyma-project.io/v1alpha1';
export const compassConnectionApiVersion = 'compass.kyma-project.io/v1alpha1';
export const compassConnectionName = 'compass-connection';
