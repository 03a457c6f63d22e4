import { describe, expect, it } from 'vitest';
import type { Action } from '../../../agent/sync/action.ts';
import { explainRivalries } from '../../../agent/sync/explain-rivalries.ts';
import {
  isTold,
  noticeUndone,
  type Rivalry,
  rememberWrites,
  toFirstWriteAt,
  toNextWriteAt,
} from '../../../agent/sync/rivalries.ts';
import { anApplication } from '../../data/builders/kubernetes-objects.ts';

const minute = 60_000;
const now = new Date('2026-11-22T12:00:00Z');
const rivalry = (changes: Partial<Rivalry> = {}): Rivalry => ({
  applicationId: 'id-1',
  systemName: 'One',
  wanted: 'digest',
  writes: 2,
  lastWriteAt: 0,
  futile: 2,
  fields: [['spec', 'description']],
  isAddition: false,
  isStanding: true,
  by: { kind: 'manager', name: 'rival' },
  ...changes,
});
const told = (one: Rivalry, instant = 0) => explainRivalries(new Map([['Application mp-one', one]]), { now, instant });
const path = (name: string) => ['spec', name];

describe('what is told of a rival', () => {
  it('names the object, three places, the rival and the next write', () => {
    const fields = ['a', 'b', 'c'].map(path);
    expect(told(rivalry({ fields })).failures).toEqual([
      {
        applicationId: 'id-1',
        name: 'One',
        reason: 'ChangedByOthers',
        message:
          'Application mp-one: spec.a, spec.b, spec.c is changed by the field manager "rival", each time that the agent writes it (2 times); the next write is at 2026-11-22T12:01:00Z at the earliest. Have that one leave the field alone, or have the agent leave the Application alone by the annotation compass.kyma-project.io/reconcile: disabled.',
      },
    ]);
    const more = told(rivalry({ fields: [...fields, path('d')] })).failures[0]?.message;
    expect(more).toContain('mp-one: spec.a, spec.b, spec.c and more is changed');
  });

  it('names no moment for the next write that has passed', () => {
    expect(told(rivalry(), 0.25 * minute).failures[0]?.message).toContain('is at 2026-11-22T12:00:45Z at');
    expect(told(rivalry(), 5 * minute).failures[0]?.message).toContain('is at 2026-11-22T12:00:00Z at');
  });

  it('is a remark alone where something is only added, and nothing before it has happened twice', () => {
    const { failures, remarks } = told(rivalry({ isAddition: true }));
    expect([failures.length, remarks]).toEqual([0, [expect.stringContaining('spec.description is added to by')]]);
    expect(told(rivalry({ futile: 1 }))).toEqual({ failures: [], remarks: [] });
    expect(told(rivalry({ futile: 1, by: { kind: 'admission' } })).failures).toHaveLength(1);
  });

  it('ends two pauses after the last write, once the object is as it should be', () => {
    const mended = rivalry({ isStanding: false });
    expect(isTold(mended, 2 * minute - 1)).toBe(true);
    expect(isTold(mended, 2 * minute)).toBe(false);
  });
});

describe('what is remembered of rivals', () => {
  it('is forgotten after an hour in which the object stayed as it should be, and not before', () => {
    const kept = (one: Rivalry, at: number) => rememberWrites(new Map([['Application mp-one', one]]), [], at).size;
    const quiet = rivalry({ isStanding: false, lastWriteAt: 10 * minute });
    expect([kept(quiet, 70 * minute - 1), kept(quiet, 70 * minute)]).toEqual([1, 0]);
    expect(kept(rivalry({ lastWriteAt: 10 * minute }), 200 * minute)).toBe(1);
  });

  it('is nothing of an object that was made just now, and all of one that was made again', () => {
    const action: Action = {
      ...{
        kind: 'create',
        applicationId: 'id-1',
        systemName: 'One',
        applicationName: 'mp-one',
        because: [],
        steps: [],
      },
    };
    const made = { object: 'Application mp-one', wanted: 'digest', undone: [], isAddition: false, isNew: true };
    const result = { action, failure: undefined, isStale: false, refused: undefined, removed: 0, kept: [] };
    const remembered = (known: readonly [string, Rivalry][]) =>
      rememberWrites(new Map(known), [{ ...result, createdUid: 'uid-1', written: [made] }], minute);
    expect(remembered([]).size).toBe(0);
    expect(remembered([['Application mp-one', rivalry({ wanted: 'another' })]]).size).toBe(0);
    expect(remembered([['Application mp-one', rivalry()]]).get('Application mp-one')).toMatchObject({
      writes: 2,
      futile: 2,
    });
  });

  it('has its rival looked up again only after another write', () => {
    const change = { wanted: 'digest', fields: [path('description')], isAddition: false };
    const action: Action = {
      ...{ kind: 'update', applicationId: 'id-1', systemName: 'One', applicationName: 'mp-one', because: [] },
      steps: [{ do: 'update-application', resource: anApplication('mp-one'), change }],
    };
    const noticed = (one: Rivalry) =>
      noticeUndone(new Map([['Application mp-one', one]]), [action]).get('Application mp-one');
    expect(noticed(rivalry())?.by).toEqual({ kind: 'manager', name: 'rival' });
    expect(noticed(rivalry({ writes: 3 }))).toMatchObject({ by: undefined, futile: 3 });
  });

  it('says when the first write is due that waits', () => {
    const rivalries = new Map([
      ['passed', rivalry({ lastWriteAt: -10 * minute })],
      ['later', rivalry({ futile: 4, writes: 4 })],
      ['first', rivalry({ futile: 3, writes: 3 })],
      ['mended', rivalry({ isStanding: false })],
    ]);
    expect([...rivalries.values()].map(toNextWriteAt)).toEqual([-9 * minute, 4 * minute, 2 * minute, minute]);
    expect(toFirstWriteAt(rivalries, 0)).toBe(2 * minute);
    expect(toFirstWriteAt(rivalries, 2 * minute)).toBe(4 * minute);
    expect(toFirstWriteAt(rivalries, 4 * minute)).toBeUndefined();
  });
});
