import { defineConfig } from 'vitest/config';

// Tests start programs the way a shell does, also under `npm test`: they would take its options for those that npm kept.
delete process.env.npm_lifecycle_event;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two cores: process-spawning suites starve each other beyond that.
    maxWorkers: 2,
  },
});
