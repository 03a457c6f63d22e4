import { describe, expect, it } from 'vitest';
import { generateHistory } from './history/generate-history.ts';
import { runHistory } from './history/run-history.ts';
import { findKnown, knownViolations } from './known-violations.ts';
import { mutations } from './mutations.ts';

describe('a history', () => {
  it('is the same on every run of its seed', async () => {
    for (let seed = 1; seed <= 25; seed += 1) {
      const history = generateHistory(seed);
      const first = await runHistory(history, { keepsTrace: true });
      const second = await runHistory(history, { keepsTrace: true });
      expect(second).toEqual(first);
    }
  });

  it('differs from seed to seed', async () => {
    const outcomes = [];
    for (let seed = 1; seed <= 10; seed += 1)
      outcomes.push(await runHistory(generateHistory(seed), { keepsTrace: true }));
    expect(new Set(outcomes.map(({ trace }) => trace.join('\n'))).size).toBe(10);
  });
});

describe('two agents', () => {
  it('share one UCL and one cluster, each with deaths of its own, and none of them throws', async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const history = generateHistory(seed, 2);
      const [one, other] = [
        await runHistory(history, { agents: 2, keepsTrace: true }),
        await runHistory(history, { agents: 2, keepsTrace: true }),
      ];
      expect(other).toEqual(one);
      expect(one.trace.some((line) => line.endsWith('agent-2.1 starts'))).toBe(true);
      expect(one.violation?.invariant).not.toBe('no-crash');
    }
  });
});

describe('the known violations', () => {
  it('are all still there', async () => {
    const gone = [];
    for (const known of knownViolations) {
      const history = generateHistory(known.seed);
      const { violation } = await runHistory(history);
      const found = violation && findKnown(violation, history);
      if (found !== known) gone.push(known.line);
    }
    expect(gone).toEqual([]);
  });
});

describe('the mutations', () => {
  it('are at least 25, each of its own name and with the invariant that finds it', () => {
    expect(mutations.length).toBeGreaterThanOrEqual(25);
    expect(new Set(mutations.map(({ name }) => name)).size).toBe(mutations.length);
    for (const { name, invariant } of mutations) expect(invariant, name).not.toBe('');
  });
});
