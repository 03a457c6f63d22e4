import { defineConfig } from 'vitest/config';

/** A compressed week in a pod: `npm run soak`. How long it lasts is an option of that. */
export default defineConfig({
  test: {
    include: ['test/**/*.soak-test.ts'],
    globalSetup: 'test/suites/node/setup.ts',
    testTimeout: 0,
    hookTimeout: 600_000,
  },
});
