import type { ConnectionFacts } from '../../../agent/connection/connection-facts.ts';
import type { CertificateFacts } from '../../../agent/connection/inspect-credential.ts';
import type { Trigger } from '../../../agent/pace/triggers.ts';
import type { Doers } from '../../../agent/reconcile/doers.ts';
import { type AgentMemory, emptyMemory } from '../../../agent/reconcile/memory.ts';
import { runOnce } from '../../../agent/reconcile/run-once.ts';
import type { ConnectionEvent } from '../../../agent/status/decide-events.ts';
import type { SystemEvent } from '../../../agent/status/to-system-events.ts';
import type { PruneMemory } from '../../../agent/sync/deletion-policy.ts';
import type { PruneResult, SyncFacts, SyncResult } from '../../../agent/sync/sync-facts.ts';
import type { SyncInput } from '../../../agent/sync/sync-parts.ts';
import { aCertificate, linked } from '../../data/builders/connection-facts.ts';
import { aLandscape, aSystem } from '../../data/builders/landscape.ts';
import { recordLog } from '../../data/builders/record-log.ts';
import { InMemoryConnectionStore } from '../../data/fakes/in-memory-connection-store.ts';
import { VirtualTime } from '../../data/fakes/virtual-time.ts';

const minuteMs = 60_000;
const never = new AbortController().signal;

export const result: SyncResult = {
  desired: 1,
  failures: [],
  remarks: [],
  gaps: 0,
  applied: { create: 1, update: 0, rename: 0, delete: 0, collect: 0 },
  changes: [],
  applications: () => [],
  terminating: [],
  leftBehind: [],
  removed: [],
  leaving: [],
  rivalries: new Map(),
  refusals: new Map(),
  nextWriteAt: undefined,
};

const prune: PruneResult = {
  memory: { holds: [], earlier: [], removals: [] },
  held: [],
  ended: [],
  skipped: 0,
  error: undefined,
  nextLook: undefined,
};

/** The agent on doers that a test scripts; each run takes the memory of the one before. */
export class Stage {
  readonly store = new InMemoryConnectionStore();
  readonly time = new VirtualTime();
  readonly events: ConnectionEvent[] = [];
  readonly systemEvents: SystemEvent[] = [];
  readonly ids: string[] = [];
  readonly asked: { renewalRequest: string | true | undefined; isUnattended: boolean }[] = [];
  readonly synced: Omit<SyncInput, 'source' | 'keepPrune'>[] = [];
  readonly keptPrune: PruneMemory[] = [];
  readonly log = recordLog();
  drifts = 0;
  probes = 0;
  probeOutcome: () => boolean = () => false;
  driftResult = { ...result, applied: { ...result.applied, create: 0 } };
  mendDrift: () => Promise<SyncResult> = async () => {
    this.drifts += 1;
    return this.driftResult;
  };
  connection: () => ConnectionFacts = () => linked();
  syncOutcome: () => SyncFacts['outcome'] = () => this.goodOutcome();
  beforeSync: () => Promise<void> = async () => undefined;
  certificate: CertificateFacts | undefined = aCertificate;
  memory: AgentMemory = emptyMemory;
  /** What a test puts around the doers. */
  observe: (doers: Doers) => Doers = (doers) => doers;
  #runs = 0;

  goodOutcome(changes: Partial<SyncResult> = {}, pruneChanges: Partial<PruneResult> = {}): SyncFacts['outcome'] {
    const at = this.time.now();
    const landscape = aLandscape([aSystem('mp-one')]);
    return {
      reached: 'cluster',
      landscape,
      fetchedAt: at,
      appliedAt: at,
      result: { ...result, ...changes },
      prune: { ...prune, ...pruneChanges },
      labelError: undefined,
    };
  }

  readonly #doers: Doers = {
    resource: this.store,
    events: {
      record: (event) => void this.events.push(event),
      recordOnSystems: (events) => void this.systemEvents.push(...events),
    },
    keepConnection: async ({ renewalRequest, isUnattended }, onRuntimeId) => {
      this.asked.push({ renewalRequest, isUnattended });
      onRuntimeId('runtime');
      return this.connection();
    },
    observeConnection: async (memory) => ({ ...memory, certificate: this.certificate }),
    synchronize: async (_link, input) => {
      this.synced.push(input);
      await this.beforeSync();
      return { attemptedAt: this.time.now(), trigger: input.trigger, outcome: this.syncOutcome() };
    },
    keepPrune: async (memory) => void this.keptPrune.push(memory),
    probe: async () => {
      this.probes += 1;
      return this.probeOutcome();
    },
    mendDrift: () => this.mendDrift(),
    limitations: () => [],
    toRenewAt: () => new Date('2027-01-02T00:00:00Z'),
    standards: {
      toOverdueAt: (_runtimeId, since) => new Date(since.getTime() + 10 * minuteMs),
      toStaleAfter: (_runtimeId, now) => new Date(now.getTime() + 10 * minuteMs),
      toRefreshMs: () => 5 * minuteMs,
      maxFailedShare: 0.5,
    },
    toInstant: (moment) => this.time.instant() + moment.getTime() - this.time.now().getTime(),
    untilLong: (signal) => this.time.sleepUntil(this.time.instant() + 10_000, signal),
    announceRun: (id) => void this.ids.push(id),
    now: () => this.time.now(),
    uniqueId: () => `run-${this.#runs}`,
    log: this.log,
  };

  async run(
    triggers: readonly Trigger[] = ['schedule'],
    signal: AbortSignal = never,
    { isInsisted = false, isHushed = false, writesLeft = 6 } = {},
  ) {
    this.#runs += 1;
    const nextSync = () => new Date('2026-11-22T12:03:00Z');
    const doers = this.observe(this.#doers);
    const run = await runOnce(this.memory, { triggers, isInsisted, isHushed, writesLeft, nextSync }, doers, signal);
    this.memory = run.memory;
    return run;
  }

  condition(type: string) {
    return this.store.status?.conditions?.find((condition) => condition.type === type);
  }
}
