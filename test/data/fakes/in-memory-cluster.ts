import type {
  ApplicationResource,
  FieldManagement,
  ObjectMeta,
  SecretResource,
} from '../../../agent/domain/resources.ts';
import { AgentError, type Reason } from '../../../agent/errors/agent-error.ts';
import type { ApplicationWriter, ClusterSnapshot, PlannedState } from '../../../agent/sync/application-writer.ts';

/** A cluster behind the room's own port: keeps objects, counts writes, refuses what a test tells it to. */
export class InMemoryCluster implements ApplicationWriter {
  readonly applications = new Map<string, ApplicationResource>();
  readonly secrets = new Map<string, SecretResource>();
  readonly writes: string[] = [];
  /** Names of objects whose writes fail, with the reason. */
  readonly refusals = new Map<string, Reason>();
  /** Who set which fields, as the API server would note it. */
  readonly managedFields = new Map<string, readonly FieldManagement[]>();
  /** A mutating webhook: what it makes of each object that is written. */
  mutate: <T extends ApplicationResource | SecretResource>(object: T) => T = (object) => object;
  /** Called after each write that was tried. */
  afterWrite: (write: string) => void = () => undefined;
  /** The most writes that were under way at once. */
  maxAtOnce = 0;
  #underWay = 0;
  #sequence = 0;

  /** As a person would by `kubectl annotate`. */
  annotate(name: string, annotations: Record<string, string>): void {
    this.#edit(name, { annotations });
  }

  /** Kept by finalizers when it is deleted. */
  hold(name: string, finalizers: string[]): void {
    this.#edit(name, { finalizers });
  }

  /** Deleted by somebody, and kept by finalizers. */
  terminate(name: string, finalizers: string[]): void {
    this.#edit(name, { finalizers, deletionTimestamp: '2026-11-22T12:00:00Z' });
  }

  #edit(name: string, changes: Partial<ObjectMeta>): void {
    const application = this.applications.get(name);
    if (application === undefined) throw new Error(`There is no Application ${name}.`);
    this.applications.set(name, { ...application, metadata: { ...application.metadata, ...changes } });
  }

  snapshot(): ClusterSnapshot {
    return { applications: [...this.applications.values()], secrets: [...this.secrets.values()] };
  }

  createApplication(manifest: ApplicationResource) {
    return this.#write('create', manifest.metadata.name, () =>
      this.#put(this.applications, manifest, { create: true }),
    );
  }

  updateApplication(resource: ApplicationResource) {
    return this.#write('update', resource.metadata.name, () => this.#put(this.applications, resource));
  }

  deleteApplication(name: string, planned: PlannedState) {
    return this.#write('delete', name, () => {
      const { finalizers = [] } = this.applications.get(name)?.metadata ?? {};
      if (finalizers.length > 0) this.terminate(name, finalizers);
      else this.#remove(this.applications, name, planned);
      return finalizers;
    });
  }

  async readManagedFields(object: string) {
    return this.managedFields.get(object) ?? [];
  }

  async readSecret(name: string) {
    return this.secrets.get(name);
  }

  createSecret(manifest: SecretResource) {
    return this.#write('create', manifest.metadata.name, () => this.#put(this.secrets, manifest, { create: true }));
  }

  updateSecret(resource: SecretResource) {
    return this.#write('update', resource.metadata.name, () => this.#put(this.secrets, resource));
  }

  deleteSecret(name: string, planned: PlannedState) {
    return this.#write('delete', name, () => this.#remove(this.secrets, name, planned));
  }

  async #write<T>(verb: string, name: string, act: () => T): Promise<T> {
    this.#underWay += 1;
    this.maxAtOnce = Math.max(this.maxAtOnce, this.#underWay);
    await new Promise(setImmediate);
    this.#underWay -= 1;
    this.writes.push(`${verb} ${name}`);
    this.afterWrite(`${verb} ${name}`);
    const refusal = this.refusals.get(name);
    if (refusal !== undefined) {
      throw new AgentError(refusal, `${name} is refused`, { next: refusal === 'Refused' ? 'stall' : 'retry' });
    }
    return act();
  }

  #put<T extends ApplicationResource | SecretResource>(store: Map<string, T>, object: T, { create = false } = {}): T {
    const { name } = object.metadata;
    const present = store.get(name);
    if (create && present !== undefined) throw new AgentError('AlreadyExists', `${name} exists`, { next: 'retry' });
    if (!create && present?.metadata.resourceVersion !== object.metadata.resourceVersion) {
      throw new AgentError('Conflict', `${name} changed`, { next: 'retry' });
    }
    this.#sequence += 1;
    const uid = present?.metadata.uid ?? `uid-${this.#sequence}`;
    const stored = {
      ...this.mutate(object),
      metadata: { ...object.metadata, uid, resourceVersion: `${this.#sequence}` },
    };
    store.set(name, stored);
    return stored;
  }

  #remove(
    store: Map<string, ApplicationResource> | Map<string, SecretResource>,
    name: string,
    { uid, version }: PlannedState,
  ): void {
    const { metadata } = store.get(name) ?? {};
    const isOther = metadata?.uid !== uid || (version ?? metadata.resourceVersion) !== metadata.resourceVersion;
    if (metadata !== undefined && isOther) {
      throw new AgentError('Conflict', `${name} is another object by now`, { next: 'retry' });
    }
    store.delete(name);
  }
}
