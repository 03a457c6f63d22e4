import { defineConfig } from 'vitest/config';

/**
 * Everything that is judged by a real API server: its own tests, and the behavioural suite of `npm test` from the same
 * files. Each file starts its own server, one file after the other: two cores.
 */
export default defineConfig({
  test: {
    include: ['test/**/*.cluster-test.ts', 'test/e2e/**/*.test.ts', 'test/kube/**/*.test.ts'],
    env: { UCL_TEST_CLUSTER: 'real' },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
