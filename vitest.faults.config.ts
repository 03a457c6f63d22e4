import { defineConfig } from 'vitest/config';

/** Faults of everything around the agent, on a real API server: `npm run test:faults`. They wait much and take an hour. */
export default defineConfig({
  test: {
    include: ['test/**/*.fault-test.ts'],
    env: { UCL_TEST_CLUSTER: 'real' },
    testTimeout: 900_000,
    hookTimeout: 180_000,
    maxWorkers: 2,
  },
});
