import { candidateOf } from '../agent/life.ts';
import type { Observer } from '../history/observer.ts';
import type { World } from '../history/world.ts';

/** Whoever sends something that has an effect holds the Lease, or nobody does. */
export function watchLeadership(world: World): Observer {
  return {
    onSend: (line, life) => {
      const other = world.otherLeader(life);
      if (other === undefined) return;
      world.violate('one-works', `${candidateOf(life).identity} sent ${line} while ${other} held the Lease`);
    },
  };
}
