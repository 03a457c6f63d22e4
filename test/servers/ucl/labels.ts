import { DirectorError, internalError, invalidData } from './director-error.ts';

/** Labels with `scenarios`, which UCL derives from the formations and shows only where there are any. */
export function withScenarios(labels: Record<string, unknown>, scenarios: readonly string[]): Record<string, unknown> {
  return scenarios.length === 0 ? labels : { ...labels, scenarios };
}

/** A copy with the keys in order, as the Director writes every JSON object. */
export function sortedByKey(labels: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(labels).toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

/** What a client may set as a label (docs/contracts/compass.md#labels). Throws a `DirectorError`. */
export function checkLabelInput(key: string, value: unknown): void {
  if (key === '') throw labelInput('key', 'cannot be blank');
  if (Array.from(key).length > 256) throw labelInput('key', 'the length must be no more than 256');
  if (!/^[A-Za-z0-9_]+$/.test(key)) throw labelInput('key', 'must be in a valid format');
  if (isBlank(value)) throw labelInput('value', 'cannot be blank');
}

/** Which of a runtime's labels a client may change. Throws a `DirectorError`. */
export function checkRuntimeLabelKey(key: string): void {
  if (key === 'scenarios') throw internalError('label with key scenarios cannot be set explicitly');
  if (/_defaultEventing$/.test(key) || ['runtimeType', 'xsappnameCMPClone', 'CMPSaaSAppName'].includes(key)) {
    throw invalidData(`could not set unmodifiable label with key ${key}`);
  }
}

function labelInput(field: string, why: string): DirectorError {
  return new DirectorError('InvalidData', `Invalid data LabelInput [${field}=${why}]`);
}

function isBlank(value: unknown): boolean {
  if (value === '' || value === false || value === null || value === undefined) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
