/** A kind of object as the API server's paths and RBAC rules name it. */
export interface ResourceType {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  /** Whether a CustomResourceDefinition has to bring it. */
  readonly custom: boolean;
}

export const applicationType: ResourceType = {
  group: 'applicationconnector.kyma-project.io',
  version: 'v1alpha1',
  plural: 'applications',
  custom: true,
};
export const compassConnectionType: ResourceType = {
  group: 'compass.kyma-project.io',
  version: 'v1alpha1',
  plural: 'compassconnections',
  custom: true,
};
export const secretType: ResourceType = { group: '', version: 'v1', plural: 'secrets', custom: false };
export const eventType: ResourceType = { group: '', version: 'v1', plural: 'events', custom: false };

/** What decides which of several agents leads. */
export const leaseType: ResourceType = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  custom: false,
};

export const podType: ResourceType = { group: '', version: 'v1', plural: 'pods', custom: false };
export const serviceType: ResourceType = { group: '', version: 'v1', plural: 'services', custom: false };
/** What is behind a Service. */
export const endpointSliceType: ResourceType = {
  group: 'discovery.k8s.io',
  version: 'v1',
  plural: 'endpointslices',
  custom: false,
};
/** Asks whether somebody else may do something. */
export const accessReviewType: ResourceType = {
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'subjectaccessreviews',
  custom: false,
};

/** `secrets`, `applications.applicationconnector.kyma-project.io`: as `kubectl auth can-i` takes it. */
export function toResourceName(type: ResourceType): string {
  return type.group === '' ? type.plural : `${type.plural}.${type.group}`;
}

/** The path below which the resources of a group and version are served; a GET of it is their discovery. */
export function toGroupPath(type: ResourceType): string {
  return type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
}

/** The path of a collection, or of one object. Cluster-scoped kinds have no namespace. */
export function toResourcePath(type: ResourceType, namespace?: string, name?: string): string {
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const object = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `${toGroupPath(type)}${scope}/${type.plural}${object}`;
}
