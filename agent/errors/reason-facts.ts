/** The part of docs/reasons.md in which a reason stands. */
export type ReasonGroup =
  | 'cluster'
  | 'ucl'
  | 'credentials'
  | 'conditions'
  | 'systems'
  | 'events'
  | 'renewals'
  | 'defects';

export interface ReasonFacts {
  readonly group: ReasonGroup;
  /** What it means, in Markdown, as the other texts. */
  readonly meaning: string;
  /** What the agent does about it. */
  readonly agent?: string;
  /** What a person does about it. */
  readonly you?: string;
  /** The conditions that bear it, and with which status. */
  readonly where?: string;
}
