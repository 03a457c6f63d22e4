/** Whether a parsed JSON value is an object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The resource version of an object as the API server sent it; undefined where it carries none. */
export function readVersion(object: unknown): string | undefined {
  const { resourceVersion } = readMetadata(object);
  return typeof resourceVersion === 'string' ? resourceVersion : undefined;
}

/** The name of an object that may have any form, for the log. */
export function readName(object: unknown): string {
  const { name } = readMetadata(object);
  return typeof name === 'string' ? name : '';
}

/** The metadata of an object that may have any form; empty where it has none. */
export function readMetadata(object: unknown): Record<string, unknown> {
  return isRecord(object) && isRecord(object.metadata) ? object.metadata : {};
}
