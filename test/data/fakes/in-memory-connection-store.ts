import { isDeepStrictEqual } from 'node:util';
import type { CompassConnection, ConnectionSpec } from '../../../agent/domain/connection.ts';
import type { ConnectionStatus } from '../../../agent/domain/connection-status.ts';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import type { ConnectionStore } from '../../../agent/reconcile/ports.ts';
import { aConnection } from '../builders/kubernetes-objects.ts';

const created = { metadata: { generation: 1 } };

type Verb = 'read' | 'create' | 'update' | 'write-status';

/** The CompassConnection in memory: keeps it, counts what was done, and fails where a test says so. */
export class InMemoryConnectionStore implements ConnectionStore {
  resource: CompassConnection | undefined;
  readonly calls: Verb[] = [];
  readonly failures = new Map<Verb, AgentError>();

  /** People's doing: annotations, spec, or both. */
  edit({
    annotations = {},
    spec = {},
  }: {
    annotations?: Record<string, string>;
    spec?: Partial<ConnectionSpec>;
  }): void {
    const present = this.resource ?? aConnection(created);
    this.resource = {
      ...present,
      metadata: { ...present.metadata, annotations: { ...present.metadata.annotations, ...annotations } },
      spec: { ...present.spec, ...spec },
    };
  }

  get status(): ConnectionStatus | undefined {
    return this.resource?.status;
  }

  async read(): Promise<CompassConnection | undefined> {
    this.#count('read');
    return this.resource;
  }

  async create(
    spec: ConnectionSpec,
    _signal?: AbortSignal,
    annotations: Readonly<Record<string, string>> = {},
  ): Promise<CompassConnection> {
    this.#count('create');
    this.resource = aConnection({ metadata: { ...created.metadata, annotations }, spec });
    return this.resource;
  }

  async update({ spec = {}, annotations = {} }: Parameters<ConnectionStore['update']>[0]): Promise<CompassConnection> {
    this.#count('update');
    const present = this.#present();
    const merged = Object.entries({ ...present.metadata.annotations, ...annotations }).flatMap(([name, value]) =>
      value === null ? [] : [[name, value] as const],
    );
    this.resource = {
      ...present,
      metadata: { ...present.metadata, annotations: Object.fromEntries(merged) },
      spec: { ...present.spec, ...spec },
    };
    return this.resource;
  }

  async writeStatus(status: ConnectionStatus): Promise<CompassConnection> {
    this.#count('write-status');
    const present = this.#present();
    if (isDeepStrictEqual(present.status, status)) return present;
    const resourceVersion = String(Number(present.metadata.resourceVersion ?? 0) + 1);
    this.resource = { ...present, metadata: { ...present.metadata, resourceVersion }, status };
    return this.resource;
  }

  #present(): CompassConnection {
    if (this.resource === undefined) throw new AgentError('NotFound', 'there is none', { next: 'retry' });
    return this.resource;
  }

  #count(verb: Verb): void {
    this.calls.push(verb);
    const failure = this.failures.get(verb);
    if (failure !== undefined) throw failure;
  }
}
