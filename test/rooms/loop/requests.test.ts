import { describe, expect, it } from 'vitest';
import type { CompassConnection } from '../../../agent/domain/connection.ts';
import { readRequests } from '../../../agent/loop/requests.ts';

const aConnection = (changes: { annotations?: Record<string, string>; spec?: object; status?: object }) =>
  ({
    apiVersion: 'compass.kyma-project.io/v1alpha1',
    kind: 'CompassConnection',
    metadata: { name: 'compass-connection', annotations: changes.annotations ?? {} },
    spec: { managementInfo: { directorUrl: '', connectorUrl: '' }, ...changes.spec },
    status: changes.status,
  }) as CompassConnection;
const key = (name: string) => `compass.kyma-project.io/${name}`;

describe('requests on the CompassConnection', () => {
  it('asks for a sync while the token differs from both echoes', () => {
    const annotations = { [key('sync-requested-at')]: 'b' };
    expect(readRequests(aConnection({ annotations })).sync).toBe('b');
    expect(readRequests(aConnection({ annotations, status: { lastHandledSyncRequest: 'a' } })).sync).toBe('b');
    expect(readRequests(aConnection({ annotations, status: { lastHandledSyncRequest: 'b' } })).sync).toBeUndefined();
    const echoed = { ...annotations, [key('last-handled-sync-request')]: 'b' };
    expect(readRequests(aConnection({ annotations: echoed })).sync).toBeUndefined();
  });

  it('understands the older fields of the spec', () => {
    const requests = readRequests(aConnection({ spec: { resyncNow: true, refreshCredentialsNow: true } }));
    expect(requests).toMatchObject({ sync: true, renew: true });
  });

  it('is suspended by the spec or, on the shipped CRD, by the annotation', () => {
    expect(readRequests(aConnection({ spec: { suspend: true } })).isSuspended).toBe(true);
    expect(readRequests(aConnection({ annotations: { [key('suspend')]: 'true' } })).isSuspended).toBe(true);
    expect(readRequests(aConnection({ annotations: { [key('suspend')]: 'false' } })).isSuspended).toBe(false);
    expect(readRequests(undefined).isSuspended).toBe(false);
  });
});
