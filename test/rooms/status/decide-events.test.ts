import { describe, expect, it } from 'vitest';
import type { Condition } from '../../../agent/domain/connection-status.ts';
import {
  decideTransitionEvents,
  toChangeEvents,
  toHoldEvent,
  toLinkEvent,
} from '../../../agent/status/decide-events.ts';

const condition = (type: Condition['type'], status: Condition['status'], reason: string): Condition => ({
  type,
  status,
  reason,
  message: `${type} ${reason}`,
  lastTransitionTime: '2026-11-22T12:00:00Z',
});

const told = (before: readonly Condition[] | undefined, after: readonly Condition[]) =>
  decideTransitionEvents(before, after).map(({ type, reason }) => `${type} ${reason}`);

describe('the Events of the CompassConnection', () => {
  const good = condition('Connected', 'True', 'Connected');
  const bad = condition('Connected', 'False', 'CompassRefused');

  it('tell of a transition once, in both directions, and not of a good start', () => {
    expect(told(undefined, [good])).toEqual([]);
    expect(told([], [good])).toEqual([]);
    expect(told([good], [bad])).toEqual(['Warning CompassRefused']);
    expect(told([bad], [bad])).toEqual([]);
    expect(told([bad], [good])).toEqual(['Normal Connected']);
  });

  it('tell of another reason too, while the status stays', () => {
    expect(told([bad], [condition('Connected', 'False', 'TokenRefused')])).toEqual(['Warning TokenRefused']);
  });

  it('warn of a reason that is not the good one, while the status is', () => {
    expect(told([good], [condition('Connected', 'True', 'RateLimited')])).toEqual(['Warning RateLimited']);
    expect(told([condition('Connected', 'True', 'RateLimited')], [good])).toEqual(['Normal Connected']);
  });

  it('tell of a bad start, and of a hold that begins or comes back', () => {
    const held = condition('PruneHeld', 'True', 'PruneHeld');
    expect(told(undefined, [bad, held])).toEqual(['Warning CompassRefused', 'Warning PruneHeld']);
    expect(told([held], [])).toEqual([]);
    expect(told([], [held])).toEqual(['Warning PruneHeld']);
  });

  it('do not warn of what is not known yet, or was asked for', () => {
    expect(told(undefined, [condition('Synchronized', 'Unknown', 'NotYetSynchronized')])).toEqual([]);
    const synchronized = condition('Synchronized', 'True', 'Synchronized');
    expect(told([synchronized], [condition('Synchronized', 'Unknown', 'Suspended')])).toEqual(['Normal Suspended']);
  });

  it('leave out Ready and Stalled, which repeat the others', () => {
    expect(told(undefined, [condition('Ready', 'False', 'TokenRefused')])).toEqual([]);
    expect(told([], [condition('Stalled', 'True', 'TokenRefused')])).toEqual([]);
  });

  it('compare each condition with itself', () => {
    const failed = condition('Synchronized', 'False', 'ApplicationsFailed');
    expect(told([failed, good], [failed, good])).toEqual([]);
    expect(told([failed, good], [failed, bad])).toEqual(['Warning CompassRefused']);
  });

  it('tell one cause once, and leave to Connected why there is no certificate', () => {
    const unreachable = (type: Condition['type']) => condition(type, 'False', 'CompassUnreachable');
    expect(told([], [unreachable('Connected'), unreachable('Synchronized')])).toEqual(['Warning CompassUnreachable']);
    expect(told([], [bad, condition('CertificateValid', 'False', 'CertificateMissing')])).toEqual([
      'Warning CompassRefused',
    ]);
  });

  it('tell by whose word, or after what, a held removal is done', () => {
    expect(toHoldEvent({ id: 'abc', count: 3, by: 'approval' })).toEqual({
      type: 'Normal',
      reason: 'RemovalApproved',
      message:
        'The held removal abc of 3 Applications is approved by the annotation compass.kyma-project.io/prune-approved; the approval cannot be used again.',
    });
    expect(toHoldEvent({ id: 'abc', count: 1, by: 'time' })).toEqual({
      type: 'Normal',
      reason: 'RemovalConfirmed',
      message: 'The held removal abc of 1 Application is confirmed by later reads of UCL.',
    });
  });

  it('tell of Applications that came and went, and of nothing when nothing did', () => {
    expect(toChangeEvents({ create: 0, rename: 0, delete: 0, update: 5, collect: 1 })).toEqual([]);
    expect(toChangeEvents({ create: 2, rename: 3, delete: 1, update: 0, collect: 0 })).toEqual([
      { type: 'Normal', reason: 'ApplicationsChanged', message: 'Applications: created 2, renamed 3, removed 1.' },
    ]);
  });

  it('name what became of the connection', () => {
    expect(toLinkEvent('paired')).toEqual({
      type: 'Normal',
      reason: 'Paired',
      message: 'Paired with UCL by the one-time token.',
    });
    expect(toLinkEvent('restored')).toMatchObject({ type: 'Warning', reason: 'CertificateRestored' });
  });
});
