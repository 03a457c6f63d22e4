import type { ObjectMeta } from '../../domain/resources.ts';
import type { Time } from '../../time/time.ts';
import type { Exchange, ExchangeRequest } from './exchange.ts';
import { isKubeError } from './kube-error.ts';
import type { Attempt } from './kube-failure.ts';
import { isRecord } from './kube-object.ts';
import { listObjects, type ObjectList, readListVersion } from './list-objects.ts';
import { type ResourceType, toGroupPath, toResourcePath } from './resource-type.ts';
import type { Selection } from './selection.ts';
import { sendRequest } from './send-request.ts';
import { type WatchMessage, type WatchOptions, watchObjects } from './watch-objects.ts';

/** One object. */
export interface Target {
  readonly type: ResourceType;
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** What is written: for an update an object as it was read, changed. */
export interface Manifest {
  readonly metadata: ObjectMeta;
}

/** Which state of an object may be deleted. */
export interface Preconditions {
  readonly uid: string;
  readonly resourceVersion?: string;
}

/** The verbs that read, over plain JSON; the callers parse what comes back. Everything but an abort throws a KubeError. */
export interface KubeReader {
  get(target: Target, signal: AbortSignal): Promise<unknown>;
  /** Every page. */
  list(selection: Selection, pageSize: number, signal: AbortSignal): Promise<ObjectList>;
  /** The version that a list has at present. */
  readListVersion(selection: Selection, signal: AbortSignal): Promise<string>;
  /** One stream, to its end. */
  watch(selection: Selection, options: WatchOptions, signal: AbortSignal): AsyncGenerator<WatchMessage, void>;
  /** Names of the resources that the kind's group serves, subresources as `plural/sub`; empty when nobody serves it. */
  discover(type: ResourceType, signal: AbortSignal): Promise<string[]>;
}

/**
 * The verbs that write: whatever the agent changes in the cluster goes through one of these three. There is no patch:
 * the rights of the Go agent have none (docs/contracts/kubernetes.md#shipped-permissions). Everything but an abort throws a KubeError.
 */
export interface KubeWriter {
  create(type: ResourceType, manifest: Manifest, signal: AbortSignal): Promise<unknown>;
  /** Refused as `conflict` when the manifest carries a version that is not the present one. */
  update(type: ResourceType, manifest: Manifest, signal: AbortSignal, subresource?: 'status'): Promise<unknown>;
  /** The answer is the object when finalizers keep it, else a Status. */
  delete(target: Target, preconditions: Preconditions, signal: AbortSignal): Promise<unknown>;
}

export interface KubeClient extends KubeReader, KubeWriter {
  readonly server: string;
  close(): void;
}

/** Makes the client over the way to the API server; `time` is for what is waited for, and not too long. */
export function createKubeClient(exchange: Exchange, time: Time): KubeClient {
  const connection = { exchange, time };
  const send = (attempt: Attempt, method: ExchangeRequest['method'], signal: AbortSignal, body?: unknown) => {
    const { verb, type, namespace, name, subresource } = attempt;
    const path = toResourcePath(type, namespace, verb === 'create' ? undefined : name);
    const request = { attempt, method, path: subresource === undefined ? path : `${path}/${subresource}`, body };
    return sendRequest(connection, request, signal);
  };

  return {
    server: exchange.server,
    get: (target, signal) => send({ verb: 'get', ...target }, 'GET', signal),
    list: (selection, pageSize, signal) => listObjects(connection, selection, pageSize, signal),
    readListVersion: (selection, signal) => readListVersion(connection, selection, signal),
    watch: (selection, options, signal) => watchObjects(connection, selection, options, signal),
    create: (type, manifest, signal) =>
      send({ verb: 'create', type, ...pickPlace(manifest) }, 'POST', signal, manifest),
    update: (type, manifest, signal, subresource) =>
      send(
        { verb: 'update', type, ...pickPlace(manifest), ...(subresource === undefined ? {} : { subresource }) },
        'PUT',
        signal,
        manifest,
      ),
    delete: (target, preconditions, signal) =>
      send({ verb: 'delete', ...target }, 'DELETE', signal, {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        preconditions,
        propagationPolicy: 'Background',
      }),
    async discover(type, signal) {
      const request = { attempt: { verb: 'get', type }, method: 'GET', path: toGroupPath(type) } as const;
      try {
        return parseDiscovery(await sendRequest(connection, request, signal));
      } catch (error: unknown) {
        if (isKubeError(error, 'crd-missing', 'not-found')) return [];
        throw error;
      }
    },
    close: () => exchange.close(),
  };
}

function pickPlace({ metadata }: Manifest): { name: string; namespace?: string } {
  return { name: metadata.name, ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }) };
}

function parseDiscovery(answer: unknown): string[] {
  if (!isRecord(answer) || !Array.isArray(answer.resources)) return [];
  const resources: unknown[] = answer.resources;
  return resources.flatMap((resource) =>
    isRecord(resource) && typeof resource.name === 'string' ? [resource.name] : [],
  );
}
