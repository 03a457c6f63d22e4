import { defineConfig } from 'vitest/config';

/** The tests that need a real API server. Each file starts its own, one file after the other: two cores. */
export default defineConfig({
  test: {
    include: ['test/**/*.cluster-test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
