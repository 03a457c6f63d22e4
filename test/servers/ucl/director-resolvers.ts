import type { GraphQLResolveInfo } from 'graphql';
import { applicationNameForRuntime, normalizeApplicationName } from './application-name.ts';
import type { Resolvers } from './build-schema.ts';
import type { DirectorContext } from './director-context.ts';
import { internalError, invalidData, invalidOperation } from './director-error.ts';
import { sortedByKey, withScenarios } from './labels.ts';
import type {
  ApiDefinition,
  Application,
  AuthInput,
  Bundle,
  CredentialInput,
  CsrfInput,
  EventDefinition,
  Formation,
  InstanceAuth,
  MultiValues,
  Runtime,
} from './landscape-types.ts';
import {
  checkNestedPageSize,
  checkRootPageSize,
  cutPage,
  type Page,
  type PageArguments,
  requireFirst,
} from './paging.ts';

/** A system under the name that this query shows. */
export interface ApplicationView {
  application: Application;
  name: string;
}

/** A bundle with the credentials that this query shows. */
interface BundleView {
  bundle: Bundle;
  auth: AuthInput | null;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Fields that the Director starts in a goroutine each. */
const concurrentFields = {
  Application: ['labels', 'webhooks', 'bundles', 'bundle', 'auths', 'eventingConfiguration'],
  Bundle: ['instanceAuths', 'apiDefinitions', 'eventDefinitions', 'apiDefinition', 'eventDefinition'],
};

const resolvers: Resolvers<DirectorContext> = {
  Query: {
    viewer: (_source: unknown, _args: object, context) => {
      if (context.runtime !== undefined) return { id: context.runtime.id, type: 'RUNTIME' };
      if (context.scopes === 'all') return { id: 'administrator', type: 'USER' };
      throw internalError();
    },
    applications: (_source: unknown, args: PageArguments, context) =>
      nestedPage(listedApplications(context), args, rawView),
    application: (_source: unknown, { id }: { id: string }, context) => {
      const application = sharedApplication(id, context);
      return application === undefined ? null : rawView(application);
    },
    applicationsForRuntime: (_source: unknown, args: PageArguments & { runtimeID: string }, context) =>
      applicationsForRuntime(args, context),
    apisForApplication: (_source: unknown, args: PageArguments & { appID: string }, context) =>
      definitionsOf(args, context, (bundle) => bundle.apis),
    eventsForApplication: (_source: unknown, args: PageArguments & { appID: string }, context) =>
      definitionsOf(args, context, (bundle) => bundle.events),
    runtimes: (_source: unknown, args: PageArguments, context) =>
      nestedPage(
        context.landscape.runtimes().filter((runtime) => isVisible(runtime, context)),
        args,
        (runtime) => runtime,
      ),
    runtime: (_source: unknown, { id }: { id: string }, context) => {
      if (!uuid.test(id)) throw internalError();
      const runtime = context.landscape.findRuntime(id);
      return runtime === undefined || !isVisible(runtime, context) ? null : runtime;
    },
    formations: (_source: unknown, args: PageArguments, context) =>
      nestedPage(context.landscape.formations(), args, (formation) => formation),
    formationByName: (_source: unknown, { name }: { name: string }, context) =>
      context.landscape.findFormation(name) ?? null,
  },
  Application: {
    id: ({ application }: ApplicationView) => application.id,
    name: ({ name }: ApplicationView) => name,
    systemNumber: ({ application }: ApplicationView) => application.systemNumber,
    providerName: ({ application }: ApplicationView) => application.providerName,
    description: ({ application }: ApplicationView) => application.description,
    labels: ({ application }: ApplicationView, args: { key?: string | null }) =>
      selectLabels(applicationLabels(application), args.key),
    status: ({ application }: ApplicationView) => ({ condition: 'INITIAL', timestamp: application.createdAt }),
    webhooks: () => [],
    auths: ({ application }: ApplicationView) => application.auths.map((id) => ({ id })),
    eventingConfiguration: () => ({ defaultURL: '' }),
    createdAt: ({ application }: ApplicationView) => application.createdAt,
    updatedAt: ({ application }: ApplicationView) => application.updatedAt,
    bundles: ({ application }: ApplicationView, args: PageArguments, context, info) =>
      batchedPage(application.bundles, args, context, info, (bundle) => bundleInList(bundle, context)),
    // By id, a bundle always has its default credentials: only the list shows the runtime's own.
    bundle: ({ application }: ApplicationView, { id }: { id: string }) => {
      const bundle = application.bundles.find((candidate) => candidate.id === id);
      return bundle === undefined ? null : { bundle, auth: bundle.defaultInstanceAuth };
    },
  },
  Bundle: {
    id: ({ bundle }: BundleView) => bundle.id,
    name: ({ bundle }: BundleView) => bundle.name,
    description: ({ bundle }: BundleView) => bundle.description,
    instanceAuthRequestInputSchema: ({ bundle }: BundleView) => bundle.instanceAuthRequestInputSchema,
    correlationIDs: ({ bundle }: BundleView) => bundle.correlationIDs,
    createdAt: ({ bundle }: BundleView) => bundle.createdAt,
    updatedAt: ({ bundle }: BundleView) => bundle.createdAt,
    defaultInstanceAuth: ({ auth }: BundleView) => auth,
    instanceAuths: ({ bundle }: BundleView) => bundle.instanceAuths,
    apiDefinitions: ({ bundle }: BundleView, args: PageArguments, context, info) =>
      batchedPage(visible(bundle.apis, context), args, context, info, (api) => api),
    eventDefinitions: ({ bundle }: BundleView, args: PageArguments, context, info) =>
      batchedPage(visible(bundle.events, context), args, context, info, (event) => event),
    apiDefinition: ({ bundle }: BundleView, { id }: { id: string }) => bundle.apis.find((api) => api.id === id) ?? null,
    eventDefinition: ({ bundle }: BundleView, { id }: { id: string }) =>
      bundle.events.find((event) => event.id === id) ?? null,
  },
  APIDefinition: {
    created_at: (api: ApiDefinition) => api.createdAt,
    updated_at: (api: ApiDefinition) => api.createdAt,
  },
  EventDefinition: { updatedAt: (event: EventDefinition) => event.createdAt },
  Auth: {
    credential: ({ credential }: AuthInput) => toCredential(credential),
    additionalHeaders: (auth: AuthInput) => orNull(auth.additionalHeaders),
    additionalHeadersSerialized: (auth: AuthInput) => serialized(auth.additionalHeaders),
    additionalQueryParams: (auth: AuthInput) => orNull(auth.additionalQueryParams),
    additionalQueryParamsSerialized: (auth: AuthInput) => serialized(auth.additionalQueryParams),
    certCommonName: () => '',
    oneTimeToken: () => null,
  },
  CSRFTokenCredentialRequestAuth: {
    credential: ({ credential }: CsrfInput) => toCredential(credential),
    additionalHeaders: (csrf: CsrfInput) => orNull(csrf.additionalHeaders),
    additionalQueryParams: (csrf: CsrfInput) => orNull(csrf.additionalQueryParams),
  },
  BundleInstanceAuth: {
    runtimeID: ({ runtimeId }: InstanceAuth) => runtimeId,
    status: ({ condition, createdAt }: InstanceAuth) => ({
      condition,
      timestamp: createdAt,
      message: condition === 'SUCCEEDED' ? 'Credentials were provided.' : `Credentials are ${condition}.`,
      reason: condition === 'SUCCEEDED' ? 'CredentialsProvided' : condition,
    }),
  },
  Runtime: {
    labels: (runtime: Runtime, args: { key?: string | null }) =>
      selectLabels(withScenarios(runtime.labels, runtime.scenarios), args.key),
    auths: (runtime: Runtime, _args: object, context) =>
      context.landscape.systemAuthIds(runtime.id).map((id) => ({ id, auth: {} })),
    eventingConfiguration: () => ({ defaultURL: '' }),
  },
  Formation: { state: () => 'READY' },
};

/** The queries of the Director and all its types (docs/contracts/compass.md#types). */
export const directorResolvers = notingStarts(resolvers);

/** What only the administrator's page shows: who belongs to which formation. */
export const membershipResolvers: Resolvers<DirectorContext> = {
  Application: { formations: ({ application }: ApplicationView) => [...application.formations] },
  Runtime: { formations: (runtime: Runtime) => [...runtime.formations] },
  Formation: {
    applications: ({ name }: Formation, _args: object, context) =>
      context.landscape
        .applications()
        .filter((application) => application.formations.has(name))
        .map(rawView),
    runtimes: ({ name }: Formation, _args: object, context) =>
      context.landscape.runtimes().filter((runtime) => runtime.formations.has(name)),
  },
};

function notingStarts(all: Resolvers<DirectorContext>): Resolvers<DirectorContext> {
  const noting = Object.entries(concurrentFields).map(([type, names]) => {
    const fields = Object.entries(all[type] ?? {}).map(([name, resolve]): [string, typeof resolve] => [
      name,
      (source, args, context, info) => {
        if (names.includes(name)) context.nested.noteStart(info);
        return resolve(source, args, context, info);
      },
    ]);
    return [type, Object.fromEntries(fields)];
  });
  return { ...all, ...Object.fromEntries(noting) };
}

/** A system under the name that it was registered with. */
export function rawView(application: Application): ApplicationView {
  return { application, name: application.name };
}

/** A runtime lists only what shares a formation with it, the administrator lists everything. */
function listedApplications({ landscape, runtime, tenantId }: DirectorContext): Application[] {
  return runtime === undefined ? landscape.applications(tenantId) : landscape.applicationsForRuntime(runtime);
}

function applicationsForRuntime(
  args: PageArguments & { runtimeID: string },
  context: DirectorContext,
): Page<ApplicationView> {
  const first = requireFirst(args);
  if (!uuid.test(args.runtimeID)) {
    throw internalError(`while converting runtimeID to UUID: invalid UUID length: ${args.runtimeID.length}`);
  }
  const runtime = context.landscape.findRuntime(args.runtimeID);
  if (runtime === undefined || !isVisible(runtime, context)) throw invalidData('runtime does not exist');
  checkRootPageSize(first);
  context.isListQuery = true;
  const all = context.landscape.applicationsForRuntime(runtime);
  const page = cutPage(all, first, args.after, 'while getting all Application for Runtime: ');
  const toView = (application: Application) => ({
    application,
    name: applicationNameForRuntime(application, runtime.labels.isNormalized),
  });
  return { ...page, data: page.data.map(toView) };
}

/** A system by id: a runtime may see it only where their labels `scenarios` share a formation. */
function sharedApplication(id: string, context: DirectorContext): Application | undefined {
  const application = context.landscape.findApplication(id);
  if (context.runtime === undefined) return application;
  if (!context.runtime.scenarios.some((name) => application?.formations.has(name))) {
    throw invalidOperation('requesting runtime should be in same scenario as the requested application resource');
  }
  return application;
}

/** Of any system of the tenant: neither formations nor visibility count here, and one that is not there has none. */
function definitionsOf<T extends EventDefinition>(
  args: PageArguments & { appID: string },
  context: DirectorContext,
  select: (bundle: Bundle) => T[],
): Page<T> {
  if (args.first !== null && !uuid.test(args.appID)) throw internalError();
  const application = context.landscape.findApplication(args.appID);
  const bundles = application?.tenantId === context.tenantId ? application.bundles : [];
  const all = bundles.flatMap(select).toSorted((left, right) => (left.id < right.id ? -1 : 1));
  return nestedPage(all, args, (definition) => definition);
}

function isVisible(runtime: Runtime, context: DirectorContext): boolean {
  return context.runtime === undefined || runtime.tenantId === context.tenantId;
}

function visible<T extends EventDefinition>(definitions: T[], context: DirectorContext): T[] {
  return context.scopes === 'all' ? definitions : definitions.filter(({ visibility }) => visibility === 'public');
}

function bundleInList(bundle: Bundle, context: DirectorContext): BundleView {
  const own = bundle.instanceAuths.find(({ runtimeId }) => runtimeId === context.runtime?.id);
  return { bundle, auth: own === undefined ? bundle.defaultInstanceAuth : own.auth };
}

function nestedPage<T, V>(all: readonly T[], args: PageArguments, toView: (item: T) => V): Page<V> {
  const first = requireFirst(args);
  checkNestedPageSize(first);
  const page = cutPage(all, first, args.after);
  return { ...page, data: page.data.map(toView) };
}

async function batchedPage<T, V>(
  all: readonly T[],
  args: PageArguments,
  context: DirectorContext,
  info: GraphQLResolveInfo,
  toView: (item: T) => V,
): Promise<Page<V>> {
  const page = nestedPage(all, await context.nested.join(info, args), toView);
  return context.isListQuery ? { ...page, data: page.data.reverse() } : page;
}

function applicationLabels(application: Application): Record<string, unknown> {
  const labels = { managed: 'false', ...application.labels, name: normalizeApplicationName(application.name) };
  return withScenarios(labels, [...application.formations]);
}

function selectLabels(labels: Record<string, unknown>, key: string | null | undefined): Record<string, unknown> {
  if (key === undefined || key === null) return sortedByKey(labels);
  return key in labels ? { [key]: labels[key] } : {};
}

function toCredential(credential: CredentialInput | null | undefined): object | null {
  if (credential === null || credential === undefined) return null;
  if ('basic' in credential && credential.basic != null)
    return { __typename: 'BasicCredentialData', ...credential.basic };
  if ('oauth' in credential && credential.oauth != null)
    return { __typename: 'OAuthCredentialData', ...credential.oauth };
  return 'certificateOAuth' in credential
    ? { __typename: 'CertificateOAuthCredentialData', ...credential.certificateOAuth }
    : null;
}

function orNull(values: MultiValues | null | undefined): MultiValues | null {
  return values === null || values === undefined || Object.keys(values).length === 0 ? null : values;
}

function serialized(values: MultiValues | null | undefined): string | null {
  const present = orNull(values);
  return present === null ? null : JSON.stringify(present);
}
