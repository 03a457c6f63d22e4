import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Campaign, type Term } from '../../../agent/leadership/campaign.ts';
import { defaultLeaseTimings, toCandidate } from '../../../agent/leadership/decide-claim.ts';
import { LeadershipGate } from '../../../agent/leadership/gate.ts';
import type { Time } from '../../../agent/time/time.ts';
import { recordLog } from '../../data/builders/record-log.ts';
import {
  barred,
  InMemoryLease,
  type LeaseFault,
  type OnLeaseRequest,
  unreachable,
} from '../../data/fakes/in-memory-lease.ts';
import { VirtualTime } from '../../data/fakes/virtual-time.ts';

/** One process in the election, and what it came to. */
function start(lease: InMemoryLease, time: Time, name: string, onRequest?: OnLeaseRequest, podName?: string) {
  const gate = new LeadershipGate(time);
  const log = recordLog();
  const stop = new AbortController();
  const terms: Term[] = [];
  const campaign = new Campaign({
    store: lease.open(onRequest),
    gate,
    candidate: toCandidate(podName, name, 'x'),
    timings: defaultLeaseTimings,
    time,
    random: () => 0,
    log,
  });
  const ended = campaign.run(async (term) => {
    terms.push(term);
    await time.sleepUntil(Number.POSITIVE_INFINITY, AbortSignal.any([stop.signal, term.lost]));
  }, stop.signal);
  const isOpen = () => {
    try {
      gate.enter();
      return true;
    } catch {
      return false;
    }
  };
  return { gate, log, terms, campaign, stop, ended, isOpen };
}

describe('one process', () => {
  test('leads at once where there is no Lease, and renews it every two seconds', async () => {
    const [lease, time] = [new InMemoryLease(), new VirtualTime()];
    const agent = start(lease, time, 'a');
    await time.pass(0);
    expect([agent.isOpen(), lease.stored?.holder, lease.writes]).toEqual([true, 'a_x', 1]);
    await time.pass(60_000);
    expect([agent.isOpen(), agent.terms.length, lease.writes]).toEqual([true, 1, 31]);
  });

  test('stops ten seconds after its last renewal, goes on where it stopped, and says both once', async () => {
    const [lease, time] = [new InMemoryLease(), new VirtualTime()];
    let fault: LeaseFault;
    const agent = start(lease, time, 'a', () => fault);
    await time.pass(2_000);
    fault = unreachable;
    await time.pass(9_999);
    expect(agent.isOpen()).toBe(true);
    await time.pass(1);
    expect([agent.isOpen(), agent.terms[0]?.lost.aborted]).toEqual([false, true]);
    await time.pass(60_000);
    fault = undefined;
    await time.pass(2_000);
    expect([agent.isOpen(), agent.terms.map(({ isContinued }) => isContinued)]).toEqual([true, [false, true]]);
    expect(agent.log.lines().filter((line) => line.startsWith('warn'))).toHaveLength(3);
  });

  test('takes an answer that is lost for none, and goes on', async () => {
    const [lease, time] = [new InMemoryLease(), new VirtualTime()];
    let requests = 0;
    const agent = start(lease, time, 'a', () => {
      requests += 1;
      return requests % 4 === 0 ? 'answer-lost' : undefined;
    });
    await time.pass(120_000);
    expect([agent.isOpen(), agent.terms.length]).toEqual([true, 1]);
  });

  test('gives a try up that gets no answer, in time for another one', async () => {
    const [lease, time] = [new InMemoryLease(), new VirtualTime()];
    let requests = 0;
    const agent = start(lease, time, 'a', async (signal) => {
      requests += 1;
      if (requests === 3) await time.sleepUntil(Number.POSITIVE_INFINITY, signal);
      return undefined;
    });
    await time.pass(60_000);
    expect([agent.isOpen(), agent.terms.length]).toEqual([true, 1]);
  });

  test('gives the Lease back when it stops, and writes it no more', async () => {
    const [lease, time] = [new InMemoryLease(), new VirtualTime()];
    const agent = start(lease, time, 'a');
    await time.pass(3_000);
    agent.stop.abort();
    await time.passUntil(agent.ended);
    expect([agent.isOpen(), lease.stored?.holder]).toEqual([false, '']);
    const { writes } = lease;
    await time.pass(60_000);
    expect(lease.writes).toBe(writes);
  });

  test('ends two seconds after it was stopped where the Lease cannot be given back', async () => {
    const [lease, time] = [new InMemoryLease(), new VirtualTime()];
    let isGone = false;
    const agent = start(lease, time, 'a', async (signal) => {
      if (isGone) await time.sleepUntil(Number.POSITIVE_INFINITY, signal);
      return undefined;
    });
    await time.pass(1_000);
    isGone = true;
    agent.stop.abort();
    await time.pass(2_000);
    await agent.ended;
    expect(agent.log.lines().at(-1)).toContain('runs out by itself');
  });

  test('works without an election where it may not have the Lease, and joins once it may', async () => {
    const [lease, time] = [new InMemoryLease(), new VirtualTime()];
    let fault: LeaseFault = barred;
    const agent = start(lease, time, 'a', () => fault);
    await time.pass(3_600_000);
    expect([agent.isOpen(), agent.terms.length]).toEqual([true, 1]);
    expect(agent.campaign.limitations()).toHaveLength(1);
    expect(agent.log.entries).toMatchObject([{ level: 'warn', fields: { reason: 'LeaderElectionOff' } }]);
    fault = undefined;
    await time.pass(300_000);
    expect([agent.isOpen(), agent.terms.length, lease.stored?.holder]).toEqual([true, 1, 'a_x']);
    expect(agent.campaign.limitations()).toEqual([]);
  });

  test('stands by once it may have the Lease that another holds', async () => {
    const [lease, time] = [new InMemoryLease(), new VirtualTime()];
    start(lease, time, 'b');
    await time.pass(0);
    let fault: LeaseFault = barred;
    const agent = start(lease, time, 'a', () => fault);
    await time.pass(1_000);
    fault = undefined;
    await time.pass(20_000);
    expect([agent.isOpen(), agent.terms[0]?.lost.aborted]).toEqual([false, true]);
  });

  test('believes a refusal after it has seen the Lease only when that has run out', async () => {
    const [lease, time] = [new InMemoryLease(), new VirtualTime()];
    const leader = start(lease, time, 'b');
    await time.pass(0);
    let fault: LeaseFault;
    const agent = start(lease, time, 'a', () => fault);
    await time.pass(5_000);
    fault = barred;
    await time.pass(14_000);
    expect([agent.isOpen(), leader.isOpen()]).toEqual([false, true]);
    await time.pass(4_000);
    expect(agent.isOpen()).toBe(true);
  });
});

describe('several processes', () => {
  test('one leads, and the next one two seconds after it stops, whatever their wall clocks say', async () => {
    const [lease, time] = [new InMemoryLease(), new VirtualTime()];
    const ahead: Time = {
      now: () => new Date(time.now().getTime() + 86_400_000),
      instant: () => time.instant(),
      sleepUntil: (until, signal) => time.sleepUntil(until, signal),
    };
    const first = start(lease, ahead, 'a');
    await time.pass(0);
    const second = start(lease, time, 'b');
    await time.pass(3_600_000);
    expect([first.isOpen(), second.isOpen()]).toEqual([true, false]);
    first.stop.abort();
    await time.pass(2_000);
    expect([first.isOpen(), second.isOpen(), second.terms[0]?.isContinued]).toEqual([false, true, false]);
  });

  test('one that does not hear that its claim was taken leads soon, and knows nothing of its former term', async () => {
    const [lease, time] = [new InMemoryLease(), new VirtualTime()];
    let fault: LeaseFault;
    let isDead = false;
    const agent = start(lease, time, 'a', (_, kind) => {
      const isClaim = kind === 'write' && isDead && lease.stored?.holder === 'b_x';
      return isClaim ? 'answer-lost' : fault;
    });
    const other = start(lease, time, 'b', (signal) =>
      isDead ? time.sleepUntil(Number.POSITIVE_INFINITY, signal).then(() => undefined) : undefined,
    );
    await time.pass(5_000);
    fault = unreachable;
    await time.pass(30_000);
    expect([agent.isOpen(), other.isOpen()]).toEqual([false, true]);
    fault = undefined;
    await time.pass(2_000);
    isDead = true;
    await time.pass(20_000);
    expect(agent.terms.map(({ isContinued }) => isContinued)).toEqual([false, false]);
    expect([agent.isOpen(), other.isOpen()]).toEqual([true, false]);
  });

  test('a Lease that a backup puts back, and one that is deleted, let no standby lead beside the leader', async () => {
    const [lease, time] = [new InMemoryLease(), new VirtualTime()];
    let fault: LeaseFault;
    const former = start(lease, time, 'a', () => fault);
    await time.pass(0);
    const backup = lease.stored;
    const leader = start(lease, time, 'b');
    fault = unreachable;
    await time.pass(20_000);
    fault = undefined;
    await time.pass(10_000);
    expect([former.isOpen(), leader.isOpen()]).toEqual([false, true]);
    const open = async () => {
      const seen = new Set<string>();
      for (let step = 0; step < 400; step += 1) {
        await time.pass(100);
        seen.add([former, leader].filter((process) => process.isOpen()).length.toString());
      }
      return [...seen].sort();
    };
    if (backup !== undefined)
      lease.stored = { ...backup, metadata: { ...backup.metadata, resourceVersion: 'restored' } };
    expect(await open()).toEqual(['0', '1']);
    expect(former.terms.map(({ isContinued }) => isContinued)).not.toContain(true);
    lease.stored = undefined;
    expect(await open()).toEqual(['1']);
  });

  test('the next one leads 15 s after a crash, and a new life of the same pod at once', async () => {
    const lease = new InMemoryLease();
    const time = new VirtualTime();
    const renew = () => {
      const now = time.now();
      lease.write({ holder: 'pod_1', durationMs: 15_000, transitions: 0, acquireTime: now, renewTime: now });
    };
    renew();
    const other = start(lease, time, 'b');
    await time.pass(14_999);
    expect(other.isOpen()).toBe(false);
    await time.pass(1);
    expect(other.isOpen()).toBe(true);
    renew();
    const reborn = start(lease, time, 'host', undefined, 'pod');
    await time.pass(0);
    expect(reborn.isOpen()).toBe(true);
  });

  test('never two at once, whatever is late or lost, and whoever is stopped', async () => {
    const request = fc.record({
      delayMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 12_000 })),
      fault: fc.oneof({ weight: 4, arbitrary: fc.constant('none') }, fc.constantFrom('refused', 'answer-lost')),
    });
    const freeze = fc.record({ at: fc.integer({ min: 0, max: 60_000 }), forMs: fc.integer({ min: 1, max: 30_000 }) });
    const process = fc.record({
      requests: fc.array(request, { minLength: 1, maxLength: 12 }),
      freezes: fc.array(freeze, { maxLength: 3 }),
    });
    const history = fc.array(process, { minLength: 2, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(history, async (processes) => {
        const [lease, time] = [new InMemoryLease(), new VirtualTime()];
        const agents = processes.map(({ requests, freezes }, index) => {
          const own = freezing(time, freezes);
          let count = 0;
          return start(lease, own, `agent-${index}`, async (signal) => {
            const { delayMs, fault } = requests[count % requests.length] ?? { delayMs: 0, fault: 'none' };
            count += 1;
            // What was sent arrives, whatever becomes of whoever sent it.
            await time.sleepUntil(time.instant() + delayMs, signal);
            return fault === 'refused' ? unreachable : fault === 'answer-lost' ? 'answer-lost' : undefined;
          });
        });
        for (let at = 0; at < 80_000; at += 1_000) {
          await time.pass(1_000);
          expect(agents.filter((agent) => agent.isOpen()).length).toBeLessThan(2);
        }
        for (const agent of agents) agent.stop.abort();
      }),
      { numRuns: 25 },
    );
  });
});

/** The time of a process that is stopped at times: its clock goes on, and its timers come late. */
function freezing(time: VirtualTime, freezes: readonly { at: number; forMs: number }[]): Time {
  return {
    now: () => time.now(),
    instant: () => time.instant(),
    async sleepUntil(until, signal) {
      await time.sleepUntil(until, signal);
      const frozen = freezes.find(({ at, forMs }) => time.instant() >= at && time.instant() < at + forMs);
      if (frozen !== undefined) await time.sleepUntil(frozen.at + frozen.forMs, new AbortController().signal);
    },
  };
}
