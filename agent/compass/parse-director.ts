import * as z from 'zod/mini';
import { credentialKinds, fieldsOf } from '../domain/credential-kinds.ts';
import { keepPacked } from '../domain/keep-packed.ts';
import type {
  ApiDefinition,
  Bundle,
  BundleAuth,
  Credential,
  EventDefinition,
  LandscapeApplication,
} from '../domain/landscape.ts';
import { type FindKnown, toSystemDigest } from './known-systems.ts';
import { listOf, recordOf } from './list-of.ts';
import { SystemText } from './parse-landscape-answer.ts';
import { type Parsed, parseWith } from './parse-with.ts';
import type { Page, PageHead } from './read-to-end.ts';

/** A bundle as one page has it: its own lists may go on. */
export interface WireBundle extends Omit<Bundle, 'apiDefinitions' | 'eventDefinitions'> {
  readonly apiDefinitions: Page<ApiDefinition>;
  readonly eventDefinitions: Page<EventDefinition>;
}

/** A system as a page of the landscape has it; `content` says why when it could not be read. */
export interface WireApplication {
  readonly id: string;
  readonly name: string;
  readonly content: Parsed<WireContent> | KnownContent;
  /** Stands for all that its page says of it; undefined: the page says it with errors, or not all of it. */
  readonly digest?: string;
}

interface WireContent {
  readonly description: string | null;
  readonly authIds: readonly string[];
  readonly bundles: Page<WireBundle>;
}

/** The page says what the one before said, so that it is not read again. */
interface KnownContent {
  readonly ok: true;
  readonly known: LandscapeApplication;
}

export interface LandscapePage {
  /** undefined when the page was asked for without the runtime. */
  readonly runtimeLabels: Readonly<Record<string, unknown>> | undefined;
  readonly applications: Page<WireApplication>;
}

/** A page of the landscape whose systems are still to be read. */
export interface OpenedLandscapePage extends Pick<LandscapePage, 'runtimeLabels'> {
  readonly head: PageHead;
  readonly systems: readonly unknown[];
}

export interface Viewer {
  readonly id: string;
  readonly type: string;
}

const id = z.string().check(z.minLength(1));

function pageOf<T>(item: z.ZodMiniType<T>) {
  return z.object({
    data: listOf(item),
    pageInfo: z.object({ endCursor: z.string(), hasNextPage: z.boolean() }),
    totalCount: z.number(),
  });
}

function toPage<W, T>(
  wire: { data: W[]; pageInfo: { endCursor: string; hasNextPage: boolean }; totalCount: number },
  convert: (item: W) => T,
): Page<T> {
  return { items: wire.data.map(convert), totalCount: wire.totalCount, ...wire.pageInfo };
}

const parameterMap = z.nullable(recordOf(listOf(z.string())));

const usableCredentialSchemas = [...credentialKinds].map(([typename, rules]) =>
  z.pipe(
    z.object({
      ...Object.fromEntries(fieldsOf(rules).map((field) => [field, z.string()])),
      __typename: z.literal(typename),
    }),
    z.transform(({ __typename, ...fields }): Credential => ({ typename, fields })),
  ),
);

// The first alternative that fits wins: a credential of a usable kind with a field missing must fail, and not pass for
// one of an unknown kind.
const credentialSchema = z.union([
  ...usableCredentialSchemas,
  z.pipe(
    z.object({ __typename: z.string().check(z.refine((name) => !credentialKinds.has(name), { abort: true })) }),
    z.transform(({ __typename: typename }): Credential => ({ typename, fields: {} })),
  ),
]);

const authSchema = z.object({
  credential: z.nullable(credentialSchema),
  additionalHeaders: parameterMap,
  additionalQueryParams: parameterMap,
  requestAuth: z.nullable(z.object({ csrf: z.nullable(z.object({ tokenEndpointURL: z.string() })) })),
});

const apiSchema = z.object({ id, name: z.string(), targetURL: z.string() });
const eventSchema = z.object({ id, name: z.string() });
const apiPageSchema = pageOf(apiSchema);
const eventPageSchema = pageOf(eventSchema);

const bundleSchema = z.object({
  id,
  name: z.string(),
  description: z.nullable(z.string()),
  instanceAuthRequestInputSchema: z.optional(z.nullable(z.string())),
  defaultInstanceAuth: z.nullable(authSchema),
  apiDefinitions: apiPageSchema,
  eventDefinitions: eventPageSchema,
});
const bundlePageSchema = pageOf(bundleSchema);

const contentSchema = z.object({
  description: z.nullable(z.string()),
  auths: listOf(z.object({ id })),
  bundles: bundlePageSchema,
});

const landscapeSchema = z.object({
  runtime: z.optional(z.object({ labels: z.nullable(z.record(z.string(), z.unknown())) })),
  applicationsForRuntime: pageOf(z.unknown()),
});
const systemSchema = z.object({ id, name: z.string() });

const idsSchema = z.object({ applicationsForRuntime: pageOf(z.object({ id })) });

/** Reads one page of ids. */
export function parseIdPage(data: unknown): Parsed<Page<{ readonly id: string }>> {
  const parsed = parseWith(idsSchema, data);
  if (!parsed.ok) return parsed;
  return { ok: true, value: toPage(parsed.value.applicationsForRuntime, (item) => item) };
}

const namesSchema = z.object({ applicationsForRuntime: pageOf(systemSchema) });

/** Reads one page of ids with names. */
export function parseNamePage(data: unknown): Parsed<Page<{ readonly id: string; readonly name: string }>> {
  const parsed = parseWith(namesSchema, data);
  if (!parsed.ok) return parsed;
  return { ok: true, value: toPage(parsed.value.applicationsForRuntime, (item) => item) };
}

/** Reads one page of the landscape whole. A system that is not as it should be costs that system only. */
export function parseLandscapePage(data: unknown, withRuntime: boolean): Parsed<LandscapePage> {
  const page = openLandscapePage(data, withRuntime);
  if (!page.ok) return page;
  const systems = parseSystems(page.value.systems);
  if (!systems.ok) return systems;
  return {
    ok: true,
    value: { runtimeLabels: page.value.runtimeLabels, applications: { ...page.value.head, items: systems.value } },
  };
}

/** Reads one page of the landscape but for its systems. */
export function openLandscapePage(data: unknown, withRuntime: boolean): Parsed<OpenedLandscapePage> {
  const parsed = parseWith(landscapeSchema, data);
  if (!parsed.ok) return parsed;
  const { runtime, applicationsForRuntime } = parsed.value;
  if (withRuntime && runtime === undefined) return { ok: false, problem: '`runtime` is missing' };
  const { data: systems, pageInfo, totalCount } = applicationsForRuntime;
  return {
    ok: true,
    value: {
      runtimeLabels: runtime === undefined ? undefined : (runtime.labels ?? {}),
      head: { totalCount, ...pageInfo },
      systems,
    },
  };
}

/**
 * Reads the systems of a page one by one, so that of one that is known nothing stays but that it is.
 * @param findKnown Gives systems that need not be read again; undefined: all are read, and none gets a digest.
 */
export function parseSystems(systems: readonly unknown[], findKnown?: FindKnown): Parsed<WireApplication[]> {
  const read: WireApplication[] = [];
  for (const [index, system] of systems.entries()) {
    const wire = system instanceof SystemText ? system.read() : { ok: true as const, value: system };
    if (!wire.ok) return wire;
    const parsed = parseWith(systemSchema, wire.value, ['applicationsForRuntime', 'data', index]);
    if (!parsed.ok) return parsed;
    read.push(recognise(parsed.value, wire.value, findKnown));
  }
  return { ok: true, value: read };
}

function recognise(
  name: z.infer<typeof systemSchema>,
  wire: unknown,
  findKnown: FindKnown | undefined,
): WireApplication {
  const digest = findKnown && toSystemDigest(wire);
  if (digest === undefined) return { ...name, content: parseContent(wire) };
  const known = findKnown?.(name.id, digest);
  return { ...name, content: known === undefined ? parseContent(wire) : { ok: true, known }, digest };
}

function parseContent(wire: unknown): Parsed<WireContent> {
  const content = parseWith(contentSchema, wire);
  if (!content.ok) return content;
  const { description, auths, bundles } = content.value;
  const authIds = auths.map((auth) => auth.id);
  return { ok: true, value: keepPacked({ description, authIds, bundles: toPage(bundles, toWireBundle) }) };
}

function toWireBundle(wire: z.infer<typeof bundleSchema>): WireBundle {
  return {
    id: wire.id,
    name: wire.name,
    description: wire.description,
    instanceAuthRequestInputSchema: wire.instanceAuthRequestInputSchema,
    auth: wire.defaultInstanceAuth === null ? null : toAuth(wire.defaultInstanceAuth),
    apiDefinitions: toPage(wire.apiDefinitions, toApi),
    eventDefinitions: toPage(wire.eventDefinitions, toEvent),
  };
}

function toAuth(wire: z.infer<typeof authSchema>): BundleAuth {
  return {
    credential: wire.credential,
    additionalHeaders: wire.additionalHeaders,
    additionalQueryParams: wire.additionalQueryParams,
    csrfTokenEndpointUrl: wire.requestAuth?.csrf?.tokenEndpointURL ?? null,
  };
}

function toApi(wire: z.infer<typeof apiSchema>): ApiDefinition {
  return { id: wire.id, name: wire.name, targetUrl: wire.targetURL };
}

function toEvent(wire: z.infer<typeof eventSchema>): EventDefinition {
  return { id: wire.id, name: wire.name };
}

const viewerSchema = z.object({ viewer: z.object({ id, type: z.string() }) });

/** Reads whom Director takes us for. */
export function parseViewer(data: unknown): Parsed<Viewer> {
  const parsed = parseWith(viewerSchema, data);
  return parsed.ok ? { ok: true, value: parsed.value.viewer } : parsed;
}

/** A further page of a nested list; undefined when what it belongs to is no longer there. */
export type NestedPage<T> = Parsed<Page<T> | undefined>;

const applicationBundlesSchema = z.object({ application: z.nullable(z.object({ bundles: bundlePageSchema })) });

/** Reads a further page of a system's bundles. */
export function parseApplicationBundles(data: unknown): NestedPage<WireBundle> {
  const parsed = parseWith(applicationBundlesSchema, data);
  if (!parsed.ok) return parsed;
  const page = parsed.value.application?.bundles;
  return { ok: true, value: page && toPage(page, toWireBundle) };
}

function ofBundle<T extends z.ZodMiniType>(content: T) {
  return z.object({ application: z.nullable(z.object({ bundle: z.nullable(content) })) });
}

const bundleApisSchema = ofBundle(z.object({ apiDefinitions: apiPageSchema }));
const bundleEventsSchema = ofBundle(z.object({ eventDefinitions: eventPageSchema }));

/** Reads a further page of a bundle's API definitions. */
export function parseBundleApis(data: unknown): NestedPage<ApiDefinition> {
  const parsed = parseWith(bundleApisSchema, data);
  if (!parsed.ok) return parsed;
  const page = parsed.value.application?.bundle?.apiDefinitions;
  return { ok: true, value: page && toPage(page, toApi) };
}

/** Reads a further page of a bundle's event definitions. */
export function parseBundleEvents(data: unknown): NestedPage<EventDefinition> {
  const parsed = parseWith(bundleEventsSchema, data);
  if (!parsed.ok) return parsed;
  const page = parsed.value.application?.bundle?.eventDefinitions;
  return { ok: true, value: page && toPage(page, toEvent) };
}
