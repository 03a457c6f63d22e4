import { expect, test } from 'vitest';
import type { AuditEntry } from './audit-log.ts';
import { findStaleWrites, findWriters } from './find-stale-writes.ts';

/** `<client> <verb> <resource>`, and another status than 200. */
function entry(text: string, code = 200): AuditEntry {
  const [client = '', verb = '', resource = ''] = text.split(' ');
  return { user: 'agent', userAgent: '', group: '', requestUri: '/', client, verb, resource, name: 'it', code };
}

const takeover = [
  entry('first create leases'),
  entry('first create secrets'),
  entry('first update leases'),
  entry('first update secrets'),
  entry('second update leases'),
  entry('second update secrets'),
];

test('Agents that write one after the other, each with the Lease, are well; both are writers', () => {
  const back = [entry('first update leases'), entry('first update secrets')];
  expect(findStaleWrites([...takeover, ...back])).toEqual([]);
  expect(findWriters(takeover)).toEqual(['first', 'second']);
});

test('A write of the former leader after one of the next is stale', () => {
  expect(findStaleWrites([...takeover, entry('first delete applications')])).toEqual([
    'first: delete applications it after a write of second',
  ]);
});

test('A write without the Lease beside a leader is stale', () => {
  expect(findStaleWrites([...takeover, entry('third create secrets')])).toHaveLength(1);
});

test('What was refused, what only reads, and what is only tried changes nothing', () => {
  const refused = entry('first update secrets', 409);
  const tried = { ...entry('first create secrets'), requestUri: '/?dryRun=All' };
  expect(findStaleWrites([...takeover, refused, entry('first list secrets'), tried])).toEqual([]);
});

test('The former leader may still write until the next one does', () => {
  const [next] = [entry('second update leases')];
  expect(findStaleWrites([...takeover.slice(0, 4), next, entry('first update secrets')].filter(Boolean))).toEqual([]);
});
