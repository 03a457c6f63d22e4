import { describe, expect, test } from 'vitest';
import { describeLeftOut, fullBudget, takeTokens } from '../../../../agent/kube/stores/event-budget.ts';

describe('the budget of Events on Applications', () => {
  test('allows fifty at once, and then one every five seconds', () => {
    const first = takeTokens(fullBudget(0), 1_000, 0);
    expect(first.granted).toBe(50);
    const second = takeTokens(first.budget, 10, 4_999);
    expect(second.granted).toBe(0);
    const third = takeTokens(second.budget, 10, 10_000);
    expect(third.granted).toBe(2);
    expect(takeTokens(third.budget, 10, 10_000).granted).toBe(0);
  });

  test('is full again after a rest, and never fuller', () => {
    const { budget } = takeTokens(fullBudget(0), 50, 0);
    expect(takeTokens(budget, 1_000, 24 * 3_600_000).granted).toBe(50);
  });

  test('takes no more than is wanted', () => {
    expect(takeTokens(fullBudget(0), 3, 0)).toEqual({ granted: 3, budget: { tokens: 47, at: 0 } });
  });

  test('counts what is left out by reason', () => {
    const reasons = ['Refused', 'ApplicationCreated', 'ApplicationCreated'].map((reason) => ({ reason }));
    expect(describeLeftOut(reasons)).toBe(
      '3 further Events on Applications are left out, to spare the API server (1 Refused, 2 ApplicationCreated). The state of one system: ucl-agent explain SYSTEM',
    );
  });
});
