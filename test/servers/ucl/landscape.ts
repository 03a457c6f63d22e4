import { randomUUID } from 'node:crypto';
import { invalidOperation, notFound } from './director-error.ts';
import type { Identities, OneTimeToken } from './identities.ts';
import { sortedByKey, withScenarios } from './labels.ts';
import type {
  ApiDefinition,
  ApiInput,
  Application,
  ApplicationInput,
  AuthInput,
  Bundle,
  BundleInput,
  EventDefinition,
  EventInput,
  Formation,
  FormationObjectType,
  InstanceAuth,
  InstanceAuthCondition,
  Runtime,
  RuntimeInput,
} from './landscape-types.ts';
import { sortedById, toApi, toBundle, toEvent } from './to-bundle.ts';

export interface LandscapeOptions {
  clock: () => Date;
  tenantId?: string | undefined;
  /** Applications with one of these label values leave the lists of every runtime. */
  hideSelectors?: Record<string, string[]> | undefined;
}

/**
 * Everything that is registered in the embedded UCL, with the verbs of its administrator. All of them are
 * synchronous and take effect with the next request. An unknown id throws a `DirectorError`.
 */
export class Landscape {
  /** The external tenant that owns whatever is registered without another one. */
  readonly tenantId: string;
  readonly #clock: () => Date;
  readonly #identities: Identities;
  readonly #hideSelectors: Record<string, string[]>;
  readonly #tenants = new Set<string>();
  readonly #applications = new Map<string, Application>();
  readonly #bundles = new Map<string, Bundle>();
  readonly #runtimes = new Map<string, Runtime>();
  readonly #formations = new Map<string, Formation>();

  constructor(identities: Identities, options: LandscapeOptions) {
    this.#identities = identities;
    this.#clock = options.clock;
    this.#hideSelectors = options.hideSelectors ?? {};
    this.tenantId = options.tenantId ?? randomUUID();
    this.registerTenant(this.tenantId);
  }

  /** Forgets everything, identities and revocations included. */
  clear(): void {
    for (const everything of [this.#applications, this.#bundles, this.#runtimes, this.#formations, this.#tenants]) {
      everything.clear();
    }
    this.#identities.clear();
    this.registerTenant(this.tenantId);
  }

  // Tenants

  /** Makes an external tenant known, without anything in it. */
  registerTenant(tenantId: string): void {
    this.#tenants.add(tenantId);
  }

  knowsTenant(tenantId: string): boolean {
    return this.#tenants.has(tenantId);
  }

  // Runtimes and their identities

  registerRuntime(input: RuntimeInput = {}): { id: string } {
    const id = input.id ?? randomUUID();
    const tenantId = input.tenantId ?? this.tenantId;
    const labels = { isNormalized: 'true', ...input.labels };
    this.registerTenant(tenantId);
    // The runtime's subaccount is a tenant of its own, below the account that owns the runtime.
    const subaccount = Object.entries(labels).find(([key]) => key === 'global_subaccount_id')?.[1];
    if (typeof subaccount === 'string') this.registerTenant(subaccount);
    this.#runtimes.set(id, {
      id,
      tenantId,
      name: input.name ?? `runtime-${id.slice(0, 8)}`,
      description: input.description ?? null,
      labels,
      formations: new Set(),
      scenarios: [],
      status: { condition: 'INITIAL', timestamp: this.#clock() },
    });
    return { id };
  }

  unregisterRuntime(id: string): void {
    this.runtime(id);
    for (const systemAuth of this.#identities.systemAuthsOf(id)) this.#identities.deleteSystemAuth(systemAuth.id);
    this.#runtimes.delete(id);
  }

  runtime(id: string): Runtime {
    return this.#runtimes.get(id) ?? raise(notFound('runtime'));
  }

  findRuntime(id: string): Runtime | undefined {
    return this.#runtimes.get(id);
  }

  runtimes(): Runtime[] {
    return sortedById([...this.#runtimes.values()]);
  }

  /** The runtime's labels as UCL shows them: `scenarios` included, in the order of their keys. */
  runtimeLabels(runtimeId: string): Record<string, unknown> {
    const runtime = this.runtime(runtimeId);
    return sortedByKey(withScenarios(runtime.labels, runtime.scenarios));
  }

  setRuntimeLabel(runtimeId: string, key: string, value: unknown): void {
    this.runtime(runtimeId).labels[key] = value;
  }

  deleteRuntimeLabel(runtimeId: string, key: string): void {
    delete this.runtime(runtimeId).labels[key];
  }

  requestOneTimeToken(runtimeId: string, systemAuthId?: string): OneTimeToken & { systemAuthId: string } {
    return this.#identities.issueToken(this.runtime(runtimeId).id, systemAuthId);
  }

  /**
   * Makes a certificate identity known whose id (the certificate's common name) is given, as when an
   * installation is taken over.
   */
  addSystemAuth(runtimeId: string, id: string): void {
    this.#identities.addSystemAuth(this.runtime(runtimeId).id, id);
  }

  deleteSystemAuth(id: string): void {
    this.#identities.deleteSystemAuth(id);
  }

  systemAuthIds(runtimeId: string): string[] {
    return this.#identities.systemAuthsOf(runtimeId).map((systemAuth) => systemAuth.id);
  }

  /** Revokes one certificate by the SHA-256 fingerprint of its DER form. */
  revokeCertificate(fingerprint: string): void {
    this.#identities.revokeCertificate(fingerprint);
  }

  // Applications

  registerApplication(input: ApplicationInput): { id: string } {
    const id = input.id ?? randomUUID();
    const createdAt = this.#clock();
    const tenantId = input.tenantId ?? this.tenantId;
    this.registerTenant(tenantId);
    this.#applications.set(id, {
      id,
      tenantId,
      createdAt,
      updatedAt: createdAt,
      name: input.name,
      providerName: input.providerName ?? null,
      description: input.description ?? null,
      systemNumber: input.systemNumber ?? null,
      labels: { ...input.labels },
      auths: input.auths ?? [],
      bundles: [],
      formations: new Set(),
    });
    this.#setBundles(id, input.bundles ?? []);
    return { id };
  }

  /** Changes what the patch names; `bundles` replaces all of them. */
  updateApplication(id: string, patch: Partial<ApplicationInput>): void {
    const application = this.application(id);
    const { bundles, ...rest } = patch;
    if (rest.name !== undefined) application.name = rest.name;
    if (rest.providerName !== undefined) application.providerName = rest.providerName;
    if (rest.description !== undefined) application.description = rest.description;
    if (rest.systemNumber !== undefined) application.systemNumber = rest.systemNumber;
    if (rest.labels !== undefined) application.labels = { ...rest.labels };
    if (rest.auths !== undefined) application.auths = rest.auths;
    if (bundles !== undefined) this.#setBundles(id, bundles);
    application.updatedAt = this.#clock();
  }

  /** Removes a system, out of its formations too. */
  deleteApplication(id: string): void {
    this.#dropBundles(this.application(id));
    this.#applications.delete(id);
  }

  application(id: string): Application {
    return this.#applications.get(id) ?? raise(notFound('application'));
  }

  findApplication(id: string): Application | undefined {
    return this.#applications.get(id);
  }

  /** All systems of a tenant in the Director's order. */
  applications(tenantId: string = this.tenantId): Application[] {
    return sortedById([...this.#applications.values()].filter((application) => application.tenantId === tenantId));
  }

  /** What `applicationsForRuntime` lists: systems that share a formation with the runtime and are not hidden. */
  applicationsForRuntime(runtime: Runtime): Application[] {
    return this.applications(runtime.tenantId).filter(
      (application) =>
        [...runtime.formations].some((name) => application.formations.has(name)) && !this.#isHidden(application),
    );
  }

  // Bundles

  addBundle(applicationId: string, input: BundleInput): { id: string } {
    const application = this.application(applicationId);
    const bundle = toBundle(applicationId, input, this.#clock());
    this.#bundles.set(bundle.id, bundle);
    application.bundles = sortedById([...application.bundles, bundle]);
    return { id: bundle.id };
  }

  deleteBundle(id: string): void {
    const application = this.application(this.bundle(id).applicationId);
    application.bundles = application.bundles.filter((bundle) => bundle.id !== id);
    this.#bundles.delete(id);
  }

  bundle(id: string): Bundle {
    return this.#bundles.get(id) ?? raise(notFound('bundle'));
  }

  addApi(bundleId: string, input: ApiInput): ApiDefinition {
    const api = toApi(input, this.#clock());
    insertById(this.bundle(bundleId).apis, api);
    return api;
  }

  addEvent(bundleId: string, input: EventInput): EventDefinition {
    const event = toEvent(input, this.#clock());
    insertById(this.bundle(bundleId).events, event);
    return event;
  }

  // Credentials of one runtime for one bundle

  /** Gives the runtime credentials of its own for the bundle; null takes them away again. */
  setInstanceAuth(bundleId: string, runtimeId: string, auth: AuthInput | null): void {
    const auths = this.bundle(bundleId).instanceAuths;
    const others = auths.filter((candidate) => candidate.runtimeId !== runtimeId);
    auths.splice(0, auths.length, ...others);
    if (auth !== null) this.addInstanceAuth(bundleId, runtimeId, { auth });
  }

  /** Adds an instance auth next to those there are, in any state; without `auth` it hides the default. */
  addInstanceAuth(
    bundleId: string,
    runtimeId: string,
    input: {
      id?: string;
      auth: AuthInput | null;
      condition?: InstanceAuthCondition;
      context?: string | null;
      inputParams?: string | null;
    },
  ): InstanceAuth {
    const instanceAuth: InstanceAuth = {
      id: input.id ?? randomUUID(),
      bundleId,
      runtimeId: this.runtime(runtimeId).id,
      auth: input.auth,
      condition: input.condition ?? 'SUCCEEDED',
      createdAt: this.#clock(),
      context: input.context ?? null,
      inputParams: input.inputParams ?? null,
    };
    this.bundle(bundleId).instanceAuths.push(instanceAuth);
    return instanceAuth;
  }

  deleteInstanceAuth(id: string): InstanceAuth {
    for (const { instanceAuths } of this.#bundles.values()) {
      const index = instanceAuths.findIndex((instanceAuth) => instanceAuth.id === id);
      const [removed] = index < 0 ? [] : instanceAuths.splice(index, 1);
      if (removed !== undefined) return removed;
    }
    throw notFound('bundleInstanceAuth');
  }

  // Formations

  createFormation(name: string, id: string = randomUUID()): Formation {
    const formation = { id, name };
    this.#formations.set(name, formation);
    return formation;
  }

  /** Refused while something is assigned to it. */
  deleteFormation(name: string): Formation {
    const formation = this.formation(name);
    const members = [...this.#applications.values(), ...this.#runtimes.values()];
    if (members.some((member) => member.formations.has(name))) {
      throw invalidOperation(`formation ${name} is not empty`);
    }
    this.#formations.delete(name);
    return formation;
  }

  formation(name: string): Formation {
    return this.#formations.get(name) ?? raise(notFound('formations'));
  }

  findFormation(name: string): Formation | undefined {
    return this.#formations.get(name);
  }

  formations(): Formation[] {
    return sortedById([...this.#formations.values()]);
  }

  assign(objectId: string, objectType: FormationObjectType, formationName: string): Formation {
    const formation = this.formation(formationName);
    const member = this.#member(objectId, objectType);
    member.formations.add(formation.name);
    if ('scenarios' in member) member.scenarios = [...new Set([...member.scenarios, formation.name])];
    return formation;
  }

  unassign(objectId: string, objectType: FormationObjectType, formationName: string): Formation {
    const formation = this.formation(formationName);
    const member = this.#member(objectId, objectType);
    member.formations.delete(formation.name);
    if ('scenarios' in member) member.scenarios = member.scenarios.filter((name) => name !== formation.name);
    return formation;
  }

  #member(objectId: string, objectType: FormationObjectType): Application | Runtime {
    return objectType === 'APPLICATION' ? this.application(objectId) : this.runtime(objectId);
  }

  #isHidden(application: Application): boolean {
    return Object.entries(this.#hideSelectors).some(([key, values]) =>
      values.some((value) => application.labels[key] === value),
    );
  }

  #setBundles(applicationId: string, inputs: readonly BundleInput[]): void {
    const application = this.application(applicationId);
    const before = new Map(application.bundles.map((bundle) => [bundle.id, bundle.instanceAuths]));
    this.#dropBundles(application);
    application.bundles = sortedById(inputs.map((input) => toBundle(applicationId, input, this.#clock())));
    for (const bundle of application.bundles) bundle.instanceAuths.push(...(before.get(bundle.id) ?? []));
    for (const bundle of application.bundles) this.#bundles.set(bundle.id, bundle);
  }

  #dropBundles(application: Application): void {
    for (const bundle of application.bundles) this.#bundles.delete(bundle.id);
  }
}

function insertById<T extends { id: string }>(items: T[], item: T): void {
  items.push(item);
  sortedById(items);
}

function raise(error: Error): never {
  throw error;
}
