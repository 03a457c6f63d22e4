import { defineConfig } from 'vitest/config';

/** The tests of the rooms that start no process and no server of Kubernetes: each mutant runs those that reach it. */
export default defineConfig({
  test: {
    include: ['test/rooms/**/*.test.ts'],
    exclude: [
      'test/rooms/cli/process.test.ts',
      'test/rooms/compass/{connections,identity,read-landscape*,secrets}.test.ts',
      'test/rooms/health/health-server.test.ts',
      'test/rooms/kube/*.test.ts',
      'test/rooms/kube/api/kube-client.test.ts',
      'test/rooms/kube/stores/{connection-store,event-recorder,managed-objects,named-secrets}.test.ts',
      'test/rooms/kube/watch/{compaction,resource-watch}.test.ts',
    ],
    testTimeout: 60_000,
  },
});
