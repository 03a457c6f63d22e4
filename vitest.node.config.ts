import { defineConfig } from 'vitest/config';

/**
 * The agent as it is shipped, in a pod: `npm run test:node`. One node serves all files, and one file after the other has
 * it to itself.
 */
export default defineConfig({
  test: {
    include: ['test/**/*.node-test.ts'],
    globalSetup: 'test/suites/node/setup.ts',
    testTimeout: 240_000,
    hookTimeout: 240_000,
    fileParallelism: false,
  },
});
