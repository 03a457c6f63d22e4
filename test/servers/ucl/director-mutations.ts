import type { Resolvers } from './build-schema.ts';
import type { DirectorContext } from './director-context.ts';
import { DirectorError, internalError, invalidData, invalidOperation, notFound } from './director-error.ts';
import { rawView } from './director-resolvers.ts';
import { checkLabelInput, checkRuntimeLabelKey } from './labels.ts';
import type {
  ApiInput,
  AuthInput,
  BundleInput,
  EventInput,
  Formation,
  FormationObjectType,
  Runtime,
  RuntimeInput,
} from './landscape-types.ts';

interface BundleCreateInput extends Omit<BundleInput, 'apis' | 'events'> {
  apiDefinitions?: ApiInput[] | null;
  eventDefinitions?: EventInput[] | null;
}

interface ApplicationRegisterInput {
  name: string;
  providerName?: string | null;
  description?: string | null;
  labels?: Record<string, unknown> | null;
  bundles?: BundleCreateInput[] | null;
}

interface InstanceAuthCreateInput {
  context?: string | null;
  inputParams?: string | null;
  auth: AuthInput;
  runtimeID?: string | null;
}

interface FormationArguments {
  objectID: string;
  objectType: FormationObjectType | 'TENANT' | 'RUNTIME_CONTEXT';
  formation: { name: string };
}

/** The Director's mutations; a runtime has the scopes for a few, the administrator for all. */
export const directorMutations: Resolvers<DirectorContext> = {
  Mutation: {
    registerApplication: (_source: unknown, args: { in: ApplicationRegisterInput }, { landscape }) => {
      checkName('ApplicationRegisterInput', args.in.name, false);
      const { labels, bundles, ...rest } = args.in;
      const { id } = landscape.registerApplication({
        ...rest,
        labels: labels ?? {},
        bundles: (bundles ?? []).map(toBundleInput),
      });
      return rawView(landscape.application(id));
    },
    updateApplication: (
      _source: unknown,
      args: { id: string; in: { providerName?: string; description?: string } },
      { landscape },
    ) => {
      landscape.updateApplication(args.id, args.in);
      return rawView(landscape.application(args.id));
    },
    unregisterApplication: (_source: unknown, { id }: { id: string }, { landscape }) => {
      const application = landscape.application(id);
      if (application.formations.size > 0) {
        const formations = [...application.formations].join(', ');
        throw invalidOperation(`System ${application.name} is part of the following formations : ${formations}`);
      }
      landscape.deleteApplication(id);
      return rawView(application);
    },
    setApplicationLabel: (
      _source: unknown,
      args: { applicationID: string; key: string; value: unknown },
      { landscape },
    ) => {
      checkLabelInput(args.key, args.value);
      if (args.key === 'scenarios') throw internalError('label with key scenarios cannot be set explicitly');
      landscape.application(args.applicationID).labels[args.key] = args.value;
      return { key: args.key, value: args.value };
    },
    addBundle: (_source: unknown, args: { applicationID: string; in: BundleCreateInput }, { landscape }) => {
      checkName('BundleCreateInput', args.in.name, true);
      const { id } = landscape.addBundle(args.applicationID, toBundleInput(args.in));
      return bundleView(id, landscape);
    },
    deleteBundle: (_source: unknown, { id }: { id: string }, { landscape }) => {
      const view = bundleView(id, landscape);
      landscape.deleteBundle(id);
      return view;
    },
    addAPIDefinitionToBundle: (_source: unknown, args: { bundleID: string; in: ApiInput }, { landscape }) => {
      checkName('APIDefinitionInput', args.in.name, true);
      return landscape.addApi(args.bundleID, args.in);
    },
    addEventDefinitionToBundle: (_source: unknown, args: { bundleID: string; in: EventInput }, { landscape }) => {
      checkName('EventDefinitionInput', args.in.name, true);
      return landscape.addEvent(args.bundleID, args.in);
    },
    createBundleInstanceAuth: (
      _source: unknown,
      args: { bundleID: string; in: InstanceAuthCreateInput },
      { landscape },
    ) => createInstanceAuth(args.bundleID, args.in, landscape),
    deleteBundleInstanceAuth: (_source: unknown, { authID }: { authID: string }, { landscape }) =>
      landscape.deleteInstanceAuth(authID),
    registerRuntime: (_source: unknown, args: { in: RuntimeInput }, { landscape, tenantId }) => {
      const { id } = landscape.registerRuntime({ ...args.in, labels: args.in.labels ?? {}, tenantId });
      return landscape.runtime(id);
    },
    updateRuntime: (_source: unknown, args: { id: string; in: RuntimeInput }, context) =>
      updateRuntime(ownRuntime(args.id, context), args.in),
    unregisterRuntime: (_source: unknown, { id }: { id: string }, context) => {
      const runtime = ownRuntime(id, context);
      context.landscape.unregisterRuntime(id);
      return runtime;
    },
    setRuntimeLabel: (_source: unknown, args: { runtimeID: string; key: string; value: unknown }, context) => {
      checkLabelInput(args.key, args.value);
      checkRuntimeLabelKey(args.key);
      const { id } = ownRuntime(args.runtimeID, context, `Runtime with ID ${args.runtimeID} doesn't exist`);
      context.landscape.setRuntimeLabel(id, args.key, args.value);
      return { key: args.key, value: args.value };
    },
    deleteRuntimeLabel: (_source: unknown, args: { runtimeID: string; key: string }, context) => {
      checkRuntimeLabelKey(args.key);
      const { id, labels } = ownRuntime(args.runtimeID, context);
      const value = labels[args.key];
      if (value === undefined) throw notFound('runtimeLabel');
      context.landscape.deleteRuntimeLabel(id, args.key);
      return { key: args.key, value };
    },
    requestOneTimeTokenForRuntime: (_source: unknown, args: { id: string; systemAuthID?: string | null }, context) =>
      requestOneTimeToken(args, context),
    deleteSystemAuthForRuntime: (_source: unknown, { authID }: { authID: string }, { landscape }) => {
      landscape.deleteSystemAuth(authID);
      return { id: authID };
    },
    createFormation: (_source: unknown, { formation }: { formation: { name: string } }, { landscape }) => {
      if (landscape.findFormation(formation.name) !== undefined) {
        throw new DirectorError('NotUnique', 'Object is not unique [object=formations]');
      }
      return landscape.createFormation(formation.name);
    },
    deleteFormation: (_source: unknown, { formation }: { formation: { name: string } }, { landscape }) =>
      landscape.deleteFormation(formation.name),
    assignFormation: (_source: unknown, args: FormationArguments, { landscape }): Formation =>
      landscape.assign(args.objectID, assignable(args.objectType), args.formation.name),
    unassignFormation: (_source: unknown, args: FormationArguments, { landscape }): Formation =>
      landscape.unassign(args.objectID, assignable(args.objectType), args.formation.name),
  },
};

/** What only the administrator's page can do. */
export const landscapeMutations: Resolvers<DirectorContext> = {
  Mutation: {
    renameApplication: (_source: unknown, args: { id: string; name: string }, { landscape }) => {
      checkName('ApplicationRegisterInput', args.name, false);
      landscape.updateApplication(args.id, { name: args.name });
      return rawView(landscape.application(args.id));
    },
    revokeCertificate: (_source: unknown, { fingerprint }: { fingerprint: string }, { landscape }) => {
      landscape.revokeCertificate(fingerprint);
      return true;
    },
  },
};

function ownRuntime(id: string, context: DirectorContext, problem = 'Object not found [object=runtime]'): Runtime {
  const runtime = context.landscape.findRuntime(id);
  const isVisible = context.runtime === undefined || runtime?.tenantId === context.tenantId;
  if (runtime === undefined || !isVisible) throw internalError(problem);
  return runtime;
}

/** Without labels in the input all of them go, the formations' included: that is what the Director does. */
function updateRuntime(runtime: Runtime, input: RuntimeInput): Runtime {
  const kept = Object.fromEntries(Object.entries(runtime.labels).filter(([key]) => key === 'runtimeType'));
  runtime.name = input.name ?? runtime.name;
  runtime.description = input.description ?? null;
  runtime.labels = { isNormalized: 'true', ...kept, ...input.labels };
  runtime.scenarios = [];
  return runtime;
}

function createInstanceAuth(bundleId: string, input: InstanceAuthCreateInput, landscape: DirectorContext['landscape']) {
  const bundle = landscape.bundle(bundleId);
  if (bundle.instanceAuthRequestInputSchema !== null && (input.inputParams ?? null) === null) {
    throw invalidData(
      'json schema for input parameters was defined for the bundle but no input parameters were provided',
    );
  }
  if (input.runtimeID === null || input.runtimeID === undefined) throw invalidData('runtimeID is required');
  return landscape.addInstanceAuth(bundleId, input.runtimeID, {
    auth: input.auth,
    context: input.context ?? null,
    inputParams: input.inputParams ?? null,
  });
}

function requestOneTimeToken(args: { id: string; systemAuthID?: string | null }, context: DirectorContext): object {
  const { id } = ownRuntime(args.id, context);
  const issued = context.landscape.requestOneTimeToken(id, args.systemAuthID ?? undefined);
  const token = {
    token: issued.token,
    connectorURL: context.connectorUrl,
    used: false,
    expiresAt: issued.expiresAt,
    createdAt: issued.createdAt,
    usedAt: '0001-01-01T00:00:00Z',
    type: 'Runtime',
  };
  const raw = JSON.stringify({ ...token, scenario_groups: null });
  return { ...token, raw, rawEncoded: Buffer.from(raw).toString('base64') };
}

function bundleView(id: string, landscape: DirectorContext['landscape']) {
  const bundle = landscape.bundle(id);
  return { bundle, auth: bundle.defaultInstanceAuth };
}

function toBundleInput({ apiDefinitions, eventDefinitions, ...bundle }: BundleCreateInput): BundleInput {
  return { ...bundle, apis: apiDefinitions ?? [], events: eventDefinitions ?? [] };
}

function assignable(objectType: FormationArguments['objectType']): FormationObjectType {
  if (objectType === 'APPLICATION' || objectType === 'RUNTIME') return objectType;
  throw invalidData(`the embedded UCL assigns no ${objectType}`);
}

function checkName(input: string, name: string, asciiOnly: boolean): void {
  const length = Array.from(name).length;
  const fail = (why: string) => new DirectorError('InvalidData', `Invalid data ${input} [name=${why}]`);
  if (length === 0) throw fail('cannot be blank');
  if (length > 100) throw fail('the length must be between 1 and 100');
  if (asciiOnly && !/^[\x20-\x7e]*$/.test(name)) throw fail('must contain printable ASCII characters only');
}
