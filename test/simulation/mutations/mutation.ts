/** A fault that is put into a copy of the code, to see that the simulation finds it. */
export interface Mutation {
  readonly name: string;
  /** Below `agent/`. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly find: string;
  readonly replace: string;
  /** How many agents share UCL and the cluster; one where it is left out. */
  readonly agents?: number;
  /** The first seed that showed it, and the invariant that it broke. */
  readonly seed: number;
  readonly invariant: string;
}
