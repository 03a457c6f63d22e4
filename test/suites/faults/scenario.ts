/** A fault, and the tests that try it. */
export interface Scenario {
  /** As in the tables of docs/faults.md. */
  readonly name: string;
  /** What is done, and what must come of it beyond what every scenario must end in. */
  readonly what: string;
  /** From the top of the repository. */
  readonly tests: readonly ScenarioTest[];
}

export interface ScenarioTest {
  readonly file: string;
  /** As it stands in the file. */
  readonly title: string;
}

export interface ScenarioGroup {
  readonly title: string;
  readonly scenarios: readonly Scenario[];
}

export const e2e = (file: string, title: string): ScenarioTest => ({ file: `test/suites/e2e/${file}.test.ts`, title });
export const fault = (file: string, title: string): ScenarioTest => ({
  file: `test/suites/faults/${file}.fault-test.ts`,
  title,
});
export const at = (file: string, title: string): ScenarioTest => ({ file: `test/${file}`, title });
