import { describe, expect, test } from 'vitest';
import type { ConnectionReport } from '../../../agent/cli/connection-report.ts';
import { renderReport } from '../../../agent/cli/render-report.ts';
import type { Condition } from '../../../agent/domain/connection-status.ts';

const now = new Date('2026-11-22T12:00:00Z');
const hourAgo = '2026-11-22T11:00:00Z';
const plain = (_: string, text: string) => text;

/** A connection of which hardly anything is known. */
const unpaired: ConnectionReport = {
  name: 'compass-connection',
  state: 'ConnectionFailed',
  ready: { status: 'False', reason: 'TokenRefused', message: 'Write a new token.', since: hourAgo },
  suspended: false,
  detailed: true,
  conditions: [],
  certificate: {},
  failures: [],
  failuresTotal: 0,
  errors: [],
  holds: [],
};

const page = (changes: Partial<ConnectionReport> = {}, width?: 'page' | 'wide') =>
  renderReport({ ...unpaired, ...changes }, now, plain, width);

const aCondition = (type: Condition['type'], status: Condition['status']): Condition => ({
  ...{ type, status, reason: `${type}${status}`, message: 'm', lastTransitionTime: hourAgo },
});

describe('the page of a connection', () => {
  test('says in full what is missing, what waits and what failed', () => {
    const report: Partial<ConnectionReport> = {
      suspended: true,
      resumeCommand: 'kubectl annotate ...',
      detailed: false,
      errors: ['The token is spent.'],
      pruneHeld: { count: 7, hash: 'abc', approveCommand: 'kubectl annotate compassconnection ...' },
    };
    expect(page(report)).toMatchInlineSnapshot(`
      "Connection  compass-connection
      State       ConnectionFailed
      Ready       False (TokenRefused, since 60 min ago)
                  Write a new token.
      Runtime     not in this status
      Director    none yet: the cluster is not paired

      SUSPENDED: the agent reads and writes nothing until you resume it:
        kubectl annotate ...

      The status has no conditions: the CRD in this cluster is the older one, or an older agent wrote the status.

      HELD: the removal of 7 Applications waits; a person has to approve it.
      To remove them at once:
        kubectl annotate compassconnection ...
      To keep them, assign the systems to the formation again, or run the agent with APP_PRUNE_POLICY=upsert-only.

      Errors
        The token is spent.

      Certificate
        none yet

      Synchronization
        last  never
      "
    `);
  });

  test('does not say since when it is Ready where there is a concern that may be younger', () => {
    const ready = { status: 'True', message: 'm', since: hourAgo } as const;
    expect(page({ ready: { ...ready, reason: 'Synchronized' } })).toContain('True (Synchronized, since 60 min ago)');
    expect(page({ ready: { ...ready, reason: 'PruneHeld' } })).toContain('True (PruneHeld)');
  });

  test('calls a certificate expired from the second on at which it ends', () => {
    expect(page({ certificate: { notAfter: '2026-11-22T12:00:00Z' } })).toContain(
      'EXPIRED  2026-11-22T12:00:00Z (now)',
    );
    expect(page({ certificate: { notAfter: '2026-11-22T12:00:01Z' } })).toContain('valid until  2026-11-22T12:00:01Z');
  });

  test('tells of a sync that is due now', () => {
    expect(page({ nextSync: '2026-11-22T12:00:00Z' })).toContain('next  2026-11-22T12:00:00Z (now)');
  });

  test('names a trigger that it does not know as the agent does', () => {
    expect(page({ lastSync: hourAgo, lastSyncTrigger: 'moonlight' })).toMatch(/ago\), by moonlight$/m);
  });

  test('counts the failures that it leaves out, where it does', () => {
    const failures = [{ applicationId: 'a-1', name: 'Shop', reason: 'InvalidName', message: 'm' }];
    const shown = ['Failures (1)', '  Shop [a-1]: InvalidName', '    m', ''].join('\n');
    expect(page({ failures, failuresTotal: 1 }).endsWith(shown)).toBe(true);
    expect(page({ failures, failuresTotal: 2 })).toMatch(/m\n {2}\.\.\. and 1 more\n$/);
    expect(page()).not.toContain('Failures');
  });

  test('tells in its wide form what people have asked for', () => {
    expect(
      page(
        { handledSyncRequest: 'mine', holds: [{ id: 'abc', count: 7, names: [], since: undefined, until: undefined }] },
        'wide',
      ),
    ).toContain(['More', '  last sync request  mine', '  held abc           7', ''].join('\n'));
  });

  test('is coloured by what is good for a person, which for an alarm is that it is not True', () => {
    const report: ConnectionReport = {
      ...unpaired,
      errors: ['The token is spent.'],
      certificate: { notBefore: hourAgo, notAfter: hourAgo },
      conditions: [
        aCondition('Connected', 'False'),
        aCondition('CertificateValid', 'True'),
        aCondition('Synchronized', 'Unknown'),
        aCondition('Stalled', 'True'),
        aCondition('PruneHeld', 'False'),
      ],
    };
    const coloured: string[] = [];
    renderReport(report, now, (tone, text) => {
      if (tone !== 'heading') coloured.push(`${tone}: ${text}`);
      return text;
    });
    expect(coloured).toEqual([
      'bad: False (TokenRefused, since 60 min ago)',
      'bad: The token is spent.',
      'bad: False',
      'good: True',
      'warning: Unknown',
      'warning: True',
      `bad: ${hourAgo} (60 min ago)`,
    ]);
  });
});
