/** One environment variable: how it is read, printed, documented and tried. Everything about it stands in its entry. */
export interface Setting<T> {
  readonly name: `APP_${string}`;
  /** What counts when the variable is absent or empty, as text; undefined: nothing does. */
  readonly default: string | undefined;
  readonly fallback: T;
  /** A value other than the default that works by itself, as text. The agent is started with each one in a test. */
  readonly example: string;
  /** What is accepted, for a person. */
  readonly form: string;
  /** What it is for, for a person; full sentences. */
  readonly meaning: string;
  /**
   * Whether the Go agent has it too (docs/contracts/kubernetes.md#environment); then none of its values is refused that can be used somehow.
   */
  readonly inGoAgent: boolean;
  /** Whether the value itself is a secret, which is never printed. */
  readonly isSecret: boolean;
  parse(text: string): T | undefined;
  /** The value as {@link parse} takes it. */
  show(value: Exclude<T, undefined>): string;
  /** The last word on an accepted value, the fallback included; left out where each one counts as it stands. */
  settle?(value: T): Settled<T>;
}

export interface Settled<T> {
  /** What counts. */
  readonly value: T;
  /** What a person should know about it: a sentence that begins after the name of the variable, without the value. */
  readonly note?: string;
}

/** What the settings of a table are read as: the keys of the table are the fields. */
export type ValuesOf<Table> = { readonly [Key in keyof Table]: Table[Key] extends Setting<infer T> ? T : never };

type Description<T> = Omit<Setting<T>, 'fallback' | 'default' | 'isSecret'> & { readonly isSecret?: true };

/** A setting that always has a value. Throws TypeError where its default is not acceptable to itself. */
export function required<T>(
  description: Description<T> & { readonly default: string },
): Setting<T> & { readonly default: string } {
  const fallback = description.parse(description.default);
  if (fallback === undefined) throw new TypeError(`the default of ${description.name} is not acceptable to itself`);
  return { isSecret: false, ...description, fallback };
}

/** A setting without a default. */
export function optional<T>(description: Description<T | undefined>): Setting<T | undefined> {
  return { isSecret: false, ...description, default: undefined, fallback: undefined };
}

/** The value in force for the log; it can be read again unless it is a secret. */
export function printSetting<T>(setting: Setting<T>, value: Exclude<T, undefined>): string {
  return setting.isSecret ? '[set]' : setting.show(value);
}
