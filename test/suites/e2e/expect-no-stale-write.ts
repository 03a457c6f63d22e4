import { expect } from 'vitest';
import { findStaleWrites, findWriters } from '../../servers/cluster/find-stale-writes.ts';
import type { TestCluster } from '../../servers/cluster/start-test-cluster.ts';
import { toAgentEntries } from '../../servers/cluster/used-rights.ts';

/**
 * Every write that the API server has accepted came from the agent that led. Only the real API server keeps a log of who sent
 * what; on the embedded one this says nothing. It looks back on all tests of the file so far.
 * @param minWriters how many agents must have written: with one alone nothing is judged.
 */
export async function expectNoStaleWrite({ real }: TestCluster, minWriters = 0): Promise<void> {
  if (real === undefined) return;
  const log = toAgentEntries(await real.auditLog());
  expect(findStaleWrites(log)).toEqual([]);
  expect(findWriters(log).length).toBeGreaterThanOrEqual(minWriters);
}
