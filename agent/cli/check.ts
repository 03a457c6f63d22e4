/** What `doctor` found of one thing; `remedy` is there where something is to be done. */
export interface Check {
  readonly name: string;
  readonly verdict: 'ok' | 'warning' | 'failed' | 'unknown';
  readonly message: string;
  readonly remedy?: string;
}
