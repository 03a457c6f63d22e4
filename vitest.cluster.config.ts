import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** By name, but for the comparison of rights, which looks back on what all others did. */
class RightsLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const toKey = ({ moduleId }: TestSpecification) => `${Number(moduleId.includes('used-rights'))} ${moduleId}`;
    return [...files].sort((a, b) => (toKey(a) < toKey(b) ? -1 : 1));
  }
}

/** Where each file leaves what the agent asked of its server, for the comparison at the end. */
const usedRights = mkdtempSync(join(tmpdir(), 'ucl-agent-rights-'));
process.once('exit', () => rmSync(usedRights, { recursive: true, force: true }));

/**
 * Everything that is judged by a real API server: its own tests, and the behavioural suite of `npm test` from the same
 * files. Each file starts its own server, one file after the other: two cores.
 */
export default defineConfig({
  test: {
    include: [
      'test/**/*.cluster-test.ts',
      'test/suites/e2e/**/*.test.ts',
      'test/suites/shipped/deployments.test.ts',
      'test/rooms/kube/**/*.test.ts',
    ],
    env: { UCL_TEST_CLUSTER: 'real', UCL_USED_RIGHTS: usedRights },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false,
    sequence: { sequencer: RightsLast },
  },
});
