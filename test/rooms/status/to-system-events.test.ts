import { describe, expect, it } from 'vitest';
import type { SystemNews } from '../../../agent/status/decide-system-news.ts';
import { toSystemEvents } from '../../../agent/status/to-system-events.ts';
import type { ApplicationChange, KnownApplication } from '../../../agent/sync/sync-facts.ts';

const one: KnownApplication = { applicationId: 'id-1', name: 'mp-one', uid: 'uid-1' };
const change = (kind: ApplicationChange['kind'], because: string[] = ['services']): ApplicationChange => ({
  kind,
  application: one,
  applicationId: 'id-1',
  systemName: 'One',
  because,
});
const failing = (applicationId: string): SystemNews => ({
  news: 'failing',
  failure: { applicationId, name: 'One', reason: 'Refused', message: 'Updating Application mp-one: no.' },
  formerReasons: [],
});
const events = (news: SystemNews[], changes: ApplicationChange[] = [], cause: 'ucl' | 'drift' = 'ucl') =>
  toSystemEvents(news, changes, [one], cause);

describe('the Events on Applications', () => {
  it('say what was done, for which system, and why', () => {
    const told = events([], [change('create', []), change('update'), change('delete', ['left'])]);
    expect(told.map(({ reason, message }) => `${reason}: ${message}`)).toEqual([
      'ApplicationCreated: Created for system One (UCL id id-1).',
      'ApplicationUpdated: Updated for system One (UCL id id-1): services.',
      'ApplicationRemoved: Removed, of system One (UCL id id-1): left.',
    ]);
    expect(told.every(({ application }) => application === one)).toBe(true);
  });

  it('tell what somebody changed or deleted from what UCL changed', () => {
    const told = events([], [change('create'), change('update')], 'drift');
    expect(told.map(({ reason, message }) => `${reason}: ${message}`)).toEqual([
      'ApplicationRestored: Created again after it was deleted, for system One (UCL id id-1): services.',
      'ApplicationRestored: Restored what somebody had changed, for system One (UCL id id-1): services.',
    ]);
  });

  it('say all that was changed', () => {
    expect(events([], [change('update', ['services', 'labels'])])[0]?.message).toContain(': services, labels.');
  });

  it('say why a system fails, with the reason of the failure, before all that is well', () => {
    expect(events([failing('id-1')], [change('update')]).map(({ type, reason }) => `${type} ${reason}`)).toEqual([
      'Warning Refused',
      'Normal ApplicationUpdated',
    ]);
    expect(events([failing('id-1')])[0]).toMatchObject({
      message: 'System One (UCL id id-1): Updating Application mp-one: no.',
      application: { name: 'mp-one', uid: 'uid-1' },
    });
  });

  it('tell that a system is well again, and of what it failed, after the warnings', () => {
    const { failure } = failing('id-1') as Extract<SystemNews, { news: 'failing' }>;
    const told = events([{ news: 'recovered', failure, formerReasons: ['Refused', 'InvalidName'] }, failing('id-2')]);
    expect(told.map(({ type }) => type)).toEqual(['Warning', 'Normal']);
    expect(told[1]).toEqual({
      type: 'Normal',
      reason: 'SystemRecovered',
      message:
        'System One (UCL id id-1) is in the cluster as UCL describes it. Until now it failed (Refused, InvalidName).',
      application: one,
    });
  });

  it('of a system whose id is not known name it alone', () => {
    expect(events([failing('')])[0]?.message).toBe('System One: Updating Application mp-one: no.');
  });

  it('of a system without an Application stand on the CompassConnection', () => {
    expect(events([failing('id-2')])[0]?.application).toBeUndefined();
  });

  it('say of a held removal since when, until when, and what to do', () => {
    const since = new Date('2030-01-01T00:00:00Z');
    const hold = { id: 'abc', applicationNames: ['mp-one', 'mp-two'], since, actsAt: new Date('2030-01-01T00:10:00Z') };
    const told = events([{ news: 'held', hold }]);
    expect(told.map(({ application }) => application?.name)).toEqual(['mp-one', 'mp-two']);
    expect(told[0]).toMatchObject({ type: 'Warning', reason: 'RemovalHeld' });
    expect(told[0]?.message).toBe(
      'UCL no longer assigns a system for this Application, as one other. The removal is held since 2030-01-01T00:00:00Z, and the Application is removed at 2030-01-01T00:10:00Z at the earliest, if UCL still does not assign the system then. To keep it, assign the system to the formation of this runtime again. To remove the held Applications at once: ucl-agent approve abc',
    );
    const alone = events([{ news: 'held', hold: { ...hold, applicationNames: ['mp-one'] } }]);
    expect(alone[0]?.message).toContain('a system for this Application. The removal');
    const three = events([{ news: 'held', hold: { ...hold, applicationNames: ['mp-one', 'mp-two', 'mp-three'] } }]);
    expect(three[0]?.message).toContain('for this Application, as 2 others. The removal');
    const asked = events([{ news: 'held', hold: { ...hold, actsAt: undefined } }]);
    expect(asked[0]?.message).toContain('the Application is removed when a person approves that');
  });

  it('tell that a held Application stays, unless somebody deleted it', () => {
    const kept: SystemNews = { news: 'kept', holdId: 'abc', applicationNames: ['mp-one', 'mp-gone'] };
    expect(events([kept])).toEqual([
      {
        type: 'Normal',
        reason: 'RemovalCancelled',
        message: 'UCL assigns the system again, so the Application stays: its removal is no longer held.',
        application: one,
      },
    ]);
  });

  it('show nothing of UCL that steers a terminal, and are cut', () => {
    const hostile = { ...change('update'), systemName: '\u001b[31mOne', because: ['x'.repeat(2_000)] };
    const [told] = events([], [hostile]);
    expect(told?.message).toMatch(/^Updated for system {2}\[31mOne /);
    expect(told?.message.length).toBeLessThanOrEqual(600);
  });
});
