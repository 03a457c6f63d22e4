import { isDeepStrictEqual } from 'node:util';
import {
  arrayAt,
  isJsonObject,
  type Json,
  type JsonObject,
  objectAt,
  stringAt,
} from '../../servers/kube-api/kube-object.ts';
import type { ExpectedApplication, ExpectedFailure, ExpectedObjects, ExpectedSecret } from './expected-objects.ts';

/** What a cluster holds; objects as the API server gives them. */
export interface ActualObjects {
  /** Applications with `compassMetadata`. */
  applications: readonly JsonObject[];
  /** Secrets with the label `bundleId`. */
  secrets: readonly JsonObject[];
  /** The CompassConnection, where there is one. */
  connection: JsonObject | undefined;
}

/** Labels that are not the agent's and may stand on any object. */
const foreignLabels = new Set(['compass.kyma-project.io/playground']);

/**
 * Compares field by field and tells each difference as one line, for people; an empty list: all is as expected.
 * Values of Secrets are not told.
 */
export function compareObjects(expected: ExpectedObjects, actual: ActualObjects): string[] {
  const applications = byName(actual.applications);
  const secrets = byName(actual.secrets);
  return [
    ...expected.applications.flatMap((application) =>
      compareApplication(application, applications.get(application.name)),
    ),
    ...unexpected('Application', applications, expected.applications),
    ...expected.secrets.flatMap((secret) => compareSecret(secret, secrets.get(secret.name), applications)),
    ...unexpected('Secret', secrets, expected.secrets),
    ...compareConnection(expected, actual.connection),
  ];
}

function byName(objects: readonly JsonObject[]): Map<string, JsonObject> {
  return new Map(objects.map((object) => [stringAt(object.metadata, 'name'), object]));
}

function unexpected(
  kind: string,
  actual: ReadonlyMap<string, JsonObject>,
  expected: readonly { name: string }[],
): string[] {
  const names = new Set(expected.map(({ name }) => name));
  return [...actual.keys()].filter((name) => !names.has(name)).map((name) => `${kind} ${name}: nobody expects it`);
}

function compareApplication(expected: ExpectedApplication, actual: JsonObject | undefined): string[] {
  const what = `Application ${expected.name}`;
  if (actual === undefined) return [`${what}: missing`];
  return [
    ...differences('metadata.labels', expected.labels, ownLabels(actual)),
    ...differences('spec', expected.spec, actual.spec),
    ...differences('status', expected.status, actual.status),
  ].map((difference) => `${what}: ${difference}`);
}

function compareSecret(
  expected: ExpectedSecret,
  actual: JsonObject | undefined,
  applications: ReadonlyMap<string, JsonObject>,
): string[] {
  const what = `Secret ${expected.namespace}/${expected.name}`;
  if (actual === undefined) return [`${what}: missing`];
  const owner = {
    apiVersion: 'applicationconnector.kyma-project.io/v1alpha1',
    kind: 'Application',
    name: expected.owner,
    uid: stringAt(applications.get(expected.owner)?.metadata, 'uid'),
  };
  return [
    ...differences('metadata.namespace', expected.namespace, stringAt(actual.metadata, 'namespace')),
    ...differences('type', expected.type, actual.type),
    ...differences('metadata.labels', expected.labels, ownLabels(actual)),
    ...differences('metadata.ownerReferences', [owner], arrayAt(actual.metadata, 'ownerReferences')),
    ...compareData(expected.data, objectAt(actual, 'data')),
  ].map((difference) => `${what}: ${difference}`);
}

function ownLabels({ metadata }: JsonObject): JsonObject {
  const labels = Object.entries(objectAt(metadata, 'labels')).filter(([key]) => !foreignLabels.has(key));
  return Object.fromEntries(labels);
}

function compareData(expected: ExpectedSecret['data'], actual: JsonObject): string[] {
  return [...new Set([...Object.keys(expected), ...Object.keys(actual)])].flatMap((key) => {
    const wanted = expected[key];
    const encoded = actual[key];
    if (wanted === undefined) return [`data.${key}: nobody expects it`];
    if (typeof encoded !== 'string') return [`data.${key}: missing`];
    const text = Buffer.from(encoded, 'base64').toString();
    const isSame = typeof wanted === 'string' ? text === wanted : isDeepStrictEqual(parsed(text), wanted);
    return isSame ? [] : [`data.${key}: has another value`];
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON, so it equals no expected map.
    return undefined;
  }
}

/** The status: legacy fields on every CRD, the rest where the CRD keeps it. */
function compareConnection(expected: ExpectedObjects, connection: JsonObject | undefined): string[] {
  if (connection === undefined) return ['CompassConnection compass-connection: missing'];
  const status = objectAt(connection, 'status');
  const conditions = arrayAt(status, 'conditions');
  const failed = new Set(expected.failures.map(({ applicationId }) => applicationId)).size;
  const desired = expected.applications.length;
  const ready = conditions.find((condition) => stringAt(condition, 'type') === 'Ready');
  const { desired: seen, ready: seenReady, failed: seenFailed } = objectAt(status, 'applications');
  return [
    ...differences('status.connectionState', 'Synchronized', status.connectionState),
    ...(conditions.length === 0
      ? []
      : [
          ...differences('status.conditions[Ready].status', 'True', stringAt(ready, 'status')),
          ...differences('status.applications.desired', desired, seen),
          ...differences('status.applications.ready', desired - failed, seenReady),
          ...differences('status.applications.failed', failed, seenFailed),
          ...compareFailures(expected.failures, arrayAt(status, 'failures')),
        ]),
  ].map((difference) => `CompassConnection compass-connection: ${difference}`);
}

/** The status names 20 of them at most, so fewer than expected may stand there. */
function compareFailures(expected: readonly ExpectedFailure[], actual: readonly Json[]): string[] {
  const wanted = new Set(expected.map(({ applicationId, reason }) => `${applicationId} ${reason}`));
  const found = actual.map((failure) => `${stringAt(failure, 'applicationId')} ${stringAt(failure, 'reason')}`);
  const surplus = found
    .filter((failure) => !wanted.has(failure))
    .map((failure) => `failure ${failure}: nobody expects it`);
  const missing = wanted.size > 20 ? [] : [...wanted].filter((failure) => !found.includes(failure));
  return [...surplus, ...missing.map((failure) => `failure ${failure}: missing`)];
}

/** Lists of objects with an id are sets, as the Director's order is not stable; all others keep their order. */
function differences(path: string, expected: unknown, actual: unknown): string[] {
  if (Array.isArray(expected) && Array.isArray(actual)) {
    const [wanted, found] = [keyed(expected), keyed(actual)];
    if (found.size !== actual.length) return [`${path}: holds an id twice`];
    return differencesByKey([...wanted.keys(), ...found.keys()], (key) =>
      differences(`${path}[${key}]`, wanted.get(key), found.get(key)),
    );
  }
  if (isJsonObject(expected) && isJsonObject(actual)) {
    return differencesByKey([...Object.keys(expected), ...Object.keys(actual)], (key) =>
      differences(`${path}.${key}`, expected[key], actual[key]),
    );
  }
  if (isDeepStrictEqual(expected, actual)) return [];
  if (expected === undefined) return [`${path}: nobody expects it`];
  return [
    `${path}: ${actual === undefined ? 'missing' : `is ${JSON.stringify(actual)}`}, expected ${JSON.stringify(expected)}`,
  ];
}

function differencesByKey(keys: readonly string[], compare: (key: string) => string[]): string[] {
  return [...new Set(keys)].flatMap(compare);
}

function keyed(items: readonly unknown[]): Map<string, unknown> {
  return new Map(
    items.map((item, index) => {
      const id = isJsonObject(item) ? [item.type, item.id].filter((part) => typeof part === 'string').join('/') : '';
      return [id === '' || !isJsonObject(item) || typeof item.id !== 'string' ? String(index) : id, item];
    }),
  );
}
