import type { ValuesOf } from './setting.ts';
import type { settings } from './settings.ts';

/** The table of settings as it is read, one field a variable. */
export type SettingValues = ValuesOf<typeof settings>;

/** When to synchronise: two variables, of which one counts. */
type Schedule =
  | { readonly kind: 'cron'; readonly expression: SettingValues['syncSchedule'] }
  | { readonly kind: 'period'; readonly periodMs: NonNullable<SettingValues['controllerSyncPeriodMs']> };

/** The agent's settings, parsed and checked; what each is for stands in the table. Durations are milliseconds. */
export type Config = Omit<SettingValues, 'syncSchedule' | 'controllerSyncPeriodMs'> & { readonly schedule: Schedule };

export type SecretRef = Config['agentConfigurationSecret'];
