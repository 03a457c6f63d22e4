import type { UclLink } from '../connection/connection-facts.ts';
import { type AgentError, toAgentError } from '../errors/agent-error.ts';
import type { Ahead, RunOutcome } from '../pace/pace-state.ts';
import type { NextSync } from '../pace/run-loop.ts';
import type { Trigger } from '../pace/triggers.ts';
import { toLinkEvent } from '../status/decide-events.ts';
import { readRequests, withdrawSpecRequests, withoutAnswered } from '../status/requests.ts';
import type { PruneMemory } from '../sync/deletion-policy.ts';
import type { SyncFacts } from '../sync/sync-facts.ts';
import { countSystems } from '../sync/sync-memory.ts';
import type { Instant } from '../time/time.ts';
import { createConnection } from './create-connection.ts';
import { decideFollowUps } from './decide-follow-ups.ts';
import { decideSync, isByItself, isDriftAlone, isNewLink, isUnasked, syncing } from './decide-sync.ts';
import type { Doers } from './doers.ts';
import { explainInsistence } from './insistence.ts';
import { isNoteKept } from './is-note-kept.ts';
import { logFailure } from './log-failure.ts';
import { type AgentMemory, remember, rememberCutOff } from './memory.ts';
import { mendAllTheSame, mendDrift } from './mend-drift.ts';
import { nothingReached } from './nothing-reached.ts';
import { probe } from './probe.ts';
import type { RunFacts } from './run-facts.ts';
import { tellStatus } from './tell-status.ts';
import { tellSystems } from './tell-systems.ts';
import { tellingLongWork } from './telling-long-work.ts';

/** Why the agent runs, and what its status says of the next time. */
export interface RunRequest {
  readonly triggers: readonly Trigger[];
  /** Requests come so often that they have to wait: the status is to name who sets what. */
  readonly isInsisted: boolean;
  /** So much was told within the last minute that what nobody asked for is kept for later. */
  readonly isHushed: boolean;
  /** How often the status may be written, unless somebody asked for the run: what is over is kept for later. */
  readonly writesLeft: number;
  /** When UCL is read next, given what this run came to. */
  readonly nextSync: NextSync;
}

/** Nothing of what the run planned and wrote: that would stay in memory until the next one ends. */
export interface Run {
  readonly memory: AgentMemory;
  readonly outcome: RunOutcome;
}

/** How far a run came, and why it went no further. */
interface Progress {
  readonly facts: RunFacts;
  readonly failure: AgentError | undefined;
  readonly hasSynced: boolean;
}

/**
 * One run, complete in itself: observe, connect, sync, report. Never throws: what failed is in the outcome, in the
 * facts and in the status. Once `signal` aborts it ends at the next safe place and writes nothing more.
 */
export async function runOnce(
  memory: AgentMemory,
  request: RunRequest,
  doers: Doers,
  signal: AbortSignal,
): Promise<Run> {
  let facts: RunFacts | undefined;
  try {
    facts = await observe(memory, request, doers, signal);
    await putNoteBack(memory, facts, doers, signal);
    const before = remember(memory, facts);
    const progress = facts.requests.isSuspended
      ? await rest(memory, facts, doers, signal)
      : await reconcile(memory, facts, request, doers, signal);
    facts = progress.facts;
    const { failure, hasSynced } = progress;
    const answeredAt = doers.toInstant(doers.now());
    const nextLook = toNextLook(facts);
    const nextSync = (runtimeId: string) => request.nextSync(runtimeId, { failure, answeredAt, hasSynced, nextLook });
    const isQuiet = isMendingAlone(memory, progress);
    const isKept = (request.isHushed && isQuiet) || toWritesLeft(facts, request) < 1;
    // A probe that found nothing new has nothing to tell, now or later.
    const isSilent = isKept || (isQuiet && request.triggers.every((trigger) => trigger === 'probe'));
    const told = isSilent ? { facts, failure: undefined } : await tellOrFail(memory, facts, nextSync, doers, signal);
    facts = told.facts;
    const withdrawn = await withdraw(memory, facts, nextSync, doers, signal);
    facts = withdrawn.facts;
    for (const problem of [failure, told.failure, withdrawn.failure]) {
      if (problem !== undefined && !signal.aborted) logFailure(doers, problem);
    }
    const known = remember(memory, facts);
    const after = signal.aborted ? rememberCutOff(known, doers.toInstant(doers.now())) : known;
    tellSystems(before, after, facts, doers);
    if (memory.insistence.told.length === 0) {
      for (const problem of explainInsistence(after.insistence)) logFailure(doers, problem);
    }
    const untold = told.failure ?? withdrawn.failure;
    return {
      memory: after,
      outcome: {
        failure,
        answeredAt,
        untold,
        writtenAt: facts.writtenAt ?? [],
        isKept,
        hasSynced,
        hasTakenBack: facts.isWithdrawn === true || facts.areAddressesRestored === true,
        nextMend: toNextMend(facts),
        nextLook,
        nextChange: facts.told?.changesAt && doers.toInstant(facts.told.changesAt),
        followUps: decideFollowUps(facts),
        endedAt: doers.toInstant(doers.now()),
      },
    };
  } catch (error: unknown) {
    const failure = toAgentError(error, 'Reconciling');
    if (!signal.aborted) logFailure(doers, failure);
    const known = facts === undefined ? memory : remember(memory, facts);
    const after = signal.aborted ? rememberCutOff(known, doers.toInstant(doers.now())) : known;
    const failedAt = doers.toInstant(doers.now());
    const moments = { answeredAt: failedAt, writtenAt: facts?.writtenAt ?? [], endedAt: failedAt };
    return { memory: after, outcome: { ...nothingReached, ...moments, failure } };
  }
}

async function observe(
  memory: AgentMemory,
  { isInsisted }: RunRequest,
  doers: Doers,
  signal: AbortSignal,
): Promise<RunFacts> {
  const at = doers.now();
  const resource = await doers.resource.read(signal);
  const requests = withoutAnswered(readRequests(resource), memory);
  return { at, resource, requests, isInsisted, isAnswered: false, problems: [] };
}

/**
 * What the guard knows is written down with the first run that sees that somebody took it away. A failure is told by the
 * sync, which stores it as well.
 */
async function putNoteBack(memory: AgentMemory, facts: RunFacts, doers: Doers, signal: AbortSignal): Promise<void> {
  if (isNoteKept(memory, facts)) return;
  const tried = await keepPrune(facts, memory.sync.prune, doers, signal);
  for (const problem of tried.problems) logFailure(doers, problem);
}

/** Suspended: nothing is done, and the status stays true. */
async function rest(memory: AgentMemory, facts: RunFacts, doers: Doers, signal: AbortSignal): Promise<Progress> {
  const observed = await doers.observeConnection(remember(memory, facts).connection, signal);
  return { facts: { ...facts, observed }, failure: undefined, hasSynced: false };
}

async function reconcile(
  memory: AgentMemory,
  observed: RunFacts,
  request: RunRequest,
  doers: Doers,
  signal: AbortSignal,
): Promise<Progress> {
  if (isDriftAlone(memory, observed, request.triggers)) {
    // UCL, and a token above all, has its own pace: what drifted is put back from what is known.
    return { facts: await mendDrift(memory, observed, doers, signal), failure: undefined, hasSynced: false };
  }
  const connected = await connect(memory, observed, request.triggers, doers, signal);
  const { link } = connected.connection ?? {};
  if (signal.aborted) return { facts: connected, failure: connected.connection?.error, hasSynced: false };
  if (link === undefined) {
    const hasSynced = request.triggers.some((trigger) => syncing.has(trigger));
    const mended = await mendAllTheSame(memory, connected, doers, signal);
    return answer(mended, { failure: connected.connection?.error, hasSynced });
  }
  const facts = await showAddresses(remember(memory, connected), connected, link, doers, signal);
  const { triggers } = request;
  const trigger = decideSync(memory, facts, triggers) ?? (await probe(memory, facts, link, triggers, doers, signal));
  if (trigger === undefined) {
    const mended = triggers.includes('drift') ? await mendDrift(memory, facts, doers, signal) : facts;
    return { facts: mended, failure: undefined, hasSynced: false };
  }
  const answeredAt = doers.toInstant(doers.now());
  const nextSync = (runtimeId: string) => request.nextSync(runtimeId, { ...nothingKnown, answeredAt });
  // A first sync takes its time, and whoever waits for the pairing looks now.
  const mayTellMeanwhile = (known: RunFacts) => toWritesLeft(known, request) > 1;
  const isAwaited = isNewLink(facts) && mayTellMeanwhile(facts);
  const told = isAwaited ? await tellMeanwhile(memory, facts, nextSync, doers, signal) : facts;
  const synced = await tellingLongWork(
    () => synchronize(memory, told, { link, trigger }, doers, signal),
    async () => (mayTellMeanwhile(told) ? tellMeanwhile(memory, told, nextSync, doers, signal) : told),
    { facts: told, before: memory.longWorkToldAt, doers },
    signal,
  );
  const hasRead = synced.facts.sync?.outcome.reached !== 'nothing';
  const mended = hasRead ? synced.facts : await mendAllTheSame(memory, synced.facts, doers, signal);
  return answer(mended, { failure: synced.failure, hasSynced: true });
}

/** Failing, it must not hold up the sync; the write at the end of the run says why. */
async function tellMeanwhile(
  memory: AgentMemory,
  facts: RunFacts,
  nextSync: (runtimeId: string) => Date | undefined,
  doers: Doers,
  signal: AbortSignal,
): Promise<RunFacts> {
  const working = { ...facts, workingSince: facts.at };
  const { told, writtenAt = [] } = (await tellOrFail(memory, working, nextSync, doers, signal)).facts;
  return told === undefined ? { ...facts, writtenAt } : { ...facts, writtenAt, told };
}

/** How often the status may be written yet: as often as need be in a run that somebody asked for. */
function toWritesLeft(facts: RunFacts, { triggers, writesLeft }: RunRequest): number {
  return isUnasked(facts, triggers) ? writesLeft - (facts.writtenAt?.length ?? 0) : Number.POSITIVE_INFINITY;
}

/** What is to come of a run is not known yet. */
const nothingKnown: Omit<Ahead, 'answeredAt'> = { failure: undefined, hasSynced: false, nextLook: undefined };

/** Nothing happened but that what drifted was put back, or could not be: no Event tells of that. */
function isMendingAlone(memory: AgentMemory, { facts, failure, hasSynced }: Progress): boolean {
  const isQuiet = remember(memory, facts).untoldEvents.length === 0 && facts.problems.length === 0;
  return failure === undefined && !hasSynced && !facts.isAnswered && isQuiet;
}

async function connect(
  memory: AgentMemory,
  facts: RunFacts,
  triggers: readonly Trigger[],
  doers: Doers,
  signal: AbortSignal,
): Promise<RunFacts> {
  const before = remember(memory, facts).connection;
  const unique = doers.uniqueId();
  const onRuntimeId = (runtimeId: string) => doers.announceRun(`${runtimeId}_${unique}`);
  onRuntimeId(memory.runtimeId ?? 'unpaired');
  const connection = await doers.keepConnection(
    {
      memory: before,
      managementInfo: facts.resource?.spec.managementInfo,
      renewalRequest: facts.requests.asked.renew,
      isUnattended: isByItself(facts, triggers),
    },
    onRuntimeId,
    signal,
  );
  const runtimeId = connection.link?.identity.runtimeId;
  for (const event of connection.events) doers.log.info(toLinkEvent(event).message, { runtimeId });
  return { ...facts, connection };
}

/** The addresses of a link stand in the CompassConnection, where people look for them. */
async function showAddresses(
  memory: AgentMemory,
  facts: RunFacts,
  { addresses }: UclLink,
  doers: Doers,
  signal: AbortSignal,
): Promise<RunFacts> {
  const managementInfo = { directorUrl: addresses.directorUrl, connectorUrl: addresses.securedConnectorUrl };
  const present = facts.resource?.spec.managementInfo;
  if (present?.directorUrl === managementInfo.directorUrl && present.connectorUrl === managementInfo.connectorUrl) {
    return facts;
  }
  const written = await outlive(facts, 'Writing the addresses into the CompassConnection', signal, async () => {
    if (facts.resource === undefined) await createConnection(memory, { managementInfo }, doers, signal);
    else await doers.resource.update({ spec: { managementInfo } }, signal);
  });
  const isRestored = facts.resource !== undefined && written.problems.length === facts.problems.length;
  return isRestored ? { ...written, areAddressesRestored: true } : written;
}

async function synchronize(
  memory: AgentMemory,
  facts: RunFacts,
  { link, trigger }: { readonly link: UclLink; readonly trigger: string },
  doers: Doers,
  signal: AbortSignal,
): Promise<{ facts: RunFacts; failure: AgentError | undefined }> {
  const { approvedIds } = facts.requests;
  const before = remember(memory, facts).sync;
  const sync = await doers.synchronize(link, { memory: before, trigger, approvedIds }, signal);
  logSync(doers, sync);
  const known = { ...facts, sync };
  const kept =
    sync.outcome.reached === 'cluster' ? await keepPrune(known, sync.outcome.prune.memory, doers, signal) : known;
  return { facts: kept, failure: toSyncFailure(sync) };
}

/** What the guard knows now is stored; what it let go was stored before. */
function keepPrune(facts: RunFacts, memory: PruneMemory, doers: Doers, signal: AbortSignal): Promise<RunFacts> {
  return outlive(facts, 'Storing what is held', signal, () => doers.keepPrune(memory, signal));
}

/** When UCL is to be read again for a removal, whatever the schedule. */
function toNextLook({ sync }: RunFacts): Instant | undefined {
  return sync?.outcome.reached === 'cluster' ? sync.outcome.prune.nextLook : undefined;
}

/** When an object may be written again that somebody changes back. */
function toNextMend({ sync, drift }: RunFacts): Instant | undefined {
  return sync?.outcome.reached === 'cluster' ? sync.outcome.result.nextWriteAt : drift?.nextWriteAt;
}

/** The requests count as dealt with, also after a failure: kept, they would ask again without pause. */
function answer(facts: RunFacts, progress: Omit<Progress, 'facts'>): Progress {
  return { ...progress, facts: { ...facts, isAnswered: true } };
}

/**
 * Takes the older fields of the spec back, once the status tells what they came to: whoever waits for that reads it then.
 * Where it fails the status says so, and the memory keeps them from being dealt with again.
 */
async function withdraw(
  memory: AgentMemory,
  facts: RunFacts,
  nextSync: (runtimeId: string) => Date | undefined,
  doers: Doers,
  signal: AbortSignal,
): Promise<{ facts: RunFacts; failure: AgentError | undefined }> {
  const spec = withdrawSpecRequests(remember(memory, facts).answeredFields);
  if (spec === undefined || signal.aborted) return { facts, failure: undefined };
  const tried = await outlive(facts, 'Taking back a request', signal, () => doers.resource.update({ spec }, signal));
  const failure = tried.problems[facts.problems.length];
  if (failure === undefined) return { facts: { ...tried, isWithdrawn: true }, failure };
  return { facts: (await tellOrFail(memory, tried, nextSync, doers, signal)).facts, failure };
}

/** Does something whose failure the run outlives; the facts tell it. @throws the reason of an aborted `signal`. */
async function outlive(
  facts: RunFacts,
  doing: string,
  signal: AbortSignal,
  act: () => Promise<unknown>,
): Promise<RunFacts> {
  try {
    await act();
    return facts;
  } catch (error: unknown) {
    signal.throwIfAborted();
    return { ...facts, problems: [...facts.problems, toAgentError(error, doing)] };
  }
}

async function tellOrFail(
  memory: AgentMemory,
  facts: RunFacts,
  nextSync: (runtimeId: string) => Date | undefined,
  doers: Doers,
  signal: AbortSignal,
): Promise<{ facts: RunFacts; failure: AgentError | undefined }> {
  if (signal.aborted) return { facts, failure: undefined };
  try {
    const known = remember(memory, facts);
    const written = await tellStatus(known, facts, nextSync, doers, signal);
    const events = (facts.told?.events ?? 0) + known.untoldEvents.length;
    const told = { ...written, events, isAnswer: facts.isAnswered };
    return { facts: { ...(written.isNew ? withWrite(facts, doers) : facts), told }, failure: undefined };
  } catch (error: unknown) {
    signal.throwIfAborted();
    // Whether it was taken all the same, nobody knows.
    return { facts: withWrite(facts, doers), failure: toAgentError(error, 'Writing the status') };
  }
}

function withWrite(facts: RunFacts, doers: Doers): RunFacts {
  return { ...facts, writtenAt: [...(facts.writtenAt ?? []), doers.toInstant(doers.now())] };
}

/** What slows down the next sync; labels of the runtime are tried again with it, and do not. */
function toSyncFailure({ outcome }: SyncFacts): AgentError | undefined {
  if (outcome.reached !== 'cluster') return outcome.error;
  // Systems that could not be read whole are failures of their own; the rest goes on at the usual pace.
  const { error } = outcome.prune;
  // Reading UCL again and again would not help a cluster that takes no write.
  return error?.during === 'read' ? error.error : undefined;
}

function logSync(doers: Doers, { outcome, trigger, attemptedAt }: SyncFacts): void {
  if (outcome.reached !== 'cluster') return;
  const { result, prune, fetchedAt, appliedAt, labelError } = outcome;
  const { applied } = result;
  doers.log.info('Synchronised', {
    trigger,
    ...countSystems(result),
    applied,
    held: prune.held.reduce((sum, { applicationNames }) => sum + applicationNames.length, 0),
    skipped: prune.skipped,
    durationMs: appliedAt.getTime() - attemptedAt.getTime(),
    // Of it UCL's part.
    readMs: fetchedAt.getTime() - attemptedAt.getTime(),
  });
  if (labelError !== undefined) logFailure(doers, labelError);
}
