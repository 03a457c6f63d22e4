import type { LinkEvent } from '../connection/connection-facts.ts';
import { isRefused } from '../connection/connection-memory.ts';
import type { OwnTrigger, Trigger } from '../pace/triggers.ts';
import type { AgentMemory } from './memory.ts';
import type { RunFacts } from './run-facts.ts';

/** Triggers that ask for a sync themselves; the others ask to look first. */
export const syncing: ReadonlySet<Trigger> = new Set(['start', 'schedule', 'retry', 'follow-up', 'clock']);

/** These come without anybody's act. */
const own: ReadonlySet<Trigger> = new Set<OwnTrigger>(['schedule', 'retry', 'follow-up', 'probe', 'look']);

/** Nobody waits for the run, since nobody acted. Pure. */
export function isByItself({ requests }: RunFacts, triggers: readonly Trigger[]): boolean {
  return triggers.every((trigger) => own.has(trigger)) && Object.keys(requests.asked).length === 0;
}

/** Neither a person, nor what people steer the agent by, asked for the run. Pure. */
export function isUnasked(facts: RunFacts, triggers: readonly Trigger[]): boolean {
  return isByItself(
    facts,
    triggers.filter((trigger) => trigger !== 'drift'),
  );
}

/** All that is due is to put back what drifted. Pure. */
export function isDriftAlone(memory: AgentMemory, { requests }: RunFacts, triggers: readonly Trigger[]): boolean {
  const isAsked = Object.keys(requests.asked).length > 0;
  return (
    triggers.every((trigger) => trigger === 'drift') && !isAsked && !memory.isResting && memory.sync.last !== undefined
  );
}

/** Why UCL is to be read now; undefined: it need not be. Pure. */
export function decideSync(memory: AgentMemory, facts: RunFacts, triggers: readonly Trigger[]): string | undefined {
  const { asked, approvedIds } = facts.requests;
  const { last } = memory.sync;
  if (asked.sync !== undefined) return 'manual';
  if (asked.renew !== undefined) return 'renewal';
  if (isNewLink(facts)) return 'connected';
  const due = triggers.find((trigger) => syncing.has(trigger));
  if (due !== undefined) return due;
  // What happened while there was no connection is not known. A refusal ends with an answer, and that has its pace.
  const isBack = memory.connectionError !== undefined && !isRefused(memory.connection.standing);
  if (isBack) return 'connected';
  const isDue = last === undefined || memory.isResting || last.held.some(({ id }) => approvedIds.includes(id));
  return isDue ? 'change' : undefined;
}

/** After these there is nothing new to read. */
const quietEvents: ReadonlySet<LinkEvent> = new Set(['renewed', 'taken-over', 'restored']);

export function isNewLink({ connection }: RunFacts): boolean {
  return connection?.events.some((event) => !quietEvents.has(event)) ?? false;
}
