import { type JsonObject, type KubeObject, parseJson, serialize } from './kube-object.ts';
import type { ResourceType } from './resource-type.ts';

/** What a table's rows carry of their object: nothing, its metadata (the default), or all of it. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

export interface TableOptions {
  includeObject: IncludeObject;
  /** Left out in all but the first event of a watch. */
  withHeaders: boolean;
  now: Date;
}

/** Objects as the table that `kubectl get` prints. */
export function toTable(
  type: ResourceType,
  objects: readonly KubeObject[],
  metadata: JsonObject,
  options: TableOptions,
): JsonObject {
  const columns = type.columns.map(({ name, type: columnType, format, description, priority }) => ({
    name,
    type: columnType,
    format: format ?? '',
    description,
    priority,
  }));
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: options.withHeaders ? columns : null,
    rows: objects.map((object) => ({
      cells: type.columns.map((column) => column.cell(object, options.now)),
      ...toRowObject(object, options.includeObject),
    })),
  };
}

function toRowObject(object: KubeObject, include: IncludeObject): JsonObject {
  switch (include) {
    case 'None':
      return {};
    case 'Object':
      return { object: parseJson(serialize(object)) };
    case 'Metadata':
      return {
        object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
      };
  }
}
