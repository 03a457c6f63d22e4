import { type Agent, assembleAgent } from '../../../agent/assemble-agent.ts';
import type { Config } from '../../../agent/config/config.ts';
import type { KeySource } from '../../../agent/connection/ports.ts';
import { type LeaseTimings, toCandidate } from '../../../agent/leadership/decide-claim.ts';
import type { Logger } from '../../../agent/log/logger.ts';
import { nextTick } from '../../../agent/pace/next-scheduled.ts';
import type { Time } from '../../../agent/time/time.ts';
import type { ApiServer } from '../cluster/api-server.ts';
import type { Chance } from '../time/chance.ts';
import type { Clock } from '../time/clock.ts';
import { createLifeTime } from '../time/clock.ts';
import type { Timeline } from '../time/timeline.ts';
import type { Ucl, UclCall } from '../ucl/ucl.ts';
import { createClusterExchange } from './create-cluster-exchange.ts';
import { createUclOpener } from './create-ucl-opener.ts';
import { end, type Life } from './life.ts';

/** What a process has around it, and who is told of what it does. */
export interface Surroundings {
  readonly timeline: Timeline;
  readonly clock: Clock;
  readonly ucl: Ucl;
  readonly server: ApiServer;
  readonly config: Config;
  readonly keys: KeySource;
  readonly leaseTimings: LeaseTimings;
  chance(name: string): Chance;
  note(line: string): void;
  violate(invariant: string, message: string): void;
  onUclCall(call: UclCall, life: Life): void;
  onUclDelivered(call: UclCall, life: Life): void;
  onUclLost(call: UclCall, life: Life): void;
  onDeath(life: Life): void;
}

/** What the world does with one installation of the agent: starts it, kills it, asks it to stop. */
export class AgentProcess {
  readonly name: string;
  readonly #world: Surroundings;
  life: Life | undefined;
  #stop = new AbortController();
  #retick = new AbortController();
  #agent: Agent | undefined;
  #lives = 0;

  constructor(name: string, world: Surroundings) {
    this.name = name;
    this.#world = world;
  }

  /** Starts the process, unless one runs. */
  start(): void {
    if (this.life?.isDead === false) return;
    const world = this.#world;
    this.#lives += 1;
    const life: Life = {
      agent: this.name,
      number: this.#lives,
      isDead: false,
      calls: 0,
      dies: undefined,
      onDeath: () => world.onDeath(life),
      listening: new Set(),
    };
    world.note(`${this.name}.${life.number} starts`);
    this.life = life;
    this.#stop = new AbortController();
    const time = createLifeTime(world.timeline, world.clock, life);
    const agent = this.#assemble(life, time);
    this.#agent = agent;
    void this.#tick(agent, life, time);
    const ended = agent.run(this.#stop.signal, new AbortController().signal);
    ended.then(
      () => this.#end(agent, life),
      (error: unknown) => {
        world.violate('no-crash', `The loop threw ${error instanceof Error ? error.stack : String(error)}`);
      },
    );
  }

  /** Asks it to end in order. */
  stop(): void {
    this.#stop.abort();
  }

  /** The wall clock was set. The program compares its clocks each second, which would be most of what happens in a history. */
  noticeJump(): void {
    this.#retick.abort();
    this.#agent?.signal('clock');
  }

  #assemble(life: Life, time: Time): Agent {
    const world = this.#world;
    const { timeline, ucl, server, config, keys } = world;
    const chance = world.chance(`${life.agent}.${life.number}`);
    const wayChance = world.chance(`${life.agent}.${life.number} ways`);
    let runs = 0;
    return assembleAgent(
      {
        config,
        kubeExchange: createClusterExchange(life, {
          timeline,
          server,
          chance: wayChance,
          onCall: (line) => world.note(`${life.agent}.${life.number} ${line}`),
        }),
        openCompassExchange: createUclOpener(life, {
          timeline,
          ucl,
          chance: wayChance,
          onCall: (call) => world.onUclCall(call, life),
          onDelivered: (call) => world.onUclDelivered(call, life),
          onLost: (call) => world.onUclLost(call, life),
        }),
        keys,
        time,
        random: () => chance.next(),
        candidate: toCandidate(life.agent, life.agent, String(life.number)),
        leaseTimings: world.leaseTimings,
        uniqueId: () => {
          runs += 1;
          return `run-${runs}`;
        },
        log: silentLog,
        registerSecret: () => undefined,
        version: 'simulated',
        heapLimitBytes: 384 * 2 ** 20,
      },
      this.#stop.signal,
    );
  }

  async #tick(agent: Agent, life: Life, time: Time): Promise<void> {
    const { schedule } = this.#world.config;
    while (!this.#stop.signal.aborted && !life.isDead) {
      this.#retick = new AbortController();
      const now = time.now();
      const next = nextTick(schedule, now);
      if (next === undefined) return;
      const signal = AbortSignal.any([this.#stop.signal, this.#retick.signal]);
      await time.sleepUntil(time.instant() + next.getTime() - now.getTime(), signal);
      if (!signal.aborted) agent.signal('tick');
    }
  }

  #end(agent: Agent, life: Life): void {
    agent.close();
    void agent.cluster.stop().then(() => {
      end(life);
      this.#world.note(`${life.agent}.${life.number} ended`);
    });
  }
}

const silentLog: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
};
