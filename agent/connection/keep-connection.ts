import type { ConnectionSpec } from '../domain/connection.ts';
import type { AgentError } from '../errors/agent-error.ts';
import { carryOut } from './carry-out.ts';
import {
  beginDraft,
  type ConnectionDraft,
  type Linked,
  noteMaintenance,
  type RenewalRequest,
} from './connection-draft.ts';
import type { ConnectionFacts, UclLink } from './connection-facts.ts';
import { type ConnectionFailure, toTold } from './connection-failure.ts';
import { type ConnectionMemory, isRefused } from './connection-memory.ts';
import type { ConnectionParts } from './connection-parts.ts';
import { type ConnectionDecision, type ConnectionSituation, decideConnection } from './decide-connection.ts';
import { endAttempt, isAttemptOver } from './end-attempt.ts';
import { explainFailure } from './explain-failure.ts';
import { followMove, mayAskAddresses } from './follow-move.ts';
import { findRenewal, keepCaSecret, renewIfDue } from './maintain-link.ts';
import { isAttempt } from './pairing-state.ts';
import type { PairingConfigurationRead, StoredPairing } from './ports.ts';
import { readCredential } from './read-credential.ts';
import { readPairing } from './read-pairing.ts';

export interface ConnectionRequest {
  readonly memory: ConnectionMemory;
  /** `spec.managementInfo` of the CompassConnection; undefined when there is no CR. */
  readonly managementInfo: ConnectionSpec['managementInfo'] | undefined;
  readonly renewalRequest: RenewalRequest | undefined;
  /** The agent runs by itself, and nobody waits for it to see what was just changed: what the watches tell is enough. */
  readonly isUnattended: boolean;
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
  let draft = beginDraft(request.memory, request.renewalRequest);
  try {
    const gathered = await gather(request, draft, parts, signal);
    draft = gathered.draft;
    const decided = await decideAfresh(gathered.situation, request, draft, parts, signal);
    const carried = await carryOut(decided.decision, decided.pairing, decided.draft, parts, signal);
    if (carried.link === undefined) return toUnlinkedFacts(carried.draft, carried.failure);
    const { configuration } = gathered.situation;
    const kept = await keepLink(carried, request, configuration, parts, signal);
    if (configuration.kind !== 'invalid') return toFacts(kept.draft, { link: kept.link, error: undefined });
    // The link goes on without it, and whoever mistyped something is waiting for an effect.
    const noted = noteMaintenance(kept.draft, { kind: 'configuration', read: configuration }, parts.log);
    return toFacts(noted, { link: kept.link, error: undefined });
  } catch (error: unknown) {
    return toUnlinkedFacts(draft, toTold(error, 'Connecting with UCL', signal));
  }
}

/** What is done about a link that serves; it outlives whatever fails of that. */
async function keepLink(
  { draft, link }: Linked,
  { memory, isUnattended }: ConnectionRequest,
  configuration: PairingConfigurationRead,
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<Linked> {
  // Whoever asks for a new certificate has it by a pairing too.
  const renewalRequest = draft.events.includes('paired') ? undefined : draft.renewalRequest;
  const renewed = await renewIfDue({ draft: { ...draft, renewalRequest }, link }, parts, signal);
  // A renewal asks for the addresses as well.
  const isMoveLikely = memory.isDirectorFailing && !renewed.draft.events.some((event) => event !== 'restored');
  const located = isMoveLikely ? await followMove(renewed, parts, signal) : renewed;
  const { pairing } = located.draft;
  const isOver = pairing !== undefined && isAttemptOver(pairing.state, configuration, memory.standing);
  const cleared = isOver ? await endAttempt(located, parts, signal) : located;
  return keepCaSecret(withoutNeedless(cleared, memory), isUnattended ? 'watched' : 'live', parts, signal);
}

/**
 * What a token came to and could not be written down is of no use once the stored certificate serves, and the attempt, read
 * after it, has ended.
 */
function withoutNeedless({ draft, link }: Linked, { standing }: ConnectionMemory): Linked {
  const isEnded = draft.pairing !== undefined && !isAttempt(draft.pairing.state);
  const isNeedless = draft.isPairingFresh && isEnded && standing.kind === 'accepted';
  return { draft: isNeedless ? { ...draft, unwritten: undefined } : draft, link };
}

type Gathered = Omit<ConnectionSituation, 'pairing'>;

async function gather(
  request: ConnectionRequest,
  draft: ConnectionDraft,
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<{ situation: Gathered; draft: ConnectionDraft }> {
  const { memory, managementInfo } = request;
  const { link, standing } = memory;
  const configuration = await parts.ports.configuration.read(signal);
  if (configuration.kind === 'present') {
    parts.registerSecret(configuration.configuration.token);
    parts.onRuntimeId(configuration.configuration.runtimeId);
  }
  const isNothingAhead = link !== undefined && !isRefused(standing) && !isLinkToMaintain(link, request, draft, parts);
  const freshness = request.isUnattended && isNothingAhead ? 'watched' : 'live';
  const read = await readCredential({ link, freshness }, draft, parts, signal);
  const situation = {
    configuration,
    managementInfo,
    stored: read.stored,
    former: read.former,
    isTurnedAway: isRefused(standing),
    distrustedTokenHash: memory.distrustedTokenHash,
    trustedHosts: parts.settings.compassTrustedHosts ?? [],
    now: parts.time.now(),
  };
  return { situation, draft: { ...read.draft, certificate: read.stored?.certificate } };
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
  request: ConnectionRequest,
  draft: ConnectionDraft,
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<Decided> {
  const readAndDecide = async (): Promise<Decided> => {
    const read = await readPairing(draft, parts, signal);
    return { ...read, decision: decideConnection({ ...gathered, pairing: read.pairing.state }) };
  };
  const { pairing } = draft;
  if (pairing === undefined) return readAndDecide();
  const decision = decideConnection({ ...gathered, pairing: pairing.state });
  if (decision.do !== 'use' || decision.isToBind) return readAndDecide();
  const isToMaintain =
    pairing.version === undefined ||
    isLinkToMaintain(decision.link, request, draft, parts) ||
    isAttemptOver(pairing.state, gathered.configuration, request.memory.standing);
  if (!isToMaintain) return { decision, pairing, draft };
  try {
    return await readAndDecide();
  } catch (error: unknown) {
    const failure = toTold(error, 'Reading the memory of pairing', signal);
    return { decision, pairing, draft: noteMaintenance(draft, failure, parts.log) };
  }
}

/** Whether the link that serves is to be renewed or looked after otherwise, which is decided by what is read live. */
function isLinkToMaintain(
  link: UclLink,
  { memory }: ConnectionRequest,
  draft: ConnectionDraft,
  parts: ConnectionParts,
): boolean {
  return (
    // The write whose answer is lost may have taken its effect.
    draft.unwritten !== undefined ||
    findRenewal(link, draft, parts) !== undefined ||
    (memory.isDirectorFailing && mayAskAddresses(draft, parts.time.instant()))
  );
}

type LinkOrError =
  | { readonly link: UclLink; readonly error: undefined }
  | { readonly link: undefined; readonly error: AgentError };

function toFacts(draft: ConnectionDraft, outcome: LinkOrError): ConnectionFacts {
  const { isPairingFresh: _isPairingFresh, renewalRequest: _renewalRequest, ...facts } = draft;
  return { ...facts, ...outcome };
}

function toUnlinkedFacts(draft: ConnectionDraft, failure: ConnectionFailure): ConnectionFacts {
  return toFacts(draft, { link: undefined, error: explainFailure(failure) });
}
