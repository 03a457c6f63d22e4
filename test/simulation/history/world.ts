import type { Config } from '../../../agent/config/config.ts';
import { defaultLeaseTimings, type LeaseTimings } from '../../../agent/leadership/decide-claim.ts';
import { AgentProcess, type Surroundings } from '../agent/agent-process.ts';
import { candidateOf, kill, type Life } from '../agent/life.ts';
import { ApiServer, type KubeWrite } from '../cluster/api-server.ts';
import { encode, type Place, type StoredObject } from '../cluster/object.ts';
import type { Snapshot } from '../cluster/storage.ts';
import { Chance } from '../time/chance.ts';
import { Clock } from '../time/clock.ts';
import { Timeline } from '../time/timeline.ts';
import { createKeySource } from '../ucl/certificates.ts';
import { connectorUrl, runtimeId, tenant, Ucl, type UclCall } from '../ucl/ucl.ts';
import type { Observer } from './observer.ts';
import { toConfig, type WorldSettings } from './settings.ts';

/** Something that must never be, with the rule that it breaks. */
export interface Violation {
  readonly invariant: string;
  readonly message: string;
  readonly at: number;
}

export const places = {
  connection: { plural: 'compassconnections', namespace: '', name: 'compass-connection' },
  configuration: { plural: 'secrets', namespace: 'kyma-system', name: 'compass-agent-configuration' },
  client: { plural: 'secrets', namespace: 'kyma-system', name: 'cluster-client-certificates' },
  pairing: { plural: 'secrets', namespace: 'kyma-system', name: 'ucl-agent-pairing' },
  lease: { plural: 'leases', namespace: 'kyma-system', name: 'ucl-agent' },
  authority: { plural: 'secrets', namespace: 'istio-system', name: 'kyma-gateway-certs-cacert' },
} as const satisfies Record<string, Place>;

/** Nobody waits for the Lease of a lone agent, and its renewals would be most of what happens in a history. */
const loneLeaseTimings: LeaseTimings = { durationMs: 180_000, renewDeadlineMs: 120_000, retryMs: 60_000 };

/** UCL, a cluster and the agent's processes, in virtual time. What happens in it follows from seed and steps alone. */
export class World implements Surroundings {
  readonly seed: number;
  readonly settings: WorldSettings;
  readonly config: Config;
  readonly timeline = new Timeline();
  /** The wall clock of the cluster, which people can set. */
  readonly clock: Clock;
  readonly ucl: Ucl;
  readonly server: ApiServer;
  readonly agents: readonly AgentProcess[];
  readonly keys = createKeySource();
  readonly leaseTimings: LeaseTimings;
  readonly violations: Violation[] = [];
  readonly observers: Observer[] = [];
  /** What happened, one line each; for people, and for comparing two runs. */
  readonly trace: string[] = [];
  /** Something has happened that can keep a watch from telling what others write. */
  isWatchTroubled = false;
  /** The wall clock was wrong at some time. */
  isClockTroubled = false;
  /** The agent may not have been able to use the Lease, and then it works without. */
  isElectionBarred = false;
  /** The longest that anything was on its way to UCL. */
  slowestWayMs = 0;
  /** The token that people last put. */
  token = '';
  /** When all objects were last put back. */
  restoredAt: number | undefined;
  /** All objects, as they were before each step. */
  readonly backups: Snapshot[] = [];
  readonly #keepsTrace: boolean;
  readonly #held = new Set<() => void>();

  constructor(seed: number, settings: WorldSettings, { keepsTrace = false, agents = 1 } = {}) {
    this.seed = seed;
    this.settings = settings;
    this.config = toConfig(settings.env);
    this.#keepsTrace = keepsTrace;
    this.leaseTimings = agents === 1 ? loneLeaseTimings : defaultLeaseTimings;
    this.clock = new Clock(this.timeline);
    this.ucl = new Ucl(this.timeline, this.chance('ucl'), settings.certificateLifeMs);
    this.server = new ApiServer(this.timeline, this.chance('server'), this.clock, settings.hasStatus);
    this.server.onWrite.push((write) => {
      if (keepsTrace) this.note(describeWrite(write));
      for (const observer of this.observers) observer.onWrite?.(write);
    });
    for (let count = 0; count < settings.systems; count += 1) this.ucl.landscape.arrive();
    this.configure(this.ucl.connector.issueToken());
    this.agents = Array.from({ length: agents }, (_, index) => new AgentProcess(`agent-${index + 1}`, this));
  }

  chance(name: string): Chance {
    return new Chance(this.seed, name);
  }

  /** Puts a token into the configuration Secret, as whoever registers the runtime does. */
  configure(token: string, mistyped: Readonly<Record<string, string>> = {}): void {
    this.token = token;
    const right = { CONNECTOR_URL: connectorUrl, TOKEN: token, RUNTIME_ID: runtimeId, TENANT: tenant };
    const data = encode({ ...right, ...mistyped });
    const present = this.server.storage.get(places.configuration);
    if (present === undefined) this.server.create(places.configuration, { apiVersion: 'v1', kind: 'Secret', data });
    else this.server.change(places.configuration, (secret) => ({ ...secret, data }));
  }

  /** Holds for a time, and at the latest until everything is let go. */
  during(forMs: number, end: () => void): void {
    const letGo = () => {
      if (this.#held.delete(letGo)) end();
    };
    this.#held.add(letGo);
    this.timeline.after(forMs, letGo);
  }

  cutStreams(): void {
    for (const cut of [...this.server.streams]) cut();
  }

  letGo(): void {
    for (const end of this.#held) end();
  }

  /**
   * Whom the Lease names that is not this process; undefined: nobody else leads. Of a Lease that a backup has put back the
   * process hears with its next look. Where processes may not use Leases, nobody leads.
   */
  otherLeader(life: Life): string | undefined {
    if (this.isElectionBarred) return undefined;
    const { renewDeadlineMs, retryMs } = this.leaseTimings;
    if (this.restoredAt !== undefined && this.timeline.now - this.restoredAt < renewDeadlineMs + retryMs) {
      return undefined;
    }
    const holder = this.server.storage.get(places.lease)?.spec?.holderIdentity;
    const isOther = typeof holder === 'string' && holder !== '' && holder !== candidateOf(life).identity;
    return isOther ? holder : undefined;
  }

  onUclCall(call: UclCall, life: Life): void {
    this.note(`${life.agent}.${life.number} ${call.operation} ${describe(call)}`);
    for (const observer of this.observers) observer.onUclCall?.(call, life);
  }

  onUclDelivered(call: UclCall, life: Life): void {
    for (const observer of this.observers) observer.onUclDelivered?.(call, life);
  }

  onUclLost(call: UclCall, life: Life): void {
    for (const observer of this.observers) observer.onUclLost?.(call, life);
  }

  onSend(line: string, life: Life): void {
    for (const observer of this.observers) observer.onSend?.(line, life);
  }

  onCutOff(life: Life): void {
    this.note(`${life.agent}.${life.number} is cut off`);
    for (const observer of this.observers) observer.onCutOff?.(life);
  }

  onDeath(life: Life): void {
    this.note(`${life.agent}.${life.number} dies`);
    for (const observer of this.observers) observer.onDeath?.(life);
  }

  /** When what somebody wrote is known to the agent at the latest. */
  get noticedMs(): number {
    // A read that is under way when people write comes to its end.
    return (this.isWatchTroubled ? 300_000 : 45_000) + 20 * this.slowestWayMs;
  }

  violate(invariant: string, message: string): void {
    this.note(`VIOLATION ${invariant}: ${message}`);
    this.violations.push({ invariant, message, at: this.timeline.now });
  }

  note(line: string): void {
    if (this.#keepsTrace) this.trace.push(`${this.timeline.now} ${line}`);
  }

  /** Ends every process, so that nothing of this world stays behind. */
  close(): void {
    for (const agent of this.agents) if (agent.life !== undefined) kill(agent.life);
  }
}

function describeWrite({ agent, verb, place, isStatus, isRefused, after }: KubeWrite): string {
  const what = `${agent ?? 'somebody'} ${verb} ${place.plural}/${place.name}`;
  const told = place.name === places.connection.name ? ` ${describeConnection(after)}` : '';
  return `${what}${isStatus ? '/status' : ''}${isRefused ? ' refused' : ''}${told}`;
}

/** What people read in it, and what the agent notes there. */
function describeConnection(connection: StoredObject | undefined): string {
  const { connectionState, conditions = [], ...others } = connection?.status ?? {};
  const verdicts = (conditions as { type: string; reason: string }[]).map(({ type, reason }) => `${type}: ${reason}`);
  const errors = [others.connectionStatus, others.synchronizationStatus].flatMap(
    (part) => (part as { error?: string } | undefined)?.error ?? [],
  );
  return JSON.stringify([connectionState, ...verdicts, ...errors, connection?.metadata.annotations ?? {}]);
}

function describe({ answer }: UclCall): string {
  return answer.kind === 'answer' ? String(answer.status) : answer.kind;
}
