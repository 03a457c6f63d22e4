import { describe, expect, it } from 'vitest';
import type { Condition } from '../../../agent/domain/connection.ts';
import { ConnectionEvents } from '../../../agent/loop/connection-events.ts';

const condition = (type: Condition['type'], status: Condition['status'], reason: string): Condition => ({
  type,
  status,
  reason,
  message: `${type} ${reason}`,
  lastTransitionTime: '2026-11-22T12:00:00Z',
});

function tell(events: ConnectionEvents): string[] {
  const told: string[] = [];
  events.tell({ record: ({ type, reason }) => void told.push(`${type} ${reason}`) });
  return told;
}

describe('the Events of the CompassConnection', () => {
  it('tell of a transition once, in both directions, and not of a good start', () => {
    const events = new ConnectionEvents();
    const good = condition('Connected', 'True', 'Connected');
    const bad = condition('Connected', 'False', 'CompassRefused');
    events.noteConditions([good]);
    expect(tell(events)).toEqual([]);
    for (const state of [bad, bad, good, good]) events.noteConditions([state]);
    expect(tell(events)).toEqual(['Warning CompassRefused', 'Normal Connected']);
    expect(tell(events)).toEqual([]);
  });

  it('tell of a bad start, and of a hold that comes back', () => {
    const events = new ConnectionEvents();
    const held = condition('PruneHeld', 'True', 'PruneHeld');
    events.noteConditions([condition('Connected', 'False', 'TokenRefused'), held]);
    events.noteConditions([]);
    events.noteConditions([held]);
    expect(tell(events)).toEqual(['Warning TokenRefused', 'Warning PruneHeld', 'Warning PruneHeld']);
  });

  it('leave out Ready and Stalled, which repeat the others', () => {
    const events = new ConnectionEvents();
    events.noteConditions([condition('Ready', 'False', 'X'), condition('Stalled', 'True', 'X')]);
    expect(tell(events)).toEqual([]);
  });

  it('tell of Applications that came and went, and of nothing when nothing did', () => {
    const events = new ConnectionEvents();
    events.noteChanges({ create: 0, rename: 0, delete: 0, update: 5, collect: 1 });
    expect(tell(events)).toEqual([]);
    events.noteChanges({ create: 2, rename: 0, delete: 1, update: 0, collect: 0 });
    events.noteLink('paired');
    expect(tell(events)).toEqual(['Normal ApplicationsChanged', 'Normal Paired']);
  });
});
