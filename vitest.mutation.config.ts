import { defineConfig } from 'vitest/config';

/**
 * The tests of the rooms that start no process and no server of Kubernetes, in one process: each mutant is tried with those
 * that reach it.
 */
export default defineConfig({
  test: {
    include: ['test/rooms/**/*.test.ts'],
    exclude: [
      'test/rooms/cli/process.test.ts',
      'test/rooms/compass/{connections,heap,identity,read-bounds,read-landscape*,secrets}.test.ts',
      'test/rooms/health/health-server.test.ts',
      'test/rooms/kube/*.test.ts',
      'test/rooms/kube/api/{cluster-access,kube-client}.test.ts',
      'test/rooms/kube/stores/{connection-store,event-recorder,managed-objects,named-secrets}.test.ts',
      'test/rooms/kube/watch/{compaction,resource-watch}.test.ts',
    ],
    runner: 'test/programs/mutation/mutation-runner.ts',
    isolate: false,
    fileParallelism: false,
    testTimeout: 20_000,
  },
});
