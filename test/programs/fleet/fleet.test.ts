import { describe, expect, it } from 'vitest';
import { Gateway } from './gateway.ts';
import { LightUcl } from './light-ucl.ts';
import { type Figures, runScenario, type Scenario } from './run-scenario.ts';
import { toPlot } from './to-plot.ts';

const second = 1_000;
const minute = 60 * second;
const withFollowUps = {
  name: 'with',
  pace: { followUpDelaysMs: [30, 60, 120].map((s) => s * second), callsPerHour: 15 },
};
const withoutFollowUps = { name: 'without', pace: { followUpDelaysMs: [], callsPerHour: 0 } };
const goAgent = { name: 'Go', pace: undefined };

const aScenario = (changes: Partial<Scenario> = {}): Scenario => ({
  name: 'small',
  title: 'A small fleet',
  agents: 20,
  pods: 1,
  durationMs: 60 * minute,
  startsWithinMs: 3 * minute,
  arrivalsADay: 0,
  healedAt: 0,
  prepare() {},
  ...changes,
});

describe("the gateway's limit", () => {
  const countServed = (gateway: Gateway, now: number, calls: number) =>
    Array.from({ length: calls }, () => gateway.take(now)).filter(Boolean).length;

  it('lets a burst through, then so many each 30 s, and never saves more than the burst', () => {
    const gateway = new Gateway(1);
    expect(countServed(gateway, 0, 4_000)).toBe(3_000);
    expect(countServed(gateway, 29 * second, 10)).toBe(0);
    expect(countServed(gateway, 31 * second, 400)).toBe(300);
    expect(countServed(gateway, 24 * 60 * minute, 4_000)).toBe(3_000);
    expect(gateway.loads.slice(0, 2)).toEqual([
      { calls: 4_010, refused: 1_010 },
      { calls: 400, refused: 100 },
    ]);
  });

  it('grows with the pods, and a pod that goes takes its share with it', () => {
    const gateway = new Gateway(5);
    gateway.scale(1);
    expect(countServed(gateway, 0, 9_000)).toBe(3_000);
    gateway.scale(2);
    expect(countServed(gateway, 0, 9_000)).toBe(3_000);
  });
});

describe('what a fleet reads', () => {
  it('is a system when it is visible, and its credentials later, each once', () => {
    const ucl = new LightUcl(1);
    ucl.arrive(1, 10, 50);
    const changes = [0, 10, 20, 60, 70].map((now) => ucl.read(1, 1, now));
    expect(changes.map((answer) => answer.kind === 'read' && answer.hasChanged)).toEqual([
      false,
      true,
      false,
      true,
      false,
    ]);
    expect(ucl.waitsMs).toEqual([50]);
  });

  it('is nothing in an outage, nor where the limit is reached in the midst of it', () => {
    const ucl = new LightUcl(1);
    ucl.retryAfterMs = 5;
    for (let call = 0; call < 2_999; call += 1) ucl.gateway.take(0);
    expect(ucl.read(1, 2, 0)).toEqual({ kind: 'refused', status: 429, retryAfterMs: 5 });
    ucl.isDown = true;
    expect(ucl.read(1, 2, 40 * second)).toMatchObject({ status: 502 });
  });
});

describe('a fleet', () => {
  it('takes one call for each agent and turn, and two of the Go agent', async () => {
    const atOnce = aScenario({ startsWithinMs: 0 });
    const [own, go] = [await runScenario(atOnce, withoutFollowUps), await runScenario(atOnce, goAgent)];
    // Beside the schedule each one reads when it starts.
    expect(own.mean * 120).toBe(20 * 21);
    expect(go.mean * 120).toBe(20 * 2 * 20);
  });

  it('has the credentials sooner with follow-ups, for few calls more', async () => {
    const busy = aScenario({ arrivalsADay: 48 });
    const [with_, without] = [await runScenario(busy, withFollowUps), await runScenario(busy, withoutFollowUps)];
    expect(with_.medianWaitMs).toBeLessThan(without.medianWaitMs - 30 * second);
    expect(with_.mean).toBeLessThan(without.mean * 1.5);
    expect(with_.mean).toBeGreaterThan(without.mean);
  });

  it('recovers from an outage within its longest pause and the jitter, counted from its end', async () => {
    const outage = aScenario({
      healedAt: 30 * minute,
      prepare: ({ timeline, ucl }) => {
        ucl.isDown = true;
        timeline.at(30 * minute, () => {
          ucl.isDown = false;
        });
      },
    });
    const { recoveredMs = Number.POSITIVE_INFINITY } = await runScenario(outage, withFollowUps);
    expect(recoveredMs).toBeGreaterThan(minute);
    expect(recoveredMs).toBeLessThanOrEqual(331 * second);
    const endless = aScenario({
      prepare: ({ ucl }) => {
        ucl.isDown = true;
      },
    });
    const never = await runScenario(endless, withFollowUps);
    expect(never.recoveredMs).toBeUndefined();
  });

  it('does the same each time', async () => {
    const busy = aScenario({ arrivalsADay: 48 });
    expect(await runScenario(busy, withFollowUps)).toEqual(await runScenario(busy, withFollowUps));
  });
});

describe('a plot', () => {
  it('has a line for each fleet, up to the top where the most calls came, and the most of each stretch', () => {
    const loads = Array.from({ length: 480 }, (_, index) => ({ calls: index === 101 ? 50 : 1, refused: 0 }));
    const figures: Figures = {
      scenario: 'small',
      variant: 'ours',
      loads,
      peak: 50,
      mean: 1,
      refused: 0,
      recoveredMs: 0,
      medianWaitMs: 0,
      longWaitMs: 0,
    };
    const svg = toPlot('A title', [figures, { ...figures, variant: 'theirs' }]);
    expect(svg.match(/<polyline/g)).toHaveLength(2);
    const points = /points="([^"]*)"/.exec(svg)?.[1]?.split(' ') ?? [];
    expect(points).toHaveLength(240);
    expect(points.filter((point) => point.endsWith(',44.0'))).toHaveLength(1);
    expect(svg).toContain('4 h');
  });
});
