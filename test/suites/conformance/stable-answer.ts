import { isJsonObject, type Json } from '../../servers/kube-api/kube-object.ts';

export const UID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const VERSIONS = /(?<=current: |too old resource version: )\d+( \(\d+\))?|(?<=in (the precondition|record) \()\d+/g;
/** Of these only whether they are set is told. */
const PRESENCE = ['uid', 'resourceVersion', 'creationTimestamp', 'deletionTimestamp', 'lastTransitionTime', 'continue'];
/** What a patch would have made of an object, as one text: of these only the complaint is told. */
export const PATCHED =
  /(?<=Invalid value: )"(\\.|[^"\\])*": (error decoding from json: )?(?=strict decoding error|illegal base64)/g;
const LEFT_OUT = ['managedFields', 'storageVersionHash'];

/** An answer without what differs between any two servers or runs, and without the prose of column descriptions. */
export function stable(value: Json): Json {
  if (Array.isArray(value)) return value.map(stable);
  if (typeof value === 'string')
    return value
      .replace(/^\d+s$/, '<age>')
      .replace(PATCHED, '<object>: ')
      .replace(UID, '<uid>')
      .replace(VERSIONS, '<version>');
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value).filter(([key]) => !LEFT_OUT.includes(key));
  const result = Object.fromEntries(kept.map(([key, field]) => [key, stableField(key, field)]));
  // The real one takes and writes more media types, and repeats some causes word for word.
  if (value.code === 415 || value.code === 406) {
    delete result.message;
    delete result.details;
  }
  if (Array.isArray(result.causes)) result.causes = withoutRepetition(result.causes);
  if (Array.isArray(result.verbs)) result.verbs = result.verbs.map(String).sort();
  if (Array.isArray(result.columnDefinitions))
    result.columnDefinitions = result.columnDefinitions.map(withoutDescription);
  return result;
}

function stableField(key: string, field: Json): Json {
  return PRESENCE.includes(key) && typeof field === 'string' && field !== '' ? '<set>' : stable(field);
}

function withoutRepetition(causes: Json[]): Json[] {
  return [...new Map(causes.map((cause) => [JSON.stringify(cause), cause])).values()];
}

function withoutDescription(column: Json): Json {
  if (!isJsonObject(column)) return column;
  const { description: _, ...rest } = column;
  return rest;
}
