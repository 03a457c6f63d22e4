import { adopt, type ConnectionDraft, type Linked, noteMaintenance, type Unlinked } from './connection-draft.ts';
import type { UclLink } from './connection-facts.ts';
import { type ConnectionFailure, toTold } from './connection-failure.ts';
import type { ConnectionParts } from './connection-parts.ts';
import type { ConnectionDecision } from './decide-connection.ts';
import { pairWithToken } from './pair-with-token.ts';
import type { StoredPairing } from './ports.ts';
import { recordPairing } from './record-pairing.ts';

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
      return giveUp(draft, decision.failure, parts);
    case 'use':
      return decision.isNew ? takeOver(decision.link, pairing, draft, parts, signal) : { draft, link: decision.link };
    case 'prove':
      return proveStored(decision.link, 'identity-changed', pairing, draft, parts, signal);
    case 'rebuild':
      return proveStored(decision.link, 'rebuilt', pairing, draft, parts, signal);
    case 'pair':
      return pair(decision, pairing, draft, parts, signal);
  }
}

/** What was linked before serves no more. */
function giveUp(draft: ConnectionDraft, failure: ConnectionFailure, { ports }: ConnectionParts): Unlinked {
  ports.directors.close();
  return { draft: { ...draft, keepsFormerLink: false }, link: undefined, failure };
}

async function takeOver(
  link: UclLink,
  pairing: StoredPairing,
  draft: ConnectionDraft,
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<Linked | Unlinked> {
  const written = await recordServing(link, pairing, parts, signal);
  if ('kind' in written) return { draft, link: undefined, failure: written };
  return { draft: { ...draft, pairing: written, events: [...draft.events, 'taken-over'] }, link };
}

async function proveStored(
  link: UclLink,
  event: 'identity-changed' | 'rebuilt',
  pairing: StoredPairing,
  draft: ConnectionDraft,
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<Linked | Unlinked> {
  try {
    await parts.ports.directors.prove(link, signal);
  } catch (error: unknown) {
    return giveUp(draft, toTold(error, 'Proving the client certificate', signal), parts);
  }
  const written = await recordServing(link, pairing, parts, signal);
  if ('kind' in written) return giveUp(draft, written, parts);
  return { draft: { ...draft, pairing: written, events: [...draft.events, event] }, link };
}

/** Writes down what the stored certificate serves. */
async function recordServing(
  { identity, addresses }: UclLink,
  pairing: StoredPairing,
  { ports }: ConnectionParts,
  signal: AbortSignal,
): Promise<StoredPairing | ConnectionFailure> {
  try {
    const event = { kind: 'serves', identity, addresses } as const;
    const { stored, isOurs } = await recordPairing(pairing, event, ports.credentials, signal);
    return isOurs ? stored : { kind: 'contended' };
  } catch (error: unknown) {
    return toTold(error, 'Writing the memory of pairing', signal);
  }
}

async function pair(
  decision: Extract<ConnectionDecision, { do: 'pair' }>,
  pairing: StoredPairing,
  draft: ConnectionDraft,
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<Linked | Unlinked> {
  const { pause } = draft;
  const outcome = await pairWithToken(decision, { stored: pairing, pause }, parts, signal);
  const tried = { ...draft, pairing: outcome.stored, pause: outcome.pause };
  if (outcome.made !== undefined) return adopt(tried, outcome.made, 'paired');
  if (decision.otherwise === undefined) return giveUp(tried, outcome.failure, parts);
  const noted = noteMaintenance(tried, outcome.failure, parts.log);
  return carryOut(decision.otherwise, outcome.stored, noted, parts, signal);
}
