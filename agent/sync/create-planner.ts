import type { Landscape } from '../domain/landscape.ts';
import type { ClusterSnapshot } from './application-writer.ts';
import { type Plan, planSync } from './plan-sync.ts';
import type { SyncPolicy } from './to-desired-system.ts';

export type Planner = (landscape: Landscape, cluster: ClusterSnapshot, policy: SyncPolicy) => Plan;

/**
 * Plans as `planSync` does, and knows the last plan where nothing had to be done: the very same landscape, the very same
 * objects in the cluster and the same policy have the same plan again.
 */
export function createPlanner(): Planner {
  let last: { landscape: Landscape; cluster: ClusterSnapshot; policy: SyncPolicy; plan: Plan } | undefined;
  return (landscape, cluster, policy) => {
    const isSame =
      last?.landscape === landscape &&
      last.policy === policy &&
      last.cluster.applications === cluster.applications &&
      last.cluster.secrets === cluster.secrets;
    if (last !== undefined && isSame) return last.plan;
    const plan = planSync(landscape, cluster, policy);
    // One with actions holds whole objects, and is over once they are applied.
    last = plan.actions.length === 0 ? { landscape, cluster, policy, plan } : undefined;
    return plan;
  };
}
