import fc from 'fast-check';
import { type RunnerTask, type RunnerTestCase, TestRunner, type TestTryOptions } from 'vitest';
import { type Notes, note, readNotes } from './notes.ts';

/** The names by which the switched files know it. */
interface Switch {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage: { static: Record<string, number>; perTest: Record<string, Record<string, number>> };
}

declare global {
  var __stryker__: Switch | undefined;
}

const folder = process.env.MUTATION_FOLDER ?? '';
const mutation: Switch = { mutantCoverage: { static: {}, perTest: {} } };
globalThis.__stryker__ = mutation;
const plan = new Map(readNotes(folder, 'plan').map(({ test, limits }) => [test, limits]));
const noticed = new Set(readNotes(folder, 'noticed').map(({ mutant }) => mutant));
const isFirstRun = plan.size === 0;
// That a property fails is enough: its smallest example takes long to find.
fc.configureGlobal({ endOnFailure: true });

/**
 * Runs each test again and again in one process: without a plan once, to see which mutants it comes by; else once with each
 * mutant of the plan that nobody has noticed yet, and at last without one.
 */
// biome-ignore lint/style/noDefaultExport: Vitest takes the runner from there.
export default class MutationRunner extends TestRunner {
  readonly #mutants = new Map<string, readonly string[]>();

  override async onBeforeRunTask(test: RunnerTask): Promise<void> {
    await super.onBeforeRunTask(test);
    if (isFirstRun || test.type !== 'test' || test.mode === 'skip') return;
    const mutants = Object.keys(plan.get(test.id) ?? {}).filter((mutant) => !noticed.has(mutant));
    this.#mutants.set(test.id, mutants);
    if (mutants.length === 0) test.mode = 'skip';
    else test.repeats = mutants.length;
  }

  override onBeforeTryTask(test: RunnerTask, options: TestTryOptions): void {
    if (isFirstRun) mutation.currentTestId = test.id;
    else this.#activate(test, this.#mutants.get(test.id)?.[options.repeats]);
    super.onBeforeTryTask(test, options);
  }

  #activate(test: RunnerTask, mutant: string | undefined): void {
    if (test.result !== undefined) Object.assign(test.result, { errors: undefined, attempts: [] });
    mutation.activeMutant = mutant;
    if (mutant === undefined) return;
    mutation.hitCount = 0;
    mutation.hitLimit = plan.get(test.id)?.[mutant];
    note(folder, 'tried', { test: test.id, mutant });
  }

  async runTask(test: RunnerTestCase): Promise<void> {
    try {
      await TestRunner.getTestFn(test)();
    } catch (error) {
      if (mutation.activeMutant === undefined) throw error;
      // Stack and difference take longer than most tests, and nobody reads them.
      throw Object.assign(new Error(toText(error)), { stack: '' });
    }
  }

  override async onAfterRetryTask(test: RunnerTestCase, options: TestTryOptions): Promise<void> {
    await super.onAfterRetryTask(test, options);
    const mutant = mutation.activeMutant;
    mutation.activeMutant = undefined;
    mutation.currentTestId = undefined;
    if (isFirstRun || test.result?.state !== 'fail') return;
    if (mutant === undefined) return note(folder, 'broken', toPlace(test));
    noticed.add(mutant);
    note(folder, 'noticed', { mutant, why: toText(test.result.errors?.[0]) });
  }

  override onAfterRunTask(test: RunnerTask): void {
    super.onAfterRunTask(test);
    if (!isFirstRun) {
      note(folder, 'done', { test: test.id });
      return;
    }
    const hits = mutation.mutantCoverage.perTest[test.id] ?? {};
    const passed = test.result?.state === 'pass';
    note(folder, 'reached', { ...toPlace(test), test: test.id, passed, ms: test.result?.duration ?? 0, hits });
  }

  override onAfterRunFiles(files: Parameters<TestRunner['onAfterRunFiles']>[0]): void {
    super.onAfterRunFiles(files);
    if (isFirstRun) note(folder, 'outside', { mutants: Object.keys(mutation.mutantCoverage.static) });
  }
}

function toPlace(test: RunnerTask): Notes['broken'] {
  return { file: test.file.name, name: test.fullTestName ?? test.name };
}

function toText(error: unknown): string {
  const message = typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : '';
  return message.split('\n')[0]?.slice(0, 200) ?? '';
}
