import type { Json, JsonObject, KubeObject } from './kube-object.ts';
import type { NameRule } from './metadata.ts';
import type { SelectableFields } from './selectors.ts';
import type { FieldProblem, ResourceName } from './status-error.ts';
import type { StructuralSchema } from './structural-schema.ts';

/** One column of the table that `kubectl get` prints. */
export interface PrinterColumn {
  name: string;
  type: string;
  format?: string;
  description: string;
  /** 0 is always printed, more only with `-o wide`. */
  priority: number;
  cell(object: KubeObject, now: Date): Json;
}

/** What a request body became, before its metadata is looked at. */
export interface DecodedBody {
  body: JsonObject;
  /** Paths of fields that the schema does not know; they have been dropped. */
  unknownFields: string[];
}

/** Everything the server knows about one kind of object in one version. Pure: it holds rules, not objects. */
export interface ResourceType extends ResourceName {
  version: string;
  kind: string;
  listKind: string;
  singular: string;
  shortNames: string[];
  categories: string[];
  namespaced: boolean;
  /** Defined by a CustomResourceDefinition; such kinds differ from built-in ones in many small ways. */
  custom: boolean;
  statusSubresource: boolean;
  /** Whether `metadata.generation` counts the changes of what is desired. */
  countsGenerations: boolean;
  /** Whether an update without resourceVersion is taken. */
  unconditionalUpdate: boolean;
  nameRule: NameRule;
  columns: PrinterColumn[];
  selectableFields: SelectableFields;
  /** What `/openapi/v3` publishes. */
  schema: StructuralSchema;
  /** Prunes and defaults a body; throws 400 where a built-in kind cannot be decoded. */
  decode(body: JsonObject): DecodedBody;
  /** A stored object as this version shows it. */
  present(stored: KubeObject): KubeObject;
  /** Fills in what the server itself sets. */
  prepare(object: KubeObject, previous: KubeObject | undefined): KubeObject;
  validate(object: KubeObject, previous: KubeObject | undefined): FieldProblem[];
}

/** `v1` or `applicationconnector.kyma-project.io/v1alpha1`. */
export function apiVersionOf(type: { group: string; version: string }): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}
