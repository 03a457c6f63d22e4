import { defineConfig } from 'vitest/config';

/** What is judged by the built image. One file after the other: each container takes the agent's port. */
export default defineConfig({
  test: {
    include: ['test/**/*.image-test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
