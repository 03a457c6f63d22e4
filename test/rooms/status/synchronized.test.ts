import { describe, expect, it } from 'vitest';
import type { SystemFailure } from '../../../agent/domain/connection-status.ts';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import { summarize } from '../../../agent/status/summarize.ts';
import type { SyncReport } from '../../../agent/sync/sync-memory.ts';
import { good, goodSync, now } from '../../data/builders/a-report.ts';

const statusAfter = (sync: Partial<SyncReport>) =>
  summarize({ ...good, sync: { ...goodSync, ...sync } }, undefined, now);
const synchronizedAfter = (sync: Partial<SyncReport>) =>
  statusAfter(sync).conditions?.find(({ type }) => type === 'Synchronized');
const aFailure = (name: string, reason = 'Refused'): SystemFailure => ({
  applicationId: `id-${name}`,
  name,
  reason,
  message: 'm',
});

describe('Synchronized', () => {
  it.each([
    [0, 'UCL assigns no systems to this runtime.'],
    [1, 'The 1 system that UCL assigns is in the cluster.'],
    [2, 'All 2 systems that UCL assigns are in the cluster.'],
  ])('counts %i systems in words', (desired, message) => {
    expect(synchronizedAfter({ counts: { desired, ready: desired, failed: 0 } })).toMatchObject({
      status: 'True',
      reason: 'Synchronized',
      message,
    });
  });

  it.each([
    [1, '1 system could'],
    [2, '2 systems could'],
  ])('is False where %i systems could not be read whole', (gaps, text) => {
    expect(synchronizedAfter({ gaps, failures: [aFailure('mp-a')] })).toMatchObject({
      status: 'False',
      reason: 'ReadIncomplete',
      message: `${text} not be read completely; what is in the cluster stays as it is, and nothing is removed. Failed: mp-a (Refused). m`,
    });
  });

  it('names the first three of the systems that failed, each with three reasons at most', () => {
    const failedMessage = (names: string[]) =>
      synchronizedAfter({ failures: names.map((name) => aFailure(name)) })?.message;
    expect(failedMessage(['a', 'b', 'c'])).toContain('Failed: a (Refused), b (Refused), c (Refused).');
    expect(failedMessage(['a', 'b', 'c', 'd', 'e'])).toContain(
      'Failed: a (Refused), b (Refused), c (Refused) and 2 more.',
    );
    const failures = ['First', 'Second', 'Third', 'Fourth'].map((reason) => aFailure('a', reason));
    expect(synchronizedAfter({ failures })?.message).toContain('Failed: a (First, Second, Third).');
  });

  it('counts systems of the same name by their ids, and those without an id by their names', () => {
    const twins = [aFailure('a'), { ...aFailure('a'), applicationId: 'other' }];
    expect(statusAfter({ failures: twins }).failuresTotal).toBe(2);
    const unknown = ['a', 'a', 'b'].map((name) => ({ ...aFailure(name), applicationId: '' }));
    expect(statusAfter({ failures: unknown }).failuresTotal).toBe(2);
  });

  it('says what an Application that is being deleted waits for, beside all other remarks', () => {
    const terminating = [
      { name: 'mp-a', finalizers: ['example.com/keep', 'example.com/hold'] },
      { name: 'mp-b', finalizers: [] },
    ];
    const remarks =
      'Application mp-a is being deleted and waits for example.com/keep, example.com/hold. Application mp-b is being deleted and waits for its end. A remark.';
    expect(synchronizedAfter({ terminating, remarks: ['A remark.'] })?.message).toBe(
      `All 10 systems that UCL assigns are in the cluster. ${remarks}`,
    );
    const counts = { desired: 10, ready: 9, failed: 1 };
    expect(
      synchronizedAfter({ terminating, remarks: ['A remark.'], counts, failures: [aFailure('mp-c')] })?.message,
    ).toBe(`9 of 10 systems are in the cluster as UCL describes them. Failed: mp-c (Refused). m ${remarks}`);
  });

  it('stays True where the labels in UCL alone could not be set, and says why', () => {
    const error = new AgentError('CompassUnreachable', 'Director timed out', { next: 'retry' });
    expect(synchronizedAfter({ error: { during: 'labels', error } })).toMatchObject({
      status: 'True',
      reason: 'MetadataUpdateFailed',
      message: 'All 10 systems that UCL assigns are in the cluster. Director timed out.',
    });
  });
});
