import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Where each file leaves what the agent asked of its server, for the comparison at the end. */
const usedRights = mkdtempSync(join(tmpdir(), 'ucl-agent-rights-'));
process.once('exit', () => rmSync(usedRights, { recursive: true, force: true }));

const comparison = 'test/suites/cluster/used-rights.cluster-test.ts';
const common = {
  env: { UCL_TEST_CLUSTER: 'real', UCL_USED_RIGHTS: usedRights },
  testTimeout: 120_000,
  hookTimeout: 120_000,
};

/**
 * Everything that is judged by a real API server: its own tests, and the behavioural suite of `npm test` from the same
 * files. Each file starts its own server. They wait more than they compute, so that two run at a time.
 */
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...common,
          name: 'real API server',
          include: [
            'test/**/*.cluster-test.ts',
            'test/suites/e2e/**/*.test.ts',
            'test/suites/shipped/deployments.test.ts',
            'test/rooms/kube/**/*.test.ts',
          ],
          exclude: [comparison],
          sequence: { groupOrder: 0 },
        },
      },
      // Looks back on what all others did.
      { test: { ...common, name: 'used rights', include: [comparison], sequence: { groupOrder: 1 } } },
    ],
  },
});
