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
  const added = Array.from({ length: chance.between(1, 4) }, (): Step[] => {
    const near = chance.happens(0.5) ? chance.pick(steps).at : undefined;
    let at = near === undefined ? chance.between(0, durationMs) : near + chance.between(0, minute);
    return chance
      .pick(themes)(chance)
      .map(([afterMs, deed]) => {
        at += afterMs;
        return { at, ...deed };
      });
  });
  return { settings: varySettings(seed, settings), steps: [...steps, ...added.flat().sort((a, b) => a.at - b.at)] };
}

/** What only some installations have set. */
function varySettings(seed: number, settings: WorldSettings): WorldSettings {
  const chance = new Chance(seed, 'further settings');
  const env = chance.weigh<Record<string, string>>([
    [4, {}],
    // On the shipped CRD nobody is told of a hold, so that nobody could approve it.
    [1, settings.hasStatus ? { APP_PRUNE_HOLD: 'approve' } : {}],
    [1, { APP_PRUNE_POLICY: 'upsert-only' }],
    [1, { APP_PROBE_SCHEDULE: chance.pick(['* * * * *', '*/5 * * * *']) }],
    [1, { APP_FOLLOW_UP_DELAYS: chance.pick(['none', '5s', '2m,10m', '10s,10s,10s,10s']) }],
  ]);
  const isAboutAnHour = settings.durationMs >= 20 * minute && settings.durationMs <= 90 * minute;
  const isShort = isAboutAnHour && chance.happens(0.3);
  const certificateLifeMs = isShort ? chance.between(30, 60) * minute : settings.certificateLifeMs;
  return { ...settings, env: { ...settings.env, ...env }, certificateLifeMs };
}
