import { landscapeIds, landscapeNames } from '../../graphql/director.generated.ts';
import { AgentError } from '../errors/agent-error.ts';
import { checkViewer, type DirectorAccess, errorsOf, requireShape } from './ask-director.ts';
import { hasGraphqlErrors } from './compass-error.ts';
import type { GraphqlAnswer } from './graphql-transport.ts';
import { isTooLarge } from './page-size.ts';
import { parseIdPage, parseNamePage } from './parse-director.ts';
import type { Parsed } from './parse-with.ts';
import { ListMoved, type Page, readToEnd } from './read-to-end.ts';

/** More than any landscape has: Director knows no upper limit for this list (docs/contracts/compass.md#paging). */
const allAtOnce = 100_000;
const pageSize = 200;

function checkPromise(items: number): void {
  if (items > allAtOnce) throw new ListMoved('it promises more systems than any landscape has');
}

interface Identified {
  readonly id: string;
}

interface Position {
  readonly after: string;
  readonly first: number;
}

type FetchPage<T> = (position: Position) => Promise<Page<T>>;

/**
 * The ids of all systems assigned to the runtime as of one moment. Where Director refuses to give them at once, its pages
 * are read twice and must agree, since a system can move over their border unseen.
 * Throws what a request throws, and `LandscapeMoving` where the pages do not agree.
 */
export async function readIds(access: DirectorAccess, signal: AbortSignal): Promise<ReadonlySet<string>> {
  return toIds(await readWhole(access, (position) => fetchIds(access, position, signal)));
}

/** The names of all systems assigned to the runtime by their ids, read as {@link readIds} reads those. */
export async function readNames(access: DirectorAccess, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const items = await readWhole(access, (position) => fetchNames(access, position, signal));
  return new Map(items.map(({ id, name }) => [id, name]));
}

async function readWhole<T extends Identified>(access: DirectorAccess, fetch: FetchPage<T>): Promise<readonly T[]> {
  try {
    const whole = await fetch({ after: '', first: allAtOnce });
    if (!whole.hasNextPage && whole.items.length === whole.totalCount) return whole.items;
  } catch (error: unknown) {
    // Invalid data: this Director has a limit. Or the agent has one.
    if (!hasGraphqlErrors(error, 22) && !isTooLarge(error)) throw error;
  }
  return readTwice(access, fetch);
}

async function readTwice<T extends Identified>(access: DirectorAccess, fetch: FetchPage<T>): Promise<readonly T[]> {
  const fetchPage = (after: string) => fetch({ after, first: pageSize });
  try {
    const first = toIds(await readToEnd(await fetchPage(''), fetchPage, checkPromise));
    const items = await readToEnd(await fetchPage(''), fetchPage, checkPromise);
    const second = toIds(items);
    if (first.size === second.size && [...first].every((id) => second.has(id))) return items;
    throw new ListMoved('two reads of the ids differ');
  } catch (error: unknown) {
    if (!(error instanceof ListMoved)) throw error;
    throw new AgentError('LandscapeMoving', `The ids of the systems changed while they were read (${error.message})`, {
      next: 'retry',
      remedy: 'Nothing was removed. The agent tries again by itself.',
      details: { host: access.transport.host },
    });
  }
}

async function fetchIds(access: DirectorAccess, position: Position, signal: AbortSignal): Promise<Page<Identified>> {
  const variables = { runtimeId: access.runtimeId, ...position };
  const answer = await access.transport.send(landscapeIds, variables, signal);
  return readPage(access, landscapeIds.operation, answer, parseIdPage);
}

async function fetchNames(access: DirectorAccess, position: Position, signal: AbortSignal) {
  const variables = { runtimeId: access.runtimeId, ...position, withRuntime: false };
  const answer = await access.transport.send(landscapeNames, variables, signal);
  return readPage(access, landscapeNames.operation, answer, parseNamePage);
}

function readPage<T>(
  access: DirectorAccess,
  operation: string,
  answer: GraphqlAnswer,
  parse: (data: unknown) => Parsed<Page<T>>,
): Page<T> {
  checkViewer(access, operation, answer.data);
  if (answer.errors.length > 0) throw errorsOf(access, operation, answer.errors);
  return requireShape(access, operation, parse(answer.data));
}

function toIds(items: readonly Identified[]): ReadonlySet<string> {
  return new Set(items.map(({ id }) => id));
}
