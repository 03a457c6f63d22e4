import { Chance } from '../time/chance.ts';
import { furtherThemes } from './further-themes.ts';
import type { WorldSettings } from './settings.ts';
import type { Step } from './step.ts';

const minute = 60_000;

/** What a history is made of, but for its seed. */
interface Course {
  readonly settings: WorldSettings;
  readonly steps: readonly Step[];
}

/**
 * One history in six has more than the others: a few steps of kinds that the others do not have. All of it is drawn from a
 * stream of its own, and its steps stand behind the others, so that whatever is added here changes no other history.
 */
export function addFurther(seed: number, course: Course): Course {
  const { settings, steps } = course;
  const chance = new Chance(seed, 'further');
  if (!chance.happens(1 / 6)) return course;
  const themes = Array.from({ length: chance.between(1, 2) }, () => chance.weigh(furtherThemes));
  const { durationMs } = settings;
  const added = Array.from({ length: chance.between(1, 4) }, (): Step => {
    const near = chance.happens(0.5) ? chance.pick(steps).at : undefined;
    const at = near === undefined ? chance.between(0, durationMs) : near + chance.between(0, minute);
    return { at, ...chance.pick(themes)(chance) };
  });
  return { settings, steps: [...steps, ...added.sort((a, b) => a.at - b.at)] };
}
