import { bundleApiDefinitions, bundleEventDefinitions } from '../../graphql/director.generated.ts';
import { weighPacked } from '../domain/keep-packed.ts';
import type { Bundle, Landscape, LandscapeApplication, LandscapeGap } from '../domain/landscape.ts';
import { AgentError, isAgentError } from '../errors/agent-error.ts';
import type { Time } from '../time/time.ts';
import { fetchBundles, fetchNested, proveIdentity } from './ask-director.ts';
import { hasGraphqlErrors, hasStatus, isShapeless } from './compass-error.ts';
import { fetchLandscapePage, type PageAccess, type UnreadPage } from './fetch-landscape-page.ts';
import type { LandscapeSizes } from './landscape-sizes.ts';
import { type MeteredRead, meterRead } from './meter-read.ts';
import { isCutOff, isSilent, isTooLarge, type PageSize } from './page-size.ts';
import { parseBundleApis, parseBundleEvents, type WireApplication, type WireBundle } from './parse-director.ts';
import { readAhead } from './read-ahead.ts';
import { ListMoved, type Page, type Position, readToEnd } from './read-to-end.ts';
import type { SpoiltPlaces } from './spoilt-places.ts';
import { weighAnswer } from './weigh-answer.ts';

/** Of the whole landscape in one run: each costs UCL every page, and the next run tries again. */
const LANDSCAPE_REREADS = 1;
/** Of the lists of one system, which cost a request each. */
const SYSTEM_REREADS = 3;
const REREAD_DELAY_MS = 500;
/** So many systems may have further pages that do not come; more are an outage. */
const maxUnansweredSystems = 3;
/** What stands around the text of a system: its id, name and digest, with their places in what is read and what is known. */
const bytesOfSystem = 600;

export interface LandscapeReader extends PageAccess {
  /** Applications asked for at once. */
  readonly pageSize: PageSize;
  /** Items of a nested list asked for at once, beyond its first page. */
  readonly nestedSize: PageSize;
  /** Systems that break their page. */
  readonly spoiltPlaces: SpoiltPlaces;
  /** Both of them, for the next life. */
  readonly sizes: LandscapeSizes;
  /** Of all that is kept of one read, in bytes of heap. */
  readonly maxReadWeight: number;
  readonly time: Time;
}

/**
 * Reads every list to its end. A landscape that moves meanwhile is read again from the start, then `LandscapeMoving`. A
 * system that cannot be read whole becomes a gap; anything else that goes wrong fails the whole read.
 */
export async function readLandscape(reader: LandscapeReader, signal: AbortSignal): Promise<Landscape> {
  await reader.sizes.recall(signal);
  for (let rereads = 0; ; rereads += 1) {
    try {
      const landscape = await readOnce(toMetered(reader), signal);
      reader.pageSize.grow();
      reader.nestedSize.grow();
      await reader.sizes.keep(signal);
      return landscape;
    } catch (error: unknown) {
      if (!(error instanceof ListMoved)) throw error;
      if (rereads === LANDSCAPE_REREADS) throw landscapeMoving(reader, error);
    }
    await pause(reader, rereads, signal);
  }
}

/** The reader for one read, which is bounded as a whole. */
function toMetered(reader: LandscapeReader): MeteredReader {
  return {
    ...reader,
    ...meterRead(reader.transport, reader.maxReadWeight, reader.time),
    // It shrinks while the read goes on.
    get nestedPageSize() {
      return reader.nestedPageSize;
    },
  };
}

type MeteredReader = LandscapeReader & MeteredRead;

/** @throws the reason of an aborted `signal`. */
async function pause({ time }: LandscapeReader, attempt: number, signal: AbortSignal): Promise<void> {
  await time.sleepUntil(time.instant() + REREAD_DELAY_MS * 2 ** attempt, signal);
  signal.throwIfAborted();
}

function landscapeMoving(reader: LandscapeReader, moved: ListMoved): AgentError {
  const message = `The landscape changed each time it was read (${moved.message}), ${LANDSCAPE_REREADS + 1} times in a row`;
  return new AgentError('LandscapeMoving', message, {
    next: 'wait',
    remedy: 'Nothing was applied. Wait until the changes in UCL have settled; the agent tries again by itself.',
    details: { host: reader.transport.host },
  });
}

async function readOnce(reader: MeteredReader, signal: AbortSignal): Promise<Landscape> {
  const { spoiltPlaces: places } = reader;
  places.begin();
  let runtimeLabels: Landscape['runtimeLabels'] = {};
  const openPage = async (position: Position, untilFailure: AbortSignal) => {
    const page = await fetchPage(reader, position, untilFailure);
    if (page.runtimeLabels !== undefined) {
      reader.keep(weighAnswer(Buffer.from(JSON.stringify(page.runtimeLabels))));
      runtimeLabels = page.runtimeLabels;
    }
    return page;
  };
  const wire = await readAhead(openPage, reader.checkPromise, signal);
  const applications: LandscapeApplication[] = [];
  const gaps: LandscapeGap[] = [];
  const digests = new Map<string, string>();
  for (const item of wire) {
    const mayGoUnanswered = gaps.length < maxUnansweredSystems;
    const asked = reader.requests();
    const outcome = await completeApplication(reader, item, mayGoUnanswered, signal);
    if ('message' in outcome) gaps.push(outcome);
    else applications.push(reader.knownSystems.keep(outcome));
    // Its page says all of it where nothing more was asked.
    if (item.digest !== undefined && reader.requests() === asked) digests.set(item.id, item.digest);
  }
  places.end();
  return reader.knownSystems.settle({ applications, gaps, runtimeLabels }, digests);
}

async function fetchPage(reader: MeteredReader, { after, offset }: Position, signal: AbortSignal): Promise<UnreadPage> {
  const { spoiltPlaces: places } = reader;
  const page = await withSmallerPages(reader, reader.pageSize, signal, (size) => {
    const position = { after, first: places.limit(offset, size), offset, withRuntime: after === '' };
    return fetchLandscapePage({ ...reader, transport: reader.passingTransport }, places, position, signal);
  });
  const takeItems = () => {
    const items = page.takeItems();
    for (const item of items) reader.keep(toKeptBytes(item));
    return items;
  };
  return { ...page, takeItems };
}

/** What is kept of a system until all pages are read. */
function toKeptBytes({ content }: WireApplication): number {
  return bytesOfSystem + (content.ok && 'value' in content ? weighPacked(content.value) : 0);
}

async function completeApplication(
  reader: MeteredReader,
  wire: WireApplication,
  mayGoUnanswered: boolean,
  signal: AbortSignal,
): Promise<LandscapeApplication | LandscapeGap> {
  const gap = (message: string): LandscapeGap => ({ applicationId: wire.id, name: wire.name, message });
  if (!wire.content.ok) return gap(`This system could not be read: ${wire.content.problem}.`);
  if ('known' in wire.content) return wire.content.known;
  const { description, authIds, bundles: firstPage } = wire.content.value;
  try {
    const bundles = await readBundles(reader, wire.id, firstPage, signal);
    return { id: wire.id, name: wire.name, description, authIds, bundles };
  } catch (error: unknown) {
    if (!concernsOneSystem(error) && !(mayGoUnanswered && isUnanswered(error))) throw error;
    return gap(`This system could not be read: ${error.message}.`);
  }
}

/** Its further pages fail while those of others come. When UCL is gone as a whole, the next systems show it. */
function isUnanswered(error: unknown): error is AgentError {
  return hasStatus(error, 500, 502, 503, 504) || isCutOff(error) || isSilent(error);
}

// A moving list has its own way out; what stops Compass as a whole must stop the read.
function concernsOneSystem(error: unknown): error is AgentError {
  if (isAgentError(error, 'ReadIncomplete')) return true;
  if (!isAgentError(error, 'InvalidAnswer', 'CompassUnreachable')) return false;
  return isShapeless(error) || hasGraphqlErrors(error) || hasStatus(error, 422);
}

async function readBundles(
  reader: MeteredReader,
  applicationId: string,
  firstPage: Page<WireBundle>,
  signal: AbortSignal,
): Promise<Bundle[]> {
  const fetchPage = (after: string) =>
    withSmallerPages(reader, reader.nestedSize, signal, (first) =>
      fetchBundles(reader, { applicationId, after, first }, signal),
    );
  let start = firstPage;
  for (let rereads = 0; ; rereads += 1) {
    try {
      const bundles: Bundle[] = [];
      for (const bundle of await readToEnd(start, fetchPage, reader.checkPromise)) {
        bundles.push(await completeBundle(reader, applicationId, bundle, signal));
      }
      return bundles;
    } catch (error: unknown) {
      if (!(error instanceof ListMoved)) throw error;
      if (rereads === SYSTEM_REREADS) throw listsNeverFit(error);
    }
    await pause(reader, rereads, signal);
    // Only this system is read again: one whose lists never fit must not cost every sync whole rereads. Where it has
    // left the landscape meanwhile, this throws ListMoved outside the try, and the whole landscape is read again.
    start = await fetchPage('');
  }
}

function listsNeverFit(moved: ListMoved): AgentError {
  return new AgentError('ReadIncomplete', `its lists changed each time they were read: ${moved.message}`, {
    next: 'retry',
  });
}

async function completeBundle(
  reader: MeteredReader,
  applicationId: string,
  bundle: WireBundle,
  signal: AbortSignal,
): Promise<Bundle> {
  const position = { applicationId, bundleId: bundle.id };
  const fetchApis = (after: string) =>
    withSmallerPages(reader, reader.nestedSize, signal, (first) =>
      fetchNested(reader, bundleApiDefinitions, { ...position, after, first }, parseBundleApis, signal),
    );
  const fetchEvents = (after: string) =>
    withSmallerPages(reader, reader.nestedSize, signal, (first) =>
      fetchNested(reader, bundleEventDefinitions, { ...position, after, first }, parseBundleEvents, signal),
    );
  const apiDefinitions = await readToEnd(bundle.apiDefinitions, fetchApis, reader.checkPromise);
  const eventDefinitions = await readToEnd(bundle.eventDefinitions, fetchEvents, reader.checkPromise);
  return { ...bundle, apiDefinitions, eventDefinitions };
}

/**
 * Cursors are offsets, so a smaller page goes on where the bigger one would have. A silent request is sent once more, since
 * it may have been the connection; after that, Director is asked for next to nothing: if that comes, it is the page.
 */
async function withSmallerPages<T>(
  reader: LandscapeReader,
  size: PageSize,
  signal: AbortSignal,
  fetchPage: (first: number) => Promise<T>,
): Promise<T> {
  let silences = 0;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await fetchPage(size.current);
    } catch (error: unknown) {
      if (isSilent(error)) {
        silences += 1;
        if (silences === 1) continue;
        await proveIdentity(reader, signal).catch(() => {
          throw error;
        });
        silences = 0;
      } else if (!isCutOff(error)) throw error;
      // A page of few systems may still have many bundles in each.
      const isNested = isTooLarge(error) && size === reader.pageSize;
      if (!size.shrink() && !(isNested && reader.nestedSize.shrink())) throw error;
      await reader.sizes.keep(signal);
    }
    await pause(reader, attempt, signal);
  }
}
