import { connectionMutations } from './mutations/connection-mutations.ts';
import { leadershipMutations } from './mutations/leadership-mutations.ts';
import { loopMutations } from './mutations/loop-mutations.ts';
import type { Mutation } from './mutations/mutation.ts';
import { syncMutations } from './mutations/sync-mutations.ts';

/** All faults with which the simulation is tried. */
export const mutations: readonly Mutation[] = [
  ...syncMutations,
  ...connectionMutations,
  ...loopMutations,
  ...leadershipMutations,
];
