import type { ConnectionSpec } from '../domain/connection.ts';
import type { AgentError } from '../errors/agent-error.ts';
import { carryOut } from './carry-out.ts';
import { beginDraft, type ConnectionDraft, noteMaintenance } from './connection-draft.ts';
import type { ConnectionFacts, UclLink } from './connection-facts.ts';
import { type ConnectionFailure, toTold } from './connection-failure.ts';
import { type ConnectionMemory, isTurnedAway } from './connection-memory.ts';
import type { ConnectionParts } from './connection-parts.ts';
import { type ConnectionDecision, type ConnectionSituation, decideConnection } from './decide-connection.ts';
import { explainFailure } from './explain-failure.ts';
import { inspectCredential } from './inspect-credential.ts';
import { findRenewal, keepCaSecret, renewIfDue } from './maintain-link.ts';
import type { StoredPairing } from './ports.ts';
import type { ClientCredential } from './ucl-access.ts';

export interface ConnectionRequest {
  readonly memory: ConnectionMemory;
  /** `spec.managementInfo` of the CompassConnection; undefined when there is no CR. */
  readonly managementInfo: ConnectionSpec['managementInfo'] | undefined;
  readonly isRenewalForced: boolean;
}

/**
 * Keeps the connection with UCL as good as it can be made now: gathers, decides, then pairs, renews or rebuilds what
 * is lost. The stored credential is never dropped before a new one has proven itself. Writes Secrets alone, and tells
 * everything else as facts.
 * @throws Nothing but the reason of an abort; what failed is in the facts.
 */
export async function keepConnection(
  request: ConnectionRequest,
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<ConnectionFacts> {
  let draft = beginDraft(request.memory);
  try {
    const situation = await gather(request, parts, signal);
    draft = { ...draft, certificate: situation.stored?.certificate };
    const decided = await decideAfresh(situation, request, draft, parts, signal);
    const carried = await carryOut(decided.decision, decided.pairing, decided.draft, parts, signal);
    if (carried.link === undefined) return toUnlinkedFacts(carried.draft, carried.failure);
    const renewed = await renewIfDue(carried, request.isRenewalForced, parts, signal);
    const kept = await keepCaSecret(renewed, parts, signal);
    const { configuration } = situation;
    if (configuration.kind !== 'invalid') return toFacts(kept.draft, { link: kept.link, error: undefined });
    // The link goes on without it, and whoever mistyped something is waiting for an effect.
    const noted = noteMaintenance(kept.draft, { kind: 'configuration', read: configuration }, parts.log);
    return toFacts(noted, { link: kept.link, error: undefined });
  } catch (error: unknown) {
    return toUnlinkedFacts(draft, toTold(error, 'Connecting with UCL', signal));
  }
}

type Gathered = Omit<ConnectionSituation, 'pairing'>;

async function gather(request: ConnectionRequest, parts: ConnectionParts, signal: AbortSignal): Promise<Gathered> {
  const { memory, managementInfo } = request;
  const configuration = await parts.ports.configuration.read(signal);
  if (configuration.kind === 'present') {
    parts.registerSecret(configuration.configuration.token);
    parts.onRuntimeId(configuration.configuration.runtimeId);
  }
  const credential = await readCredential(memory, parts, signal);
  const certificate = credential && inspectCredential(credential);
  return {
    configuration,
    managementInfo,
    stored: credential && certificate && { credential, certificate },
    isTurnedAway: isTurnedAway(memory.standing),
    now: parts.time.now(),
  };
}

/** Reads the stored credential each time; one that somebody deleted meanwhile is put back from memory. */
async function readCredential(
  { link }: ConnectionMemory,
  { ports, log, registerSecret }: ConnectionParts,
  signal: AbortSignal,
): Promise<ClientCredential | undefined> {
  const stored = await ports.credentials.readClientPair(signal);
  if (stored !== undefined) registerSecret(stored.privateKeyPem);
  if (stored !== undefined || link === undefined) return stored;
  log.warn('The client certificate Secret is gone; it is put back from memory');
  await ports.credentials.storeClientPair(link.credential, signal);
  return link.credential;
}

interface Decided {
  readonly decision: ConnectionDecision;
  readonly pairing: StoredPairing;
  readonly draft: ConnectionDraft;
}

/**
 * Decides by what is remembered of pairing where that leaves nothing to do, and by a fresh read otherwise: another
 * agent may have written meanwhile. A link that serves outlives a read that fails.
 */
async function decideAfresh(
  gathered: Gathered,
  { isRenewalForced }: ConnectionRequest,
  draft: ConnectionDraft,
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<Decided> {
  const readAndDecide = async (): Promise<Decided> => {
    const pairing = await parts.ports.credentials.readPairing(signal);
    const decision = decideConnection({ ...gathered, pairing: pairing.state });
    return { decision, pairing, draft: { ...draft, pairing, isPairingFresh: true } };
  };
  const { pairing } = draft;
  if (pairing === undefined) return readAndDecide();
  const decision = decideConnection({ ...gathered, pairing: pairing.state });
  if (decision.do !== 'use' || decision.isNew) return readAndDecide();
  if (findRenewal(decision.link, draft, isRenewalForced, parts) === undefined) return { decision, pairing, draft };
  try {
    return await readAndDecide();
  } catch (error: unknown) {
    const failure = toTold(error, 'Reading the memory of pairing', signal);
    return { decision, pairing, draft: noteMaintenance(draft, failure, parts.log) };
  }
}

type LinkOrError =
  | { readonly link: UclLink; readonly error: undefined }
  | { readonly link: undefined; readonly error: AgentError };

function toFacts(draft: ConnectionDraft, outcome: LinkOrError): ConnectionFacts {
  const { isPairingFresh: _, ...facts } = draft;
  return { ...facts, ...outcome };
}

function toUnlinkedFacts(draft: ConnectionDraft, failure: ConnectionFailure): ConnectionFacts {
  return toFacts(draft, { link: undefined, error: explainFailure(failure) });
}
