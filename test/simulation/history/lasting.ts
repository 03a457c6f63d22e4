import type { Chance } from '../time/chance.ts';
import { minute, second } from './story.ts';

/** How long a fault lasts. */
export function lasting(chance: Chance): number {
  return chance.weigh([
    [2, chance.between(1, 40) * second],
    [2, chance.between(1, 15) * minute],
  ]);
}
