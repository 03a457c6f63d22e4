/** A fault that is put into a copy of the code, to see that the simulation finds it. */
export interface Mutation {
  readonly name: string;
  /** Below `agent/`. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly find: string;
  readonly replace: string;
  /** The first seed that showed it, and the invariant that it broke. */
  readonly seed: number;
  readonly invariant: string;
}
