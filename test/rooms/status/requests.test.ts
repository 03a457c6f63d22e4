import { describe, expect, it } from 'vitest';
import type { ConnectionSpec } from '../../../agent/domain/connection.ts';
import type { ConnectionStatus } from '../../../agent/domain/connection-status.ts';
import { toStoredMemory } from '../../../agent/domain/stored-memory.ts';
import {
  readHandled,
  readRequests,
  toAnsweredFields,
  toHandled,
  withdrawSpecRequests,
  withoutAnswered,
} from '../../../agent/status/requests.ts';
import { aConnection } from '../../data/builders/kubernetes-objects.ts';

const withRequests = (changes: {
  annotations?: Record<string, string>;
  spec?: Partial<ConnectionSpec>;
  status?: Partial<ConnectionStatus>;
}) => aConnection({ metadata: { annotations: changes.annotations ?? {} }, ...changes });
const key = (name: string) => `compass.kyma-project.io/${name}`;

describe('requests on the CompassConnection', () => {
  it('asks for a sync while the token differs from both echoes', () => {
    const annotations = { [key('sync-requested-at')]: 'b' };
    expect(readRequests(withRequests({ annotations })).asked.sync).toBe('b');
    expect(readRequests(withRequests({ annotations, status: { lastHandledSyncRequest: 'a' } })).asked.sync).toBe('b');
    expect(
      readRequests(withRequests({ annotations, status: { lastHandledSyncRequest: 'b' } })).asked.sync,
    ).toBeUndefined();
    const echoed = { ...annotations, [key('last-handled-sync-request')]: 'b' };
    expect(readRequests(withRequests({ annotations: echoed })).asked.sync).toBeUndefined();
  });

  it('compares a token that is too long for a status by its beginning and a hash', () => {
    const annotations = { [key('sync-requested-at')]: 'x'.repeat(200_000) };
    const token = readRequests(withRequests({ annotations })).asked.sync;
    expect(token).toHaveLength(256);
    expect(
      readRequests(withRequests({ annotations, status: { lastHandledSyncRequest: String(token) } })).asked,
    ).toEqual({});
    const longer = { [key('sync-requested-at')]: 'x'.repeat(200_001) };
    expect(readRequests(withRequests({ annotations: longer })).asked.sync).not.toBe(token);
  });

  it('understands the older fields of the spec', () => {
    const requests = readRequests(withRequests({ spec: { resyncNow: true, refreshCredentialsNow: true } }));
    expect(requests.asked).toEqual({ sync: true, renew: true });
  });

  it('is suspended by the spec or, on the shipped CRD, by the annotation', () => {
    expect(readRequests(withRequests({ spec: { suspend: true } })).isSuspended).toBe(true);
    expect(readRequests(withRequests({ annotations: { [key('suspend')]: 'true' } })).isSuspended).toBe(true);
    expect(readRequests(withRequests({ annotations: { [key('suspend')]: 'false' } })).isSuspended).toBe(false);
    expect(readRequests(undefined).isSuspended).toBe(false);
  });

  it('ask for nothing by an empty token, and by a token that was dealt with the older field still asks', () => {
    const empty = withRequests({ annotations: { [key('sync-requested-at')]: '' } });
    expect(readRequests(empty).asked).toEqual({});
    const both = withRequests({
      annotations: { [key('renew-requested-at')]: 'a' },
      status: { lastHandledRenewRequest: 'a' },
      spec: { refreshCredentialsNow: true },
    });
    expect(readRequests(both).asked).toEqual({ renew: true });
  });

  it('count as dealt with by their tokens, and leave what was dealt with before', () => {
    const requests = readRequests(
      withRequests({ annotations: { [key('sync-requested-at')]: 'b' }, spec: { refreshCredentialsNow: true } }),
    );
    expect(toHandled({ sync: 'a', renew: 'x' }, requests)).toEqual({ sync: 'b', renew: 'x' });
  });

  it('are not done again where the agent remembers them, though the object still asks', () => {
    const requests = { isSuspended: false, approvedIds: [], asked: { sync: 'b', renew: true } } as const;
    const left = (handled: { sync?: string }, answeredFields: ('sync' | 'renew')[]) =>
      withoutAnswered(requests, { handled, answeredFields }).asked;
    expect(left({}, [])).toEqual({ sync: 'b', renew: true });
    expect(left({ sync: 'a' }, ['sync'])).toEqual({ sync: 'b', renew: true });
    expect(left({ sync: 'b' }, [])).toEqual({ renew: true });
    expect(left({}, ['renew'])).toEqual({ sync: 'b' });
    const none = withoutAnswered({ ...requests, asked: {} }, { handled: { sync: 'a' }, answeredFields: [] });
    expect(Object.keys(none.asked)).toEqual([]);
    expect(withoutAnswered({ ...requests, asked: { renew: true } }, { handled: {}, answeredFields: [] }).asked).toEqual(
      {
        renew: true,
      },
    );
  });

  it('by a field of the spec count as dealt with for as long as the field stands there', () => {
    const spec = { resyncNow: true, refreshCredentialsNow: false } as ConnectionSpec;
    expect(toAnsweredFields([], spec, false)).toEqual([]);
    expect(toAnsweredFields([], spec, true)).toEqual(['sync']);
    expect(toAnsweredFields(['sync', 'renew'], spec, false)).toEqual(['sync']);
    expect(toAnsweredFields(['sync'], undefined, true)).toEqual([]);
  });

  it('that were dealt with are read from the status, and no others', () => {
    const stored = withRequests({ status: { lastHandledSyncRequest: 'a' } });
    expect(Object.entries(readHandled(toStoredMemory(stored)))).toEqual([['sync', 'a']]);
  });

  it('approve no removal where there is no object', () => {
    expect(readRequests(undefined).approvedIds).toEqual([]);
  });

  it('are taken back from the spec where they were dealt with, and only there', () => {
    expect(withdrawSpecRequests(['sync'])).toEqual({ resyncNow: false });
    expect(withdrawSpecRequests(['renew'])).toEqual({ refreshCredentialsNow: false });
    expect(withdrawSpecRequests([])).toBeUndefined();
  });
});
