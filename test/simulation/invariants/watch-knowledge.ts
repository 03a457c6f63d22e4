import { systemIdOf } from '../cluster/object.ts';
import type { Observer } from '../history/observer.ts';
import type { World } from '../history/world.ts';
import type { SimulatedSystem } from '../ucl/landscape.ts';
import type { UclCall } from '../ucl/ucl.ts';

/** What one life was told of each system that came whole. */
interface Knowledge {
  readonly life: number;
  /** In the last read that it has taken. */
  taken: ReadonlyMap<string, SimulatedSystem>;
  /** In any page since then, of reads that failed too. */
  later: SimulatedSystem[];
}

/** A read of all pages that is under way. */
interface Read {
  readonly start: number;
  readonly systems: Map<string, SimulatedSystem>;
  isUsable: boolean;
}

/**
 * What is newest wins: nobody's edit is mended towards what UCL told in an earlier read than the last one that held the
 * system whole, whatever that read had gaps in.
 */
export function watchKnowledge(world: World): Observer {
  let knowledge: Knowledge = { life: 0, taken: new Map(), later: [] };
  let read: Read | undefined;
  /** A write that is given up on its way may still take its effect, long after. */
  let isSlow = false;

  /** The systems that came whole in an answer, as they were when it was given. */
  const answers = new WeakMap<UclCall, readonly SimulatedSystem[]>();

  const noteAnswer = (call: UclCall) => {
    const whole = call.page?.ids.filter((id) => !call.page?.broken.includes(id)) ?? [];
    answers.set(
      call,
      whole.flatMap((id) => world.ucl.landscape.systems.get(id) ?? []),
    );
  };

  const noteDelivered = (call: UclCall, life: number) => {
    const { page, at } = call;
    if (page === undefined || page.isIdsOnly) return;
    if (life !== knowledge.life) knowledge = { life, taken: new Map(), later: [] };
    if (page.isFirst || read === undefined) read = { start: at, systems: new Map(), isUsable: true };
    read.isUsable &&= page.isUsable;
    for (const system of answers.get(call) ?? []) {
      read.systems.set(system.id, system);
      knowledge.later.push(system);
    }
    // A read during which anything changes may contradict itself, and is not taken then.
    if (!page.isLast || !read.isUsable || world.ucl.landscape.changedAt >= read.start) return;
    knowledge = { life, taken: new Map([...knowledge.taken, ...read.systems]), later: [] };
  };

  return {
    onUclCall: noteAnswer,
    onUclDelivered: (call, { number }) => noteDelivered(call, number),
    onWrite: ({ agent, place, verb, after, isRefused, isRewritten }) => {
      isSlow ||= world.server.faults.delayMs > 0;
      if (agent === undefined || isRefused || isRewritten || verb === 'delete' || place.plural !== 'applications')
        return;
      const id = after && systemIdOf(after);
      const known = knowledge.taken.get(id ?? '');
      if (known === undefined || isSlow || world.agents.length > 1) return;
      const told = [known, ...knowledge.later.filter((system) => system.id === id)];
      if (told.some(({ description }) => description === after?.spec?.description)) return;
      world.violate('newest-knowledge-wins', `${place.name} was written as it was before the last read`);
    },
  };
}
