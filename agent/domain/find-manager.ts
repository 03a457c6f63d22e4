import type { FieldManagement, ObjectMeta } from './resources.ts';

/** As whom the API server knows this agent, by the User-Agent of its requests. */
export const ownFieldManager = 'ucl-agent';

/**
 * Which field manager set a field last, as the API server noted it in `metadata.managedFields`; undefined where that was
 * this agent, or nobody is noted. A list or map that is replaced as a whole has one manager. Pure.
 * @param path From the object: `['spec', 'resyncNow']`.
 */
export function findManager({ managedFields = [] }: ObjectMeta, path: readonly string[]): string | undefined {
  const owners = managedFields
    .filter(({ manager, fieldsV1 }) => manager !== undefined && owns(fieldsV1, path))
    .sort((a, b) => ((a.time ?? '') < (b.time ?? '') ? 1 : -1));
  const last = owners[0]?.manager;
  return last === ownFieldManager ? undefined : last;
}

/** Fields stand as `f:<name>`; one that has no fields noted below it is owned whole. */
function owns(fields: FieldManagement['fieldsV1'], path: readonly string[]): boolean {
  let present: unknown = fields;
  for (const name of path) {
    if (typeof present !== 'object' || present === null) return false;
    const below: unknown = Reflect.get(present, `f:${name}`);
    if (typeof below !== 'object' || below === null) return false;
    if (Object.keys(below).length === 0) return true;
    present = below;
  }
  return true;
}
