import { landscapeNames, landscapePage } from '../../graphql/director.generated.ts';
import { keepPacked } from '../domain/keep-packed.ts';
import { isAgentError } from '../errors/agent-error.ts';
import { checkViewer, type DirectorAccess, errorsOf, isBrokenAnswer, proveIdentity } from './ask-director.ts';
import { hasGraphqlErrors } from './compass-error.ts';
import type { GraphqlAnswer } from './graphql-transport.ts';
import { isolatePage, type Part, type PartSource } from './isolate-page.ts';
import type { FindKnown, KnownSystems } from './known-systems.ts';
import { type LandscapePage, parseLandscapePage, type WireApplication } from './parse-director.ts';
import type { SpoiltPlaces } from './spoilt-places.ts';
import { toSafeMessage } from './to-safe-message.ts';
import type { WireError } from './wire-failure.ts';

export interface PageAccess extends DirectorAccess {
  readonly knownSystems: KnownSystems;
}

export interface PagePosition {
  readonly after: string;
  readonly first: number;
  /** How many systems stand before it. */
  readonly offset: number;
  readonly withRuntime: boolean;
}

/** What one request came to: the page, or what spoils all systems in it. */
type Asked =
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
): Promise<LandscapePage> {
  const asked = await ask(access, { ...position, withInputSchema: true }, signal);
  if (asked.kind === 'whole') return asked.page;
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
      const asked = await ask(access, { ...toPosition(part), withInputSchema: true }, signal);
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
  const asked = await ask(access, { ...position, withInputSchema: false }, signal);
  if (asked.kind !== 'broken') return asked;
  return { kind: 'broken', page: await fetchNames(access, position, error ?? asked.error, signal) };
}

async function ask(
  access: PageAccess,
  position: Omit<PagePosition, 'offset'> & { readonly withInputSchema: boolean },
  signal: AbortSignal,
): Promise<Asked> {
  const { operation } = landscapePage;
  const variables = { runtimeId: access.runtimeId, nestedFirst: access.nestedPageSize, ...position };
  let answer: GraphqlAnswer;
  try {
    answer = await access.transport.send(landscapePage, variables, signal);
  } catch (error: unknown) {
    if (isBrokenAnswer(error)) return { kind: 'broken', error };
    return failAsWhoever(access, error, signal);
  }
  // What errors belong to must be read, whatever it says.
  const findKnown = answer.errors.length === 0 ? access.knownSystems.find : undefined;
  const { applications, ...page } = readPage(access, operation, answer, position.withRuntime, findKnown);
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
  const { applications, ...page } = readPage(access, operation, answer, position.withRuntime);
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

function readPage(
  access: DirectorAccess,
  operation: string,
  answer: GraphqlAnswer,
  withRuntime: boolean,
  findKnown?: FindKnown,
): LandscapePage {
  checkViewer(access, operation, answer.data);
  const foreign = answer.errors.filter((error) => applicationIndex(error) === undefined);
  if (foreign.length > 0) throw errorsOf(access, operation, foreign);
  const parsed = parseLandscapePage(answer.data, withRuntime, findKnown);
  if (!parsed.ok) throw access.transport.failureOf(operation, { kind: 'shape', problem: parsed.problem });
  return parsed.value;
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
