import type { CompassConnection, ConnectionSpec } from '../domain/connection.ts';
import { isSuspended } from '../domain/is-suspended.ts';
import { readApprovedIds } from '../domain/read-approved-ids.ts';
import { listedRequestKinds, type RequestKind, requestKinds } from '../domain/request-kinds.ts';
import { readEcho, type StoredMemory, toStoredMemory } from '../domain/stored-memory.ts';
import { toRequestToken } from '../domain/to-request-token.ts';
import type { HandledRequests } from './report.ts';

/** What people ask for on the CompassConnection, by annotations or by the older fields of its spec. */
export interface Requests {
  readonly isSuspended: boolean;
  /** Token to echo, or true for the older spec field; absent when that is not asked for. */
  readonly asked: Readonly<Partial<Record<RequestKind, string | true>>>;
  /** Ids of held removals that may act at once. */
  readonly approvedIds: readonly string[];
}

/** The tokens that were dealt with. Pure. */
export function readHandled(stored: StoredMemory): HandledRequests {
  return Object.fromEntries(
    listedRequestKinds.flatMap(([kind]) => {
      const echo = readEcho(stored, kind);
      return echo === undefined ? [] : [[kind, echo]];
    }),
  );
}

/** Compares the opaque request tokens with their echoes. Pure. */
export function readRequests(resource: CompassConnection | undefined): Requests {
  const notes = resource?.metadata.annotations ?? {};
  const handled = readHandled(toStoredMemory(resource));
  const asked: Partial<Record<RequestKind, string | true>> = {};
  for (const [kind, { annotation, specField }] of listedRequestKinds) {
    const token = toRequestToken(notes[annotation] ?? '');
    if (token !== '' && token !== handled[kind]) asked[kind] = token;
    else if (resource?.spec[specField] === true) asked[kind] = true;
  }
  return {
    isSuspended: resource !== undefined && isSuspended(resource),
    asked,
    approvedIds: resource === undefined ? [] : readApprovedIds(resource),
  };
}

/**
 * What is still to be done: not what this agent remembers to have dealt with. Where the status cannot be written, or a
 * field of the spec cannot be taken back, the object keeps asking. Pure.
 */
export function withoutAnswered(requests: Requests, answered: AnsweredRequests): Requests {
  const asked = Object.fromEntries(
    listedRequestKinds.flatMap(([kind]) => {
      const token = requests.asked[kind];
      const isAnswered = token === true ? answered.answeredFields.includes(kind) : answered.handled[kind] === token;
      return token === undefined || isAnswered ? [] : [[kind, token]];
    }),
  );
  return { ...requests, asked };
}

/** What an agent remembers of the requests that it dealt with. */
export interface AnsweredRequests {
  readonly handled: HandledRequests;
  /** Whose field of the spec was dealt with and has stood there since. */
  readonly answeredFields: readonly RequestKind[];
}

/** The fields of the spec that count as dealt with after a run: those that still stand there. Pure. */
export function toAnsweredFields(
  before: AnsweredRequests['answeredFields'],
  spec: ConnectionSpec | undefined,
  isAnswered: boolean,
): RequestKind[] {
  return listedRequestKinds.flatMap(([kind, { specField }]) =>
    spec?.[specField] === true && (isAnswered || before.includes(kind)) ? [kind] : [],
  );
}

/** The change that takes the older fields of the spec back; undefined when there is nothing to take back. Pure. */
export function withdrawSpecRequests(
  answeredFields: AnsweredRequests['answeredFields'],
): Partial<ConnectionSpec> | undefined {
  if (answeredFields.length === 0) return undefined;
  return Object.fromEntries(answeredFields.map((kind) => [requestKinds[kind].specField, false]));
}

/** The tokens that count as dealt with once `requests` were. Pure. */
export function toHandled(before: HandledRequests, { asked }: Requests): HandledRequests {
  const tokens = listedRequestKinds.flatMap(([kind]) => {
    const token = asked[kind];
    return typeof token === 'string' ? [[kind, token] as const] : [];
  });
  return { ...before, ...Object.fromEntries(tokens) };
}
