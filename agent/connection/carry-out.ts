import {
  adopt,
  type ConnectionDraft,
  type Linked,
  noteMaintenance,
  toNamedRequest,
  type Unlinked,
} from './connection-draft.ts';
import type { UclLink } from './connection-facts.ts';
import { type ConnectionFailure, toTold } from './connection-failure.ts';
import type { ConnectionParts } from './connection-parts.ts';
import type { ConnectionDecision, ServingDecision } from './decide-connection.ts';
import { toDirectorAnswer } from './director-answer.ts';
import { explainFailure } from './explain-failure.ts';
import { explainProof } from './explain-proof.ts';
import { findMoved, isMoveLikely, type Located, locateForPairing } from './follow-move.ts';
import { type PairingOutcome, pairWithToken, toSignedLink } from './pair-with-token.ts';
import type { StoredPairing } from './ports.ts';
import { putBackOnce } from './read-credential.ts';
import { recordServing } from './record-serving.ts';
import type { PairingConfiguration } from './ucl-access.ts';

/**
 * Does what was decided about the connection. Never throws but the reason of an abort.
 * @param pairing The memory of pairing that was decided upon; read in this run unless the decision only uses the link.
 */
export async function carryOut(
  decision: ConnectionDecision,
  pairing: StoredPairing,
  draft: ConnectionDraft,
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<Linked | Unlinked> {
  switch (decision.do) {
    case 'fail':
      return giveUp(distrusting(draft, decision.failure), decision.failure, parts);
    case 'use':
      return use(decision, pairing, draft, parts, signal);
    case 'prove':
      return prove(decision, pairing, draft, parts, signal);
    case 'pair':
      return pair(decision, pairing, draft, parts, signal);
  }
}

/** What was linked before serves no more. */
function giveUp(draft: ConnectionDraft, failure: ConnectionFailure, { ports }: ConnectionParts): Unlinked {
  ports.directors.close();
  return { draft: { ...draft, keepsFormerLink: false }, link: undefined, failure };
}

/** The token that is there now was there before: another one is a new one. */
function distrusting(draft: ConnectionDraft, failure: ConnectionFailure): ConnectionDraft {
  if (failure.kind !== 'address-not-trusted') return draft;
  return { ...draft, distrustedTokenHash: draft.distrustedTokenHash ?? failure.tokenHash };
}

async function use(
  { link, isToBind, remark }: Extract<ServingDecision, { do: 'use' }>,
  pairing: StoredPairing,
  draft: ConnectionDraft,
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<Linked> {
  const used = { ...draft, certificate: link.certificate };
  if (remark !== undefined) return { draft: noteMaintenance(used, remark, parts.log), link };
  if (!isToBind) return { draft: used, link };
  const written = await recordServing(link, pairing, undefined, parts, signal);
  if ('kind' in written) return { draft: noteMaintenance(used, written, parts.log), link };
  return { draft: { ...used, pairing: written }, link };
}

async function prove(
  decision: Extract<ServingDecision, { do: 'prove' }>,
  pairing: StoredPairing,
  draft: ConnectionDraft,
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<Linked | Unlinked> {
  const { link, as, otherwise } = decision;
  let tried = draft;
  let proven = link;
  try {
    await parts.ports.directors.prove(link, signal);
  } catch (error: unknown) {
    const failure = toTold(error, 'Proving the client certificate', signal);
    const answer = toDirectorAnswer(explainFailure(failure));
    const mayHaveMoved = isMoveLikely(answer, as === 'identity-changed');
    const found = mayHaveMoved ? await findMoved(link, draft, parts, signal) : { draft, moved: undefined };
    if (found.moved === undefined) {
      const told = explainProof(failure, link.identity, pairing.state.present?.identity, false);
      if (otherwise !== undefined) return keepFormer(otherwise, link, told, found.draft, parts, signal);
      // Where the Director is gone, Connector may have told of the certificate.
      const proof = found.draft.proof ?? { answer, at: parts.time.now() };
      return giveUp({ ...found.draft, proof }, told, parts);
    }
    tried = found.draft;
    proven = found.moved;
  }
  // A pairing that an earlier life did not bring to its end answers the request as well.
  const request = as === 'paired' ? toNamedRequest(draft) : undefined;
  const written = await recordServing(proven, pairing, request, parts, signal);
  if ('kind' in written) return giveUp(tried, written, parts);
  return { draft: { ...tried, pairing: written, events: [...tried.events, as] }, link: proven };
}

/**
 * Goes on with what served until somebody stored another pair. Where that is refused and the former one is not, it is put
 * back; an outage refuses both.
 */
async function keepFormer(
  former: UclLink,
  { credential }: UclLink,
  failure: ConnectionFailure,
  draft: ConnectionDraft,
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<Linked> {
  const noted = { ...noteMaintenance(draft, failure, parts.log), certificate: former.certificate };
  const { reason } = explainFailure(failure);
  if (reason !== 'RuntimeMismatch' && reason !== 'CompassRefused') return { draft: noted, link: former };
  try {
    await parts.ports.directors.prove(former, signal);
  } catch (error: unknown) {
    toTold(error, 'Proving the former certificate', signal);
    return { draft: noted, link: former };
  }
  const { draft: mended } = await putBackOnce(former, noted, credential, parts, signal);
  return { draft: mended, link: former };
}

async function pair(
  decision: Extract<ConnectionDecision, { do: 'pair' }>,
  pairing: StoredPairing,
  draft: ConnectionDraft,
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<Linked | Unlinked> {
  const { pause, unwritten } = draft;
  const known = { stored: pairing, pause, unwritten, request: toNamedRequest(draft) };
  const outcome = await pairWithToken(decision.configuration, known, parts, signal);
  // A write whose answer is lost may have taken its effect after the read of this run.
  const isPairingFresh = draft.isPairingFresh && outcome.unwritten === undefined;
  const left = { pairing: outcome.stored, pause: outcome.pause, unwritten: outcome.unwritten };
  const tried = { ...draft, ...left, isPairingFresh };
  const isFirstPairing = draft.certificate === undefined && pairing.state.present === undefined;
  if (outcome.made !== undefined) return adopt({ ...tried, isFirstPairing }, outcome.made, 'paired');
  // What could not be written down is all that is left to tell.
  if (signal.aborted) return { draft: tried, link: undefined, failure: outcome.failure };
  const located = await locate(decision.configuration, outcome, tried, parts, signal);
  const { pairing: latest } = located.draft;
  // Connector is not asked again for an hour, so that this ends.
  if (located.isLocated && latest !== undefined) return pair(decision, latest, located.draft, parts, signal);
  if (decision.otherwise === undefined) return giveUp(located.draft, outcome.failure, parts);
  const noted = noteMaintenance(located.draft, outcome.failure, parts.log);
  return carryOut(decision.otherwise, latest ?? outcome.stored, noted, parts, signal);
}

/** Where a new certificate could not prove itself, the Director may have moved. */
async function locate(
  configuration: PairingConfiguration,
  { stored: { state }, failure }: Extract<PairingOutcome, { made: undefined }>,
  draft: ConnectionDraft,
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<Located> {
  const nowhere = { draft, isLocated: false };
  if (failure.kind !== 'unproven' || state.at !== 'signed') return nowhere;
  const link = toSignedLink(state, configuration);
  if (link === undefined || !isMoveLikely(toDirectorAnswer(failure.error), true)) return nowhere;
  return locateForPairing(link, draft, parts, signal);
}
