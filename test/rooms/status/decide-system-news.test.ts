import { describe, expect, it } from 'vitest';
import type { SystemFailure } from '../../../agent/domain/connection-status.ts';
import { decideSystemNews, type KnownSystems, type SystemsNow } from '../../../agent/status/decide-system-news.ts';

const nothing: SystemsNow = { failures: [], held: [], ended: new Set(), assigned: new Set(['one', 'two']) };
const failure = (applicationId: string, reason: string, message = reason): SystemFailure => ({
  applicationId,
  name: `System ${applicationId}`,
  reason,
  message,
});
const held = (id: string, ...names: string[]) => ({
  id,
  applicationNames: names,
  since: new Date('2030-01-01T00:00:00Z'),
  actsAt: undefined,
});
const news = (before: Partial<KnownSystems>, after: Partial<SystemsNow>) =>
  decideSystemNews({ failures: [], holds: [], ...before }, { ...nothing, ...after });

describe('news of single systems', () => {
  const conflict = failure('one', 'NameConflict');

  it('are that one begins to fail, once, whatever its message says later', () => {
    const begun = [{ news: 'failing', failure: conflict, formerReasons: [] }];
    expect(news({}, { failures: [conflict] })).toEqual(begun);
    expect(news({ failures: [conflict] }, { failures: [failure('one', 'NameConflict', 'other words')] })).toEqual([]);
  });

  it('are that it fails for another reason, and name the former one', () => {
    const refused = failure('one', 'Refused');
    expect(news({ failures: [conflict] }, { failures: [refused] })).toEqual([
      { news: 'failing', failure: refused, formerReasons: ['NameConflict'] },
    ]);
    expect(news({ failures: [conflict, refused] }, { failures: [refused] })).toEqual([]);
  });

  it('tell a reason once that several bundles of a system have', () => {
    const twice = [failure('one', 'EmptyCredential', 'a'), failure('one', 'EmptyCredential', 'b')];
    expect(news({}, { failures: twice })).toHaveLength(1);
  });

  it('are that it is well again, and not so of one that left', () => {
    const ended = { failure: conflict, formerReasons: ['NameConflict'] };
    expect(news({ failures: [conflict] }, {})).toEqual([{ news: 'recovered', ...ended }]);
    expect(news({ failures: [conflict] }, { assigned: new Set() })).toEqual([{ news: 'left', ...ended }]);
  });

  it('are that a removal is held, once for each hold', () => {
    const holds = [held('h1', 'mp-a', 'mp-b')];
    expect(news({}, { held: holds })).toEqual([{ news: 'held', hold: holds[0] }]);
    expect(news({ holds }, { held: holds })).toEqual([]);
  });

  it('are that held Applications stay, some of them or all, and not so when the hold ended in their removal', () => {
    const holds = [held('h1', 'mp-a', 'mp-b')];
    const kept = (...applicationNames: string[]) => [{ news: 'kept', holdId: 'h1', applicationNames }];
    expect(news({ holds }, { held: [held('h1', 'mp-b')] })).toEqual(kept('mp-a'));
    expect(news({ holds }, {})).toEqual(kept('mp-a', 'mp-b'));
    expect(news({ holds }, { ended: new Set(['h1']) })).toEqual([]);
  });
});
