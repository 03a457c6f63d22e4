import { type Agent, assembleAgent } from '../../../agent/assemble-agent.ts';
import type { Config } from '../../../agent/config/config.ts';
import type { KeySource } from '../../../agent/connection/ports.ts';
import type { LeaseTimings } from '../../../agent/leadership/decide-claim.ts';
import type { LogFields, Logger } from '../../../agent/log/logger.ts';
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
import { candidateOf, end, freeze, inProcess, type Life, thaw } from './life.ts';

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
  onSend(line: string, life: Life): void;
  onDeath(life: Life): void;
  onCutOff(life: Life): void;
}

/** For how long a process is to stand still, and how much it sends before. */
interface Halt {
  readonly afterSends: number;
  readonly forMs: number;
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
  #halt: Halt | undefined;

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
      held: undefined,
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
    if (this.life !== undefined) inProcess(this.life, () => this.#stop.abort());
  }

  /** Stops the process for a while, as SIGSTOP does, unless it is dead: at once, or when it has sent so much. */
  freeze(halt: Halt): void {
    if (halt.afterSends === 0) this.#freeze(halt);
    else this.#halt = halt;
  }

  /** Lets it go on, and stops it no more. */
  goOn(): void {
    this.#halt = undefined;
    if (this.life !== undefined) thaw(this.life, this.#world.timeline);
  }

  #freeze({ forMs }: Halt): void {
    const { life } = this;
    if (life === undefined || life.isDead) return;
    const world = this.#world;
    freeze(life);
    world.onCutOff(life);
    world.timeline.after(forMs, () => thaw(life, world.timeline));
  }

  #onSend(line: string, life: Life): void {
    this.#world.onSend(line, life);
    const halt = this.#halt;
    if (halt === undefined) return;
    this.#halt = halt.afterSends > 1 ? { ...halt, afterSends: halt.afterSends - 1 } : undefined;
    if (this.#halt === undefined) this.#freeze(halt);
  }

  /** The wall clock was set. The program compares its clocks each second, which would be most of what happens in a history. */
  noticeJump(): void {
    const { life } = this;
    if (life === undefined) return;
    inProcess(life, () => {
      this.#retick.abort();
      this.#agent?.signal('clock');
    });
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
          onSend: (line) => this.#onSend(line, life),
        }),
        openCompassExchange: createUclOpener(life, {
          timeline,
          ucl,
          chance: wayChance,
          onCall: (call) => world.onUclCall(call, life),
          onDelivered: (call) => world.onUclDelivered(call, life),
          onLost: (call) => world.onUclLost(call, life),
          onSend: (line) => this.#onSend(line, life),
        }),
        keys,
        time,
        random: () => chance.next(),
        candidate: candidateOf(life),
        leaseTimings: world.leaseTimings,
        uniqueId: () => {
          runs += 1;
          return `run-${runs}`;
        },
        log: this.#listen(life),
        registerSecret: () => undefined,
        version: 'simulated',
        heapLimitBytes: 384 * 2 ** 20,
      },
      this.#stop.signal,
    );
  }

  /** What the agent says of its Lease is all that there is to hear of a run that was cut off. */
  #listen(life: Life): Logger {
    const hear = (_message: string, fields?: LogFields) => {
      if (fields?.reason === 'LeadershipLost') this.#world.onCutOff(life);
    };
    return { ...silentLog, info: hear, warn: hear };
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
