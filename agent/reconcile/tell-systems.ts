import { annotations } from '../domain/annotations.ts';
import { toWholeSeconds } from '../errors/explain.ts';
import { decideSystemNews, type KnownSystems, type SystemNews } from '../status/decide-system-news.ts';
import { toSystemEvents } from '../status/to-system-events.ts';
import { nameOfKey } from '../sync/deletion-policy.ts';
import type { Doers } from './doers.ts';
import type { AgentMemory } from './memory.ts';
import type { RunFacts } from './run-facts.ts';

const listedNames = 10;

/**
 * Tells what is news of single systems since the memory `before` this run: by Events on their Applications, and by a line
 * each in the log. Both CRDs have the former, and the log is where the reason stands on that of the module.
 */
export function tellSystems(
  before: AgentMemory,
  after: AgentMemory,
  facts: RunFacts,
  { events, log }: Pick<Doers, 'events' | 'log'>,
): void {
  const applied = toApplied(facts);
  const last = after.sync.last;
  if (applied === undefined || last === undefined) return;
  const now = {
    failures: last.failures,
    held: last.held,
    ended: applied.ended,
    assigned: new Set(after.sync.landscape?.applications.map(({ id }) => id)),
  };
  // A log begins with its process: it has to name what fails. Events outlive it: what they told already is no news.
  const logged = before.sync.last === undefined ? { failures: [], holds: [] } : recollect(before, facts);
  for (const one of decideSystemNews(logged, now)) logNews(log, one);
  const news = decideSystemNews(recollect(before, facts), now);
  const { changes, applications } = applied.result;
  const known = news.length === 0 ? [] : applications();
  events.recordOnSystems(toSystemEvents(news, changes, known, applied.cause));
}

function toApplied({ sync, drift }: RunFacts) {
  if (drift !== undefined) return { result: drift, ended: new Set<string>(), cause: 'drift' } as const;
  if (sync?.outcome.reached !== 'cluster') return undefined;
  const { result, prune } = sync.outcome;
  return { result, ended: new Set(prune.ended.map(({ id }) => id)), cause: 'ucl' } as const;
}

function recollect({ sync }: AgentMemory, { resource }: RunFacts): KnownSystems {
  return {
    failures: sync.last?.failures ?? resource?.status?.failures ?? [],
    holds: [...sync.prune.holds, ...sync.prune.earlier].map(({ id, keys }) => ({
      id,
      applicationNames: keys.map(nameOfKey),
    })),
  };
}

function logNews(log: Doers['log'], one: SystemNews): void {
  switch (one.news) {
    case 'failing': {
      const { formerReasons, failure } = one;
      log.warn(formerReasons.length === 0 ? 'A system fails' : 'A system fails for another reason', {
        ...failure,
        ...(formerReasons.length > 0 && { formerReasons }),
      });
      return;
    }
    case 'recovered':
    case 'left': {
      const { applicationId, name } = one.failure;
      const what = one.news === 'recovered' ? 'A system has recovered' : 'A system that failed is no longer assigned';
      log.info(what, { applicationId, name, formerReasons: one.formerReasons });
      return;
    }
    case 'held': {
      const { id, applicationNames, since, actsAt } = one.hold;
      log.warn('A removal is held', {
        hold: id,
        count: applicationNames.length,
        applications: applicationNames.slice(0, listedNames),
        since: toWholeSeconds(since),
        until: actsAt === undefined ? 'a person approves it' : toWholeSeconds(actsAt),
        toApprove: `set the annotation ${annotations.pruneApproved}: "${id}"`,
      });
      return;
    }
    case 'kept': {
      const { holdId, applicationNames } = one;
      const applications = applicationNames.slice(0, listedNames);
      log.info('Held Applications stay', { hold: holdId, count: applicationNames.length, applications });
      return;
    }
  }
}
