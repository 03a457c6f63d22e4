import * as z from 'zod';
import type { ApplicationResource, FieldManagement, SecretResource } from '../../domain/resources.ts';
import { applicationApiVersion } from '../../domain/resources.ts';
import { KubeError } from '../api/kube-error.ts';
import { readMetadata } from '../api/kube-object.ts';
import type { ObjectKind } from '../api/object-kind.ts';
import { applicationType, compassConnectionType, secretType } from '../api/resource-type.ts';

/*
 * Objects as the API server sends them. Unknown fields of metadata (managedFields above all, half of an object's size)
 * are dropped, and the server keeps its own where an update leaves them out; unknown fields below spec and status are
 * kept, since an update would remove what it does not repeat.
 */

const textMap = z.record(z.string(), z.string());

export const metadataSchema = z.object({
  name: z.string(),
  namespace: z.string().exactOptional(),
  uid: z.string().exactOptional(),
  resourceVersion: z.string().exactOptional(),
  generation: z.number().exactOptional(),
  creationTimestamp: z.string().exactOptional(),
  deletionTimestamp: z.string().exactOptional(),
  labels: textMap.exactOptional(),
  annotations: textMap.exactOptional(),
  ownerReferences: z
    .array(
      z.object({
        apiVersion: z.string(),
        kind: z.string(),
        name: z.string(),
        uid: z.string(),
        controller: z.boolean().exactOptional(),
        blockOwnerDeletion: z.boolean().exactOptional(),
      }),
    )
    .exactOptional(),
  finalizers: z.array(z.string()).exactOptional(),
});

const entrySchema = z.looseObject({
  id: z.string().exactOptional(),
  type: z.string(),
  name: z.string().exactOptional(),
  targetUrl: z.string().exactOptional(),
  gatewayUrl: z.string().exactOptional(),
  centralGatewayUrl: z.string().exactOptional(),
  requestParametersSecretName: z.string().exactOptional(),
  specificationUrl: z.string().exactOptional(),
  apiType: z.string().exactOptional(),
  accessLabel: z.string().exactOptional(),
  credentials: z
    .looseObject({
      type: z.string(),
      secretName: z.string(),
      authenticationUrl: z.string().exactOptional(),
      csrfInfo: z.looseObject({ tokenEndpointURL: z.string() }).exactOptional(),
    })
    .exactOptional(),
});

const serviceSchema = z.looseObject({
  id: z.string(),
  identifier: z.string().exactOptional(),
  name: z.string(),
  displayName: z.string(),
  description: z.string(),
  providerDisplayName: z.string(),
  longDescription: z.string().exactOptional(),
  authCreateParameterSchema: z.string().exactOptional(),
  labels: textMap.nullable().exactOptional(),
  tags: z.array(z.string()).exactOptional(),
  entries: z.array(entrySchema),
});

const applicationSchema = z.object({
  apiVersion: z.literal(applicationApiVersion).default(applicationApiVersion),
  kind: z.literal('Application').default('Application'),
  metadata: metadataSchema,
  spec: z
    .looseObject({
      description: z.string().exactOptional(),
      displayName: z.string().exactOptional(),
      providerDisplayName: z.string().exactOptional(),
      longDescription: z.string().exactOptional(),
      labels: textMap.nullable().exactOptional(),
      skipVerify: z.boolean().exactOptional(),
      encodeUrl: z.boolean().exactOptional(),
      compassMetadata: z
        .looseObject({
          applicationId: z.string().exactOptional(),
          authentication: z.looseObject({ clientIds: z.array(z.string()) }),
        })
        .exactOptional(),
      services: z.array(serviceSchema).exactOptional(),
    })
    .default({}),
  status: z.unknown().exactOptional(),
});

const secretSchema = z.object({
  // Items of a list carry neither.
  apiVersion: z.literal('v1').default('v1'),
  kind: z.literal('Secret').default('Secret'),
  metadata: metadataSchema,
  type: z.string().exactOptional(),
  immutable: z.boolean().exactOptional(),
  data: textMap.exactOptional(),
});

/** Who set which fields, as far as it can be read. */
const managedFieldsSchema = z
  .array(
    z.object({
      manager: z.string().exactOptional(),
      time: z.string().exactOptional(),
      fieldsV1: z.record(z.string(), z.unknown()).exactOptional(),
    }),
  )
  .catch([]);

const storedConnectionSchema = z.object({
  apiVersion: z.string().default('compass.kyma-project.io/v1alpha1'),
  kind: z.string().default('CompassConnection'),
  // There is one such object, so that it may keep who set what.
  metadata: metadataSchema.extend({ managedFields: managedFieldsSchema.exactOptional() }),
  spec: z.record(z.string(), z.unknown()).default({}),
  status: z.record(z.string(), z.unknown()).exactOptional(),
});

/** The CompassConnection as it is stored: an update repeats it whole, with what the agent does not know. */
export type StoredConnection = z.infer<typeof storedConnectionSchema>;

const unreadableSchema = z.object({
  metadata: metadataSchema,
  spec: z
    .looseObject({
      compassMetadata: z
        .looseObject({ applicationId: z.string().catch('') })
        .nullish()
        .catch({ applicationId: '' }),
    })
    .catch({}),
});

/**
 * An Application that does not have the form that its CRD demands is there all the same, with what is wrong: its name is
 * taken, and it may be ours. Throws KubeError `malformed` where more than its spec is not as it should be.
 */
export function parseApplication(object: unknown): ApplicationResource {
  const result = applicationSchema.safeParse(object);
  if (result.success) return result.data;
  if (!result.error.issues.every(({ path }) => path[0] === 'spec')) throw toMalformed('Application', result.error);
  const { metadata, spec } = parseAs(unreadableSchema, object, 'Application');
  const { compassMetadata } = spec;
  const { applicationId } = compassMetadata ?? {};
  return {
    apiVersion: applicationApiVersion,
    kind: 'Application',
    metadata,
    spec: applicationId === undefined ? {} : { compassMetadata: { applicationId, authentication: { clientIds: [] } } },
    unreadable: toPaths(result.error),
  };
}

/** Who set which fields of an object of any kind; empty where nothing of that can be read. */
export function parseManagedFields(object: unknown): readonly FieldManagement[] {
  return managedFieldsSchema.parse(readMetadata(object).managedFields);
}

export function parseSecret(object: unknown): SecretResource {
  return parseAs(secretSchema, object, 'Secret');
}

export function parseStoredConnection(object: unknown): StoredConnection {
  return parseAs(storedConnectionSchema, object, 'CompassConnection');
}

export const applicationKind: ObjectKind<ApplicationResource> = { type: applicationType, parse: parseApplication };
export const secretKind: ObjectKind<SecretResource> = { type: secretType, parse: parseSecret };
export const connectionKind: ObjectKind<StoredConnection> = {
  type: compassConnectionType,
  parse: parseStoredConnection,
};

/** An object of a kind by its schema. Throws KubeError `malformed`. */
export function parseAs<T>(schema: z.ZodType<T>, object: unknown, kind: string): T {
  const result = schema.safeParse(object);
  if (result.success) return result.data;
  throw toMalformed(kind, result.error);
}

function toMalformed(kind: string, error: z.ZodError): KubeError {
  return new KubeError({ kind: 'malformed', object: kind, where: toPaths(error) });
}

/** Paths only: an issue's message may quote a value. */
function toPaths({ issues }: z.ZodError): string[] {
  return issues.slice(0, 3).map((issue) => issue.path.join('.'));
}
