import type { KubeClient } from '../../../agent/kube/api/kube-client.ts';
import { applicationType, compassConnectionType } from '../../../agent/kube/api/resource-type.ts';
import { arrayAt, type JsonObject, objectAt, stringAt } from '../../servers/kube-api/kube-object.ts';
import { followObjects, type Sighting } from './follow-objects.ts';
import { markApplication, nameOf, systemIdOf } from './playground-cluster.ts';

const connection = { type: compassConnectionType, name: 'compass-connection' } as const;

/** When the CompassConnection told it, in milliseconds of `performance.now()`. */
export interface FirstSync {
  pairedAtMs: number;
  syncedAtMs: number;
  connection: JsonObject;
}

/** Waits until the CompassConnection says Synchronized. `onPaired` is called once, as soon as it says Connected. */
export async function awaitFirstSync(
  client: KubeClient,
  onPaired: () => void,
  signal: AbortSignal,
): Promise<FirstSync> {
  let pairedAtMs: number | undefined;
  for await (const sighting of followObjects(client, connection, signal)) {
    for (const object of presentIn(sighting)) {
      const state = stateOf(object);
      if (pairedAtMs === undefined && (state === 'Connected' || state === 'Synchronized' || isConnected(object))) {
        pairedAtMs = performance.now();
        onPaired();
      }
      if (pairedAtMs !== undefined && state === 'Synchronized') {
        return { pairedAtMs, syncedAtMs: performance.now(), connection: object };
      }
    }
  }
  throw new Error('The stream of the CompassConnection ended.');
}

function presentIn(sighting: Sighting): JsonObject[] {
  if (sighting.what === 'all') return sighting.objects;
  return sighting.what === 'present' ? [sighting.object] : [];
}

function stateOf(object: JsonObject): string {
  return stringAt(objectAt(object, 'status'), 'connectionState');
}

function isConnected(object: JsonObject): boolean {
  return arrayAt(objectAt(object, 'status'), 'conditions').some(
    (condition) => stringAt(condition, 'type') === 'Connected' && stringAt(condition, 'status') === 'True',
  );
}

/** Tells every change of state and every manual sync that the agent has handled, until the signal aborts. */
export async function reportConnection(
  client: KubeClient,
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let state: string | undefined;
  let handled: string | undefined;
  for await (const sighting of followObjects(client, connection, signal)) {
    if (sighting.what === 'gone') report('- CompassConnection deleted');
    for (const object of presentIn(sighting)) {
      const status = objectAt(object, 'status');
      const [nowState, nowHandled] = [stateOf(object), stringAt(status, 'lastHandledSyncRequest')];
      if (state !== undefined && nowState !== state) {
        const error = stringAt(objectAt(status, 'synchronizationStatus'), 'error');
        const why = stringAt(objectAt(status, 'connectionStatus'), 'error') || error;
        report(`~ CompassConnection is ${nowState}${why === '' ? '' : `: ${why}`}`);
      }
      if (handled !== undefined && nowHandled !== handled) report(`~ Manual sync ${nowHandled} is done`);
      state = nowState;
      handled = nowHandled;
    }
  }
}

/** Puts the playground's mark on every Application of the agent, until the signal aborts. */
export async function markApplications(client: KubeClient, signal: AbortSignal): Promise<void> {
  for await (const sighting of followObjects(client, { type: applicationType }, signal)) {
    for (const object of presentIn(sighting)) {
      if (systemIdOf(object) !== '') await markApplication(client, object, signal);
    }
  }
}

/** Tells which Applications appear, change and go, until the signal aborts. */
export async function reportApplications(
  client: KubeClient,
  nameOfSystem: (id: string) => string | undefined,
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let known: Map<string, JsonObject> | undefined;
  const tell = (mark: string, object: JsonObject, what: string) => {
    const system = nameOfSystem(systemIdOf(object));
    report(`${mark} Application ${nameOf(object)} ${what}${system === undefined ? '' : ` ("${system}")`}`);
  };
  for await (const sighting of followObjects(client, { type: applicationType }, signal)) {
    if (sighting.what === 'all') {
      const present = new Map(sighting.objects.map((object) => [nameOf(object), object]));
      for (const [name, object] of known ?? []) if (!present.has(name)) tell('-', object, 'is gone');
      for (const [name, object] of present) if (known?.has(name) === false) tell('+', object, 'appeared');
      known = present;
      continue;
    }
    const { object } = sighting;
    const before = known?.get(nameOf(object));
    if (sighting.what === 'gone') {
      tell('-', object, 'is gone');
      known?.delete(nameOf(object));
      continue;
    }
    if (before === undefined) tell('+', object, 'appeared');
    else if (generationOf(before) !== generationOf(object)) tell('~', object, 'changed');
    known?.set(nameOf(object), object);
  }
}

function generationOf({ metadata }: JsonObject): JsonObject[string] | undefined {
  return objectAt({ metadata: metadata ?? null }, 'metadata').generation;
}
