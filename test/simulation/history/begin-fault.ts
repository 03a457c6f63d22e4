import { noKubeFaults } from '../cluster/no-kube-faults.ts';
import { noUclFaults } from '../ucl/no-ucl-faults.ts';
import { pickOf } from './pick-of.ts';
import type { Step } from './step.ts';
import type { World } from './world.ts';

/** Lets a fault of UCL or of the API server begin, and end by itself. Gives false where the step is none. */
export function beginFault(world: World, step: Step): boolean {
  return beginUclFault(world, step) || beginClusterFault(world, step);
}

function beginUclFault(world: World, step: Step): boolean {
  const { faults } = world.ucl;
  const hold = (changes: Partial<typeof faults>, forMs: number) =>
    holdFault(world, faults, changes, noUclFaults(), forMs);
  switch (step.do) {
    case 'ucl-outage': {
      const { outage, of: outageOf = 'both', retryAfterS } = step;
      return hold({ outage, outageOf, retryAfterS }, step.forMs);
    }
    case 'ucl-delay':
      world.slowestWayMs = Math.max(world.slowestWayMs, step.delayMs);
      return hold({ delayMs: step.delayMs }, step.forMs);
    case 'ucl-loses-answers':
      return hold({ lostAnswers: step.share }, step.forMs);
    case 'ucl-signs-rubbish':
      return hold({ rubbish: step.rubbish }, step.forMs);
    case 'ucl-distortion':
      faults.distortions.add(step.distortion);
      world.during(step.forMs, () => faults.distortions.delete(step.distortion));
      return true;
    default:
      return false;
  }
}

function beginClusterFault(world: World, step: Step): boolean {
  const { server } = world;
  const { faults } = server;
  const hold = (changes: Partial<typeof faults>, forMs: number) =>
    holdFault(world, faults, changes, noKubeFaults(), forMs);
  switch (step.do) {
    case 'cluster-outage':
      if (step.outage === 'unreachable') world.cutStreams();
      return hold({ outage: step.outage }, step.forMs);
    case 'cluster-delay':
      return hold({ delayMs: step.delayMs }, step.forMs);
    case 'cluster-loses-answers':
      return hold({ lostAnswers: step.share }, step.forMs);
    case 'conflicts':
      return hold({ conflicts: step.share }, step.forMs);
    case 'forbid':
      if (step.verbs.includes('watch')) world.cutStreams();
      return hold({ forbidden: { plurals: [step.plural], verbs: step.verbs } }, step.forMs);
    case 'forbid-more':
      world.isElectionBarred ||= step.plurals.includes('leases');
      if (step.verbs.includes('watch')) world.cutStreams();
      // Until it may read its own object again, the agent mends nothing.
      world.during(step.forMs, () => server.hideAll());
      return hold({ forbidden: { plurals: step.plurals, verbs: step.verbs } }, step.forMs);
    case 'refuse-object': {
      const name = nameRefused(world, step);
      const { plural, status, lasts } = step;
      return name === undefined || hold({ refused: { plural, name, status, lasts } }, step.forMs);
    }
    case 'watches-repeat':
      return hold({ repeatedChanges: step.count }, step.forMs);
    case 'collection-lags':
      return hold({ collectionDelayMs: step.delayMs }, step.forMs);
    case 'watches-lag':
      return hold({ watchDelayMs: step.delayMs }, step.forMs);
    case 'watches-go-silent':
      return hold({ areWatchesSilent: true }, step.forMs);
    case 'rewriting-webhook':
      return hold({ isRewriting: true }, step.forMs);
    case 'webhook':
      return hold({ isMutating: true }, step.forMs);
    default:
      return false;
  }
}

/** A system's Application, be it there or not, or a Secret of one. */
function nameRefused(world: World, { plural, pick }: Extract<Step, { do: 'refuse-object' }>): string | undefined {
  if (plural === 'applications') return pickOf(world.ucl.landscape.present(), pick)?.name;
  const owned = world.server.storage.list('secrets').filter(({ metadata }) => metadata.ownerReferences !== undefined);
  return pickOf(owned, pick)?.metadata.name;
}

/** Changes some of the faults, and puts those back to normal when the time is over. */
function holdFault<Faults extends object>(
  world: World,
  faults: Faults,
  changes: Partial<Faults>,
  normal: Faults,
  forMs: number,
): true {
  Object.assign(faults, changes);
  const restored = Object.fromEntries(Object.entries(normal).filter(([name]) => name in changes));
  world.during(forMs, () => Object.assign(faults, restored));
  return true;
}
