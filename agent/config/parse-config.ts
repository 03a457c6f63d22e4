import type { Config, SettingValues } from './config.ts';
import { printSetting, type Setting, type ValuesOf } from './setting.ts';
import { ignoredVariables, settings } from './settings.ts';

/** One variable that cannot be used. Neither field repeats the value, which may be a secret in the wrong place. */
export interface ConfigProblem {
  variable: string;
  /** What is accepted in its place, a full sentence. */
  problem: string;
}

export type ParsedConfig =
  | { ok: true; config: Config /** What a person should know, full sentences. */; notes: string[] }
  | { ok: false; problems: ConfigProblem[] };

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings from environment variables (docs/contracts/kubernetes.md#environment). Reports every problem at
 * once. An empty variable counts as absent.
 */
export function parseConfig(env: Environment): ParsedConfig {
  const problems: ConfigProblem[] = [];
  const notes: string[] = [];
  const read = <T>(setting: Setting<T>): T => {
    const text = textOf(env, setting.name);
    const parsed = text === undefined ? setting.fallback : setting.parse(text);
    if (text !== undefined && parsed === undefined) {
      problems.push({ variable: setting.name, problem: `${setting.name} must be ${setting.form}.` });
    }
    const accepted = parsed ?? setting.fallback;
    const { value, note } = setting.settle?.(accepted) ?? { value: accepted };
    if (note !== undefined) notes.push(`${setting.name} ${note}`);
    return value;
  };
  const { syncSchedule, controllerSyncPeriodMs, ...others } = readTable(settings, read);
  if (problems.length > 0) return { ok: false, problems };

  const isByPeriod = controllerSyncPeriodMs !== undefined && textOf(env, settings.syncSchedule.name) === undefined;
  const schedule = isByPeriod
    ? ({ kind: 'period', periodMs: controllerSyncPeriodMs } as const)
    : ({ kind: 'cron', expression: syncSchedule } as const);
  return { ok: true, config: { ...others, schedule }, notes: [...notes, ...foreignVariableNotes(env)] };
}

/** Every variable with the value in force, for the log at start. No URL's user part passes, and no secret. */
export function printableConfig({ schedule, ...others }: Config): Record<string, string> {
  const inForce: Readonly<Record<keyof SettingValues, unknown>> = {
    ...others,
    syncSchedule: schedule.kind === 'cron' ? schedule.expression : undefined,
    controllerSyncPeriodMs: schedule.kind === 'period' ? schedule.periodMs : undefined,
  };
  const values: Readonly<Record<string, unknown>> = inForce;
  const entries = Object.entries<Setting<unknown>>(settings).flatMap(([field, setting]) =>
    values[field] === undefined ? [] : [[setting.name, printSetting(setting, values[field])] as const],
  );
  return Object.fromEntries(entries);
}

function readTable<Table extends Readonly<Record<string, Setting<unknown>>>>(
  table: Table,
  read: <T>(setting: Setting<T>) => T,
): ValuesOf<Table> {
  // Object.fromEntries loses which value belongs to which field.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each field was read by its own entry
  return Object.fromEntries(Object.entries(table).map(([field, setting]) => [field, read(setting)])) as ValuesOf<Table>;
}

function textOf(env: Environment, name: string): string | undefined {
  const text = env[name]?.trim();
  return text === '' ? undefined : text;
}

function foreignVariableNotes(env: Environment): string[] {
  const notes: string[] = [];
  const present = Object.keys(env).filter((name) => name.startsWith('APP_') && textOf(env, name) !== undefined);
  const ignored = ignoredVariables.filter((name) => present.includes(name));
  if (ignored.length > 0) notes.push(`${ignored.join(', ')}: no longer used and ignored.`);

  const known = Object.values(settings).map((setting) => setting.name);
  for (const name of present.sort()) {
    if (known.some((one) => one === name) || ignored.some((one) => one === name)) continue;
    const nearest = nearestName(name, known);
    notes.push(`${name} is not a setting of this agent.${nearest === undefined ? '' : ` Did you mean ${nearest}?`}`);
  }
  return notes;
}

function nearestName(name: string, known: readonly string[]): string | undefined {
  const [nearest] = known
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  return nearest !== undefined && nearest.distance <= 4 ? nearest.candidate : undefined;
}

function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [row, character] of Array.from(left).entries()) {
    const current = [row + 1];
    for (let column = 0; column < right.length; column++) {
      const substituted = (previous[column] ?? 0) + (right[column] === character ? 0 : 1);
      current.push(Math.min(substituted, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
}
