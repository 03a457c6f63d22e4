import type { ConnectionFacts, LinkEvent } from '../connection/connection-facts.ts';
import {
  type ConnectionMemory,
  initialConnectionMemory,
  isRefused,
  rememberAnswer,
  rememberConnection,
  type Standing,
} from '../connection/connection-memory.ts';
import { toDirectorAnswer } from '../connection/director-answer.ts';
import { retell } from '../connection/retell.ts';
import { annotations } from '../domain/annotations.ts';
import type { Condition } from '../domain/connection-status.ts';
import type { RequestKind } from '../domain/request-kinds.ts';
import { type StoredMemory, toStoredMemory } from '../domain/stored-memory.ts';
import { AgentError, isAgentError } from '../errors/agent-error.ts';
import { type ConnectionEvent, toChangeEvents, toHoldEvent, toLinkEvent } from '../status/decide-events.ts';
import type { HandledRequests } from '../status/report.ts';
import { readHandled, toAnsweredFields, toHandled } from '../status/requests.ts';
import { emptyPruneMemory, type PruneMemory } from '../sync/deletion-policy.ts';
import { readPruneNote } from '../sync/prune-note.ts';
import { emptySyncMemory, forgetLandscape, rememberDrift, rememberSync, type SyncMemory } from '../sync/sync-memory.ts';
import type { Instant } from '../time/time.ts';
import { type Insistence, noInsistence, rememberInsistence } from './insistence.ts';
import type { RunFacts } from './run-facts.ts';

/** All that outlives a run of the agent: one value, handed from run to run. */
export interface AgentMemory {
  /** False until the CompassConnection was read once: it tells what an earlier life did. */
  readonly isRecalled: boolean;
  /** Of the CompassConnection that was seen last. */
  readonly resourceUid: string | undefined;
  /** The runtime that was last connected. */
  readonly runtimeId: string | undefined;
  readonly connection: ConnectionMemory;
  readonly sync: SyncMemory;
  readonly milestones: Milestones;
  /** Why the last run had no connection with UCL. */
  readonly connectionError: AgentError | undefined;
  /** What the last run's connection outlived. */
  readonly maintenance: readonly AgentError[];
  /** Why nothing may have come of requests, where the status of the runs that dealt with them could not be written. */
  readonly untoldAnswers: readonly AgentError[];
  readonly handled: HandledRequests;
  /** Requests by a field of the spec that were dealt with and could not be taken back. */
  readonly answeredFields: readonly RequestKind[];
  readonly insistence: Insistence;
  /** The conditions as they were last written; Events tell what is different afterwards. */
  readonly toldConditions: readonly Condition[] | undefined;
  /** Events that wait for a CompassConnection to stand on. */
  readonly untoldEvents: readonly ConnectionEvent[];
  /** When a run began that told of work that took long. */
  readonly longWorkToldAt: Date | undefined;
  /** Whatever happened during a suspension was not looked at: the first run after it reads UCL. */
  readonly isResting: boolean;
}

/** Moments of this life, by the wall clock; what came before stands in the status. */
export interface Milestones {
  readonly established: Date | undefined;
  readonly renewed: Date | undefined;
  readonly acquired: Date | undefined;
  /** Last call to UCL, and the last that went well. */
  readonly lastCall: Date | undefined;
  readonly lastSuccessfulCall: Date | undefined;
}

/** Nobody reads hundreds of Events of an agent that has had nowhere to tell them. */
const untoldLimit = 50;

/** Each becomes a sentence of one condition. */
const untoldAnswerLimit = 5;

export const emptyMemory: AgentMemory = {
  isRecalled: false,
  resourceUid: undefined,
  runtimeId: undefined,
  connection: initialConnectionMemory,
  sync: emptySyncMemory,
  milestones: {
    established: undefined,
    renewed: undefined,
    acquired: undefined,
    lastCall: undefined,
    lastSuccessfulCall: undefined,
  },
  connectionError: undefined,
  maintenance: [],
  untoldAnswers: [],
  handled: {},
  answeredFields: [],
  insistence: noInsistence,
  toldConditions: undefined,
  untoldEvents: [],
  longWorkToldAt: undefined,
  isResting: false,
};

/**
 * What an agent knows that has just started, or come to lead: what stands in the CompassConnection. The credentials
 * and the record of pairing are read by the first run, from their Secrets. Pure.
 */
export function recall(stored: StoredMemory): AgentMemory {
  return {
    ...emptyMemory,
    isRecalled: true,
    sync: { ...emptySyncMemory, prune: recallPrune(stored) },
    handled: readHandled(stored),
    toldConditions: stored.status?.conditions,
  };
}

function recallPrune({ isMissing, createdAt, annotations: present }: StoredMemory): PruneMemory {
  if (isMissing) return { ...emptyPruneMemory, isNoteLost: true };
  const note = readPruneNote(present[annotations.pruneMemory]);
  // No hold is older than the object that it was noted in, but for one that was put back with it.
  const earlier = note.earlier.map((hold) =>
    createdAt !== undefined && hold.since < createdAt ? { ...hold, isFromBackup: true } : hold,
  );
  return { holds: [], ...note, earlier };
}

/** The memory after a run, or after the part of it that the facts are about. Pure. */
export function remember(memory: AgentMemory, facts: RunFacts): AgentMemory {
  const recalled = memory.isRecalled ? memory : recall(toStoredMemory(facts.resource));
  const resourceUid = facts.resource?.metadata.uid ?? recalled.resourceUid;
  const isReplaced = recalled.resourceUid !== undefined && resourceUid !== recalled.resourceUid;
  const connection = facts.observed ?? recalled.connection;
  return [rememberLink, rememberSyncing, rememberDrifting, rememberRequests, rememberTelling].reduce(
    (present, step) => step(present, facts),
    {
      ...recalled,
      resourceUid,
      connection: isReplaced ? withDoubtfulPairing(connection) : connection,
      isResting: facts.requests.isSuspended,
    },
  );
}

/**
 * Another CompassConnection stands where the known one stood, as after a backup was put back. The memory of pairing came
 * with it, maybe with the key of an attempt that has ended since: the next run that connects reads it. Pure.
 */
function withDoubtfulPairing(connection: ConnectionMemory): ConnectionMemory {
  const { pairing } = connection;
  return pairing === undefined ? connection : { ...connection, pairing: { ...pairing, version: undefined } };
}

/**
 * The memory after a run that was cut off in the midst. Whether it has asked Connector for the addresses is not known, so
 * that it counts as asked: each answer mints a token, and somebody who loses the Lease again and again would ask each
 * time. What it wrote of pairing may have been taken, so that the next run reads it. Pure.
 */
export function rememberCutOff(memory: AgentMemory, now: Instant): AgentMemory {
  return { ...memory, connection: { ...memory.connection, addressesAskedAt: now, pairing: undefined } };
}

function rememberLink(memory: AgentMemory, { connection, at }: RunFacts): AgentMemory {
  if (connection === undefined) return memory;
  const runtimeId = connection.link?.identity.runtimeId ?? memory.runtimeId;
  const isOther = runtimeId !== memory.runtimeId;
  const remembered = rememberConnection(memory.connection, connection);
  return {
    ...memory,
    runtimeId,
    connection: remembered,
    connectionError: toConnectionError(connection.error, remembered.standing),
    maintenance: connection.maintenance,
    // What was read for another runtime says nothing of this one.
    sync: rememberNew(isOther ? forgetLandscape(memory.sync) : memory.sync, connection),
    milestones: connection.events.reduce((present, event) => passMilestone(present, event, at), memory.milestones),
    untoldEvents: [...memory.untoldEvents, ...connection.events.map(toLinkEvent)],
  };
}

function rememberNew(sync: SyncMemory, { isFirstPairing }: ConnectionFacts): SyncMemory {
  return isFirstPairing ? { ...sync, prune: { ...sync.prune, isNew: true } } : sync;
}

function passMilestone(milestones: Milestones, event: LinkEvent, at: Date): Milestones {
  switch (event) {
    case 'paired':
      return { ...milestones, established: at, acquired: at };
    case 'renewed':
      return { ...milestones, renewed: at, acquired: at };
    default:
      return milestones;
  }
}

function rememberSyncing(memory: AgentMemory, { sync }: RunFacts): AgentMemory {
  if (sync === undefined) return memory;
  const { outcome, attemptedAt } = sync;
  const error = outcome.reached === 'nothing' ? outcome.error : undefined;
  const connection = rememberAnswer(memory.connection, toDirectorAnswer(error), attemptedAt);
  const changes =
    outcome.reached === 'cluster'
      ? [...outcome.prune.ended.map(toHoldEvent), ...toChangeEvents(outcome.result.applied)]
      : [];
  return {
    ...memory,
    connection,
    connectionError: toRefusal(connection.standing),
    sync: rememberSync(memory.sync, sync),
    milestones: {
      ...memory.milestones,
      lastCall: attemptedAt,
      ...(outcome.reached !== 'nothing' && { lastSuccessfulCall: outcome.fetchedAt }),
    },
    untoldEvents: [...memory.untoldEvents, ...changes],
  };
}

function rememberDrifting(memory: AgentMemory, { drift }: RunFacts): AgentMemory {
  if (drift === undefined) return memory;
  // What is put back is for the log; that an Application is gone at last is news.
  const gone = toChangeEvents({ ...drift.applied, create: 0, rename: 0 });
  return { ...memory, sync: rememberDrift(memory.sync, drift), untoldEvents: [...memory.untoldEvents, ...gone] };
}

function rememberRequests(memory: AgentMemory, facts: RunFacts): AgentMemory {
  const { resource, requests, isAnswered, isWithdrawn = false, problems } = facts;
  return {
    ...memory,
    answeredFields: isWithdrawn ? [] : toAnsweredFields(memory.answeredFields, resource?.spec, isAnswered),
    handled: isAnswered ? toHandled(memory.handled, requests) : memory.handled,
    insistence: rememberInsistence(memory.insistence, facts),
    maintenance: [...memory.maintenance, ...problems],
  };
}

function rememberTelling(memory: AgentMemory, facts: RunFacts): AgentMemory {
  const { told, longWorkToldAt } = facts;
  return {
    ...memory,
    untoldAnswers: toUntoldAnswers(memory, facts),
    untoldEvents: memory.untoldEvents.slice(told?.events ?? 0).slice(-untoldLimit),
    toldConditions: told?.conditions ?? memory.toldConditions,
    longWorkToldAt: longWorkToldAt ?? memory.longWorkToldAt,
  };
}

/** What was told while the run still went on says nothing yet of what a request came to. */
function toUntoldAnswers(memory: AgentMemory, facts: RunFacts): readonly AgentError[] {
  const earlier = facts.told === undefined ? memory.untoldAnswers : [];
  const isUntold = facts.isAnswered && facts.told?.isAnswer !== true;
  return (isUntold ? [...earlier, ...listObstacles(memory, facts)] : earlier).slice(-untoldAnswerLimit);
}

/** Why nothing may have come of what was asked for. */
function listObstacles({ connectionError, maintenance }: AgentMemory, { connection }: RunFacts): AgentError[] {
  if (connectionError === undefined || connection?.link !== undefined) return [...maintenance];
  // When the next try was to come is no news any more when this is told.
  const { message, remedy } = connectionError;
  return [retell(connectionError, { message, remedy }), ...maintenance];
}

/** A refusal is what a person can act upon, also while the Director does not answer. */
function toConnectionError(error: AgentError | undefined, standing: Standing): AgentError | undefined {
  const isSilent = error === undefined || isAgentError(error, 'CompassUnreachable');
  return isSilent ? (toRefusal(standing) ?? error) : error;
}

/** That the Director refuses the certificate, or takes it for another's, is why there is no connection, as long as it does. */
function toRefusal(standing: Standing): AgentError | undefined {
  if (!isRefused(standing)) return undefined;
  const { reason, message, next, remedy, retryAfterMs, details } = standing.error;
  return new AgentError(reason, message, {
    next,
    details,
    since: standing.since,
    ...(remedy === undefined ? {} : { remedy }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}
