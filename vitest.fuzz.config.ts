import { defineConfig } from 'vitest/config';

/** What reads what comes from outside, with 100,000 inputs each. `FUZZ_SEED` repeats a run. */
export default defineConfig({
  test: {
    include: ['test/fuzz/parsers.test.ts'],
    env: { FUZZ_CASES: process.env.FUZZ_CASES ?? '100000' },
    testTimeout: 3_600_000,
  },
});
