import { landscapeNames, landscapePage } from '../../graphql/director.generated.ts';
import { keepPacked } from '../domain/keep-packed.ts';
import { isAgentError } from '../errors/agent-error.ts';
import {
  checkViewer,
  type DirectorAccess,
  errorsOf,
  isBrokenAnswer,
  proveIdentity,
  requireShape,
} from './ask-director.ts';
import { hasGraphqlErrors } from './compass-error.ts';
import type { GraphqlAnswer } from './graphql-transport.ts';
import { isolatePage, type Part, type PartSource } from './isolate-page.ts';
import type { KnownSystems } from './known-systems.ts';
import {
  type LandscapePage,
  type OpenedLandscapePage,
  openLandscapePage,
  parseLandscapePage,
  parseSystems,
  type WireApplication,
} from './parse-director.ts';
import type { Parsed } from './parse-with.ts';
import type { OpenedPage } from './read-ahead.ts';
import type { Position } from './read-to-end.ts';
import type { SpoiltPlaces } from './spoilt-places.ts';
import { toSafeMessage } from './to-safe-message.ts';
import type { WireError } from './wire-failure.ts';

export interface PageAccess extends DirectorAccess {
  readonly knownSystems: KnownSystems;
}

export interface PagePosition extends Position {
  readonly first: number;
  readonly withRuntime: boolean;
}

/** A page whose systems are read when they are taken, unless they came with errors. */
export type UnreadPage = OpenedPage<WireApplication> & Pick<LandscapePage, 'runtimeLabels'>;

/** What one request came to: a page without errors, or one that was read with them. */
type Asked = { readonly kind: 'clean'; readonly page: OpenedLandscapePage } | Read;

/** The page, or what spoils all systems in it. */
type Read =
  | { readonly kind: 'whole'; readonly page: LandscapePage }
  | { readonly kind: 'spoilt'; readonly page: LandscapePage }
  | { readonly kind: 'broken'; readonly error: unknown };

/**
 * One page of the landscape. A system that breaks it, by an odd character in an input schema or by data that Director
 * cannot read, is found by halves and costs itself alone: its schemas, or all of it
 * (docs/contracts/compass.md#odd-characters, docs/contracts/compass.md#types).
 */
export async function fetchLandscapePage(
  access: PageAccess,
  places: SpoiltPlaces,
  { offset, ...position }: PagePosition,
  signal: AbortSignal,
): Promise<UnreadPage> {
  const asked = await ask(access, { ...position, withInputSchema: true }, signal);
  if (asked.kind === 'clean') return toUnread(access, asked.page);
  const page =
    asked.kind === 'whole' ? asked.page : await repair(access, places, { offset, ...position }, asked, signal);
  const { runtimeLabels, applications } = page;
  return { runtimeLabels, head: applications, count: applications.items.length, takeItems: () => applications.items };
}

function toUnread(access: PageAccess, { runtimeLabels, head, systems }: OpenedLandscapePage): UnreadPage {
  let unread = systems;
  const takeItems = () => {
    const taken = unread;
    unread = [];
    return readSystems(access, taken);
  };
  return { runtimeLabels, head, count: systems.length, takeItems };
}

/** What can be had of a page that came spoilt, or not at all. */
async function repair(
  access: PageAccess,
  places: SpoiltPlaces,
  { offset, ...position }: PagePosition,
  asked: Exclude<Read, { kind: 'whole' }>,
  signal: AbortSignal,
): Promise<LandscapePage> {
  const rest = asked.kind === 'spoilt' ? asked : await rescue(access, position, asked.error, signal);
  const count = rest.page.applications.items.length;
  if (count <= 1) {
    places.found([offset]);
    return rest.page;
  }
  const isolated = places.isWorthwhile
    ? await isolatePage({ after: position.after, count }, toSource(access, position, signal))
    : undefined;
  if (isolated !== undefined) {
    places.found(isolated.culprits.map((place) => offset + place));
    return isolated.page;
  }
  if (places.isWorthwhile) places.foundTooMany();
  // Nothing but names came: that is no landscape with a few gaps.
  if (rest.kind === 'broken' && asked.kind === 'broken') throw asked.error;
  return rest.page;
}

function toSource(access: PageAccess, position: Omit<PagePosition, 'offset'>, signal: AbortSignal): PartSource {
  const toPosition = ({ after, count }: Part) => ({
    after,
    first: count,
    withRuntime: position.withRuntime && after === position.after,
  });
  return {
    async ask(part) {
      const asked = await askAndRead(access, { ...toPosition(part), withInputSchema: true }, signal);
      return asked.kind === 'broken' ? { kind: 'spoilt', page: undefined } : asked;
    },
    async rescue(part) {
      return (await rescue(access, toPosition(part), undefined, signal)).page;
    },
  };
}

/** The page without input schemas, which may be what breaks it; where that breaks too, the names in it. */
async function rescue(
  access: PageAccess,
  position: Omit<PagePosition, 'offset'>,
  error: unknown,
  signal: AbortSignal,
): Promise<{ kind: 'whole' | 'spoilt' | 'broken'; page: LandscapePage }> {
  const asked = await askAndRead(access, { ...position, withInputSchema: false }, signal);
  if (asked.kind !== 'broken') return asked;
  return { kind: 'broken', page: await fetchNames(access, position, error ?? asked.error, signal) };
}

type AskedPosition = Omit<PagePosition, 'offset'> & { readonly withInputSchema: boolean };

async function askAndRead(access: PageAccess, position: AskedPosition, signal: AbortSignal): Promise<Read> {
  const asked = await ask(access, position, signal);
  if (asked.kind !== 'clean') return asked;
  const { runtimeLabels, head, systems } = asked.page;
  return { kind: 'whole', page: { runtimeLabels, applications: { ...head, items: readSystems(access, systems) } } };
}

/** Reads the systems of a page that came without errors. */
function readSystems(access: PageAccess, systems: readonly unknown[]): readonly WireApplication[] {
  return requireShape(access, landscapePage.operation, parseSystems(systems, access.knownSystems.find));
}

async function ask(access: PageAccess, position: AskedPosition, signal: AbortSignal): Promise<Asked> {
  const { operation } = landscapePage;
  const variables = { runtimeId: access.runtimeId, nestedFirst: access.nestedPageSize, ...position };
  let answer: GraphqlAnswer;
  try {
    answer = await access.transport.send(landscapePage, variables, signal);
  } catch (error: unknown) {
    if (isBrokenAnswer(error)) return { kind: 'broken', error };
    return failAsWhoever(access, error, signal);
  }
  const { withRuntime } = position;
  if (answer.errors.length === 0) {
    const page = readAnswer(access, operation, answer, (data) => openLandscapePage(data, withRuntime));
    return { kind: 'clean', page };
  }
  // What errors belong to must be read, whatever it says.
  const { applications, ...page } = readAnswer(access, operation, answer, (data) =>
    parseLandscapePage(data, withRuntime),
  );
  const items = withErrors(applications.items, answer.errors);
  const spoilt = items.filter(({ hasError }) => hasError);
  const isSpoilt =
    (spoilt.length > 1 || items.length === 1) && items.every(({ item, hasError }) => hasError || hasNoBundles(item));
  const isAny = spoilt.length > 0;
  return {
    kind: isAny && isSpoilt ? 'spoilt' : 'whole',
    page: { ...page, applications: { ...applications, items: items.map(({ item }) => item) } },
  };
}

/** The systems of a page by their names alone, each with why there is no more of it. */
async function fetchNames(
  access: DirectorAccess,
  position: Omit<PagePosition, 'offset'>,
  error: unknown,
  signal: AbortSignal,
): Promise<LandscapePage> {
  const { operation } = landscapeNames;
  const variables = { runtimeId: access.runtimeId, ...position };
  const answer = await access.transport
    .send(landscapeNames, variables, signal)
    .catch((failure: unknown) => failAsWhoever(access, failure, signal));
  const parse = (data: unknown) => parseLandscapePage(data, position.withRuntime);
  const { applications, ...page } = readAnswer(access, operation, answer, parse);
  const problem = error instanceof Error ? error.message : 'Director could not give more than its name';
  const items = applications.items.map((item): WireApplication => ({ ...item, content: { ok: false, problem } }));
  return { ...page, applications: { ...applications, items } };
}

/** An unknown or malformed runtime id fails before `viewer` can tell whose certificate this is: asks that alone. */
async function failAsWhoever(access: DirectorAccess, error: unknown, signal: AbortSignal): Promise<never> {
  if (isAgentError(error, 'InvalidAnswer', 'CompassUnreachable') && hasGraphqlErrors(error)) {
    await proveIdentity(access, signal);
  }
  throw error;
}

function readAnswer<T>(
  access: DirectorAccess,
  operation: string,
  answer: GraphqlAnswer,
  parse: (data: unknown) => Parsed<T>,
): T {
  checkViewer(access, operation, answer.data);
  const foreign = answer.errors.filter((error) => applicationIndex(error) === undefined);
  if (foreign.length > 0) throw errorsOf(access, operation, foreign);
  return requireShape(access, operation, parse(answer.data));
}

function applicationIndex({ path }: WireError): number | undefined {
  const [root, data, index] = path;
  return root === 'applicationsForRuntime' && data === 'data' && typeof index === 'number' ? index : undefined;
}

/** An error at an input schema costs that schema; any other costs its system. */
function withErrors(items: readonly WireApplication[], errors: readonly WireError[]) {
  const byIndex = Map.groupBy(errors, applicationIndex);
  return items.map((item, index): { item: WireApplication; hasError: boolean } => {
    const own = byIndex.get(index) ?? [];
    const [error] = own.filter((candidate) => schemaIndex(candidate) === undefined);
    if (error === undefined) return { item: withoutSchemas(item, own.map(schemaIndex)), hasError: false };
    const problem = `Director answered: ${toSafeMessage(error.message, error.code)}`;
    return { item: { ...item, content: { ok: false, problem } }, hasError: true };
  });
}

/** Of which bundle of its system the input schema could not be given. */
function schemaIndex({ path }: WireError): number | undefined {
  const [, , , bundles, data, index, field] = path;
  const isSchema = bundles === 'bundles' && data === 'data' && field === 'instanceAuthRequestInputSchema';
  return isSchema && typeof index === 'number' ? index : undefined;
}

function withoutSchemas(item: WireApplication, indexes: readonly (number | undefined)[]): WireApplication {
  const { content } = item;
  if (!content.ok || 'known' in content || indexes.length === 0) return item;
  const { bundles } = content.value;
  const items = bundles.items.map((bundle, index) =>
    indexes.includes(index) ? { ...bundle, instanceAuthRequestInputSchema: undefined } : bundle,
  );
  const value = keepPacked({ ...content.value, bundles: { ...bundles, items } });
  return { ...item, content: { ok: true, value } };
}

function hasNoBundles({ content }: WireApplication): boolean {
  if (!content.ok) return false;
  return ('known' in content ? content.known.bundles : content.value.bundles.items).length === 0;
}
