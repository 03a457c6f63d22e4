import { classifyFailure } from '../../../agent/compass/classify-failure.ts';
import { nextScheduled, type ScheduleSetting, toPhaseMs, turnOfPastTick } from '../../../agent/pace/next-scheduled.ts';
import {
  afterRun,
  afterStart,
  afterTick,
  type DueRun,
  decideNext,
  initialPace,
  type PaceState,
  type RunOutcome,
} from '../../../agent/pace/pace-state.ts';
import { planExtraReads } from '../../../agent/pace/plan-extra-reads.ts';
import type { Signal } from '../../../agent/pace/triggers.ts';
import type { Chance } from '../../simulation/time/chance.ts';
import type { Entry, Timeline } from '../../simulation/time/timeline.ts';
import type { Answer, LightUcl } from './light-ucl.ts';

/** What a fleet is made of. */
export interface FleetMember {
  start(): void;
  /** When the last read went well. */
  readonly lastReadAt: number | undefined;
}

export interface Fleet {
  readonly timeline: Timeline;
  readonly ucl: LightUcl;
  readonly chance: Chance;
}

export interface PaceSettings {
  readonly followUpDelaysMs: readonly number[];
  readonly callsPerHour: number;
}

/** The default schedule ticks at these instants too, and as a cron expression it costs ten times as much to compute. */
const schedule: ScheduleSetting = { kind: 'period', periodMs: 180_000 };
const floorMs = 15_000;
/** A landscape of ten systems is one page. */
const callsARead = 1;
/** The timeline begins with a tick. */
const epochMs = Date.UTC(2026, 10, 22, 12);

/**
 * An agent as far as UCL sees it: the real pace and the real understanding of failures, and in place of everything else
 * one read at an instant.
 */
export class FleetAgent implements FleetMember {
  lastReadAt: number | undefined;
  readonly #fleet: Fleet;
  readonly #number: number;
  readonly #settings: PaceSettings;
  readonly #pending = new Map<Signal, number>();
  #pace: PaceState = initialPace;
  #sleep: Entry | undefined;

  constructor(fleet: Fleet, number: number, settings: PaceSettings) {
    this.#fleet = fleet;
    this.#number = number;
    this.#settings = settings;
  }

  start(): void {
    const { now } = this.#fleet.timeline;
    this.#pending.set('start', now);
    this.#step();
    const wall = new Date(epochMs + now);
    const turn = turnOfPastTick(schedule, this.#runtimeId, wall);
    if (turn !== undefined) this.#pace = afterTick(this.#pace, now, turn.getTime() - wall.getTime());
    this.#step();
    this.#tick();
  }

  #tick(): void {
    const { timeline } = this.#fleet;
    const tickAt = (Math.floor(timeline.now / 180_000) + 1) * 180_000;
    timeline.at(tickAt, () => {
      const phaseMs = toPhaseMs(schedule, this.#runtimeId, new Date(epochMs + timeline.now));
      this.#pace = afterTick(this.#pace, timeline.now, phaseMs);
      this.#step();
      this.#tick();
    });
  }

  get #runtimeId(): string {
    return `runtime-${this.#number}`;
  }

  #step(): void {
    const { timeline } = this.#fleet;
    if (this.#sleep !== undefined) this.#sleep.act = undefined;
    for (;;) {
      const next = decideNext(this.#pace, this.#pending, timeline.now, floorMs);
      if (next.do === 'sleep') {
        this.#sleep = Number.isFinite(next.until) ? timeline.at(next.until, () => this.#step()) : undefined;
        return;
      }
      for (const signal of next.taken) this.#pending.delete(signal);
      this.#run(next);
    }
  }

  #run(due: DueRun): void {
    const { timeline, ucl, chance } = this.#fleet;
    const { now } = timeline;
    const begun = afterStart(this.#pace, due, now, floorMs);
    const answer = ucl.read(this.#number, callsARead, now);
    if (answer.kind === 'read') this.lastReadAt = now;
    const random = chance.next();
    const outcome = toOutcome(answer, now);
    const after = afterRun(begun, outcome, now, floorMs, random);
    const wall = new Date(epochMs + now);
    const turn = nextScheduled(schedule, this.#runtimeId, wall);
    const run = {
      triggers: due.triggers,
      startedAt: now,
      hasRead: answer.kind === 'read',
      followUps: outcome.followUps,
      turnAt: after.scheduledAt ?? (turn && now + turn.getTime() - wall.getTime()),
      calls: callsARead,
      isRateLimited: answer.kind === 'refused' && answer.status === 429,
    };
    this.#pace = { ...after, extra: planExtraReads(begun.extra, run, this.#settings, floorMs, random) };
  }
}

function toOutcome(answer: Answer, now: number): RunOutcome {
  const failure =
    answer.kind === 'read'
      ? undefined
      : classifyFailure(
          { api: 'director', operation: 'LandscapePage', host: 'ucl.example' },
          { ...answer, kind: 'answer', bodyEmpty: answer.status !== 429, errors: [] },
        );
  return {
    failure,
    answeredAt: now,
    untold: undefined,
    writtenAt: [],
    isKept: false,
    hasSynced: true,
    hasTakenBack: false,
    nextMend: undefined,
    nextLook: undefined,
    nextChange: undefined,
    followUps: answer.kind === 'read' && answer.hasChanged ? 'begin' : 'keep',
    endedAt: now,
  };
}

const goCalls = 2;
const goPeriodMs = 180_000;

/** The Go agent as it was recorded: two calls each 180 s, counted from its start, whatever comes back. */
export class GoAgent implements FleetMember {
  lastReadAt: number | undefined;
  readonly #fleet: Fleet;
  readonly #number: number;

  constructor(fleet: Fleet, number: number) {
    this.#fleet = fleet;
    this.#number = number;
  }

  start(): void {
    const { timeline, ucl } = this.#fleet;
    if (ucl.read(this.#number, goCalls, timeline.now).kind === 'read') this.lastReadAt = timeline.now;
    timeline.after(goPeriodMs, () => this.start());
  }
}
