import { landscapeIds } from '../../graphql/director.generated.ts';
import { AgentError } from '../errors/agent-error.ts';
import { checkViewer, type DirectorAccess, errorsOf } from './ask-director.ts';
import { hasGraphqlErrors } from './compass-error.ts';
import { isTooLarge } from './page-size.ts';
import { parseIdPage } from './parse-director.ts';
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

/**
 * The ids of all systems assigned to the runtime as of one moment. Where Director refuses to give them at once, its pages
 * are read twice and must agree, since a system can move over their border unseen.
 * Throws what a request throws, and `LandscapeMoving` where the pages do not agree.
 */
export async function readIds(access: DirectorAccess, signal: AbortSignal): Promise<ReadonlySet<string>> {
  try {
    const whole = await fetchIds(access, { after: '', first: allAtOnce }, signal);
    if (!whole.hasNextPage && whole.items.length === whole.totalCount) return toIds(whole.items);
  } catch (error: unknown) {
    // Invalid data: this Director has a limit. Or the agent has one.
    if (!hasGraphqlErrors(error, 22) && !isTooLarge(error)) throw error;
  }
  return readTwice(access, signal);
}

async function readTwice(access: DirectorAccess, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const fetchPage = (after: string) => fetchIds(access, { after, first: pageSize }, signal);
  try {
    const first = toIds(await readToEnd(await fetchPage(''), fetchPage, checkPromise));
    const second = toIds(await readToEnd(await fetchPage(''), fetchPage, checkPromise));
    if (first.size === second.size && [...first].every((id) => second.has(id))) return second;
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

async function fetchIds(
  access: DirectorAccess,
  position: { readonly after: string; readonly first: number },
  signal: AbortSignal,
): Promise<Page<Identified>> {
  const { operation } = landscapeIds;
  const answer = await access.transport.send(landscapeIds, { runtimeId: access.runtimeId, ...position }, signal);
  checkViewer(access, operation, answer.data);
  if (answer.errors.length > 0) throw errorsOf(access, operation, answer.errors);
  const parsed = parseIdPage(answer.data);
  if (!parsed.ok) throw access.transport.failureOf(operation, { kind: 'shape', problem: parsed.problem });
  return parsed.value;
}

function toIds(items: readonly Identified[]): ReadonlySet<string> {
  return new Set(items.map(({ id }) => id));
}
