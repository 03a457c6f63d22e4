import { describe, expect, test } from 'vitest';
import { annotations } from '../../../../agent/domain/annotations.ts';
import type { ConnectionStatus } from '../../../../agent/domain/connection-status.ts';
import { requestKinds } from '../../../../agent/domain/request-kinds.ts';
import {
  toCompassConnection,
  withAnnotations,
  withSpec,
  withStatus,
} from '../../../../agent/kube/stores/connection-form.ts';
import { parseStoredConnection, type StoredConnection } from '../../../../agent/kube/stores/parse-object.ts';

const managementInfo = { directorUrl: 'https://d.example', connectorUrl: 'https://c.example' };

function stored(change: Partial<StoredConnection> = {}): StoredConnection {
  return {
    apiVersion: 'compass.kyma-project.io/v1alpha1',
    kind: 'CompassConnection',
    metadata: { name: 'compass-connection', resourceVersion: '7' },
    spec: { managementInfo },
    ...change,
  };
}

function annotated(own: Record<string, string>, change: Partial<StoredConnection> = {}): StoredConnection {
  return stored({ ...change, metadata: { name: 'compass-connection', annotations: own } });
}

const legacy: ConnectionStatus = {
  connectionState: 'Synchronized',
  connectionStatus: { established: '2030-01-01T00:00:00Z', renewed: null, certificateStatus: {} },
  synchronizationStatus: { lastAttempt: '2030-01-01T00:00:00Z', error: 'one failed' },
};
const full: ConnectionStatus = {
  ...legacy,
  observedGeneration: 2,
  runtimeId: 'runtime',
  conditions: [
    {
      type: 'Ready',
      status: 'True',
      reason: 'Synchronized',
      message: 'All is well.',
      lastTransitionTime: '2030-01-01T00:00:00Z',
      observedGeneration: 2,
    },
  ],
  applications: { desired: 2, ready: 1, failed: 1, summary: '1/2' },
  failures: [{ applicationId: 'id', name: 'a', reason: 'Refused', message: 'no' }],
  failuresTotal: 1,
  certificate: { notBefore: null, notAfter: '2030-04-01T00:00:00Z', renewAt: '2030-03-01T00:00:00Z' },
  lastSync: '2030-01-01T00:00:00Z',
  nextSync: null,
  lastSyncTrigger: 'schedule',
  lastHandledSyncRequest: 'sync-1',
  lastHandledRenewRequest: 'renew-1',
  prune: { heldHash: 'abc', heldCount: 3, heldSince: 'then', heldUntil: 'later' },
};

describe('a CompassConnection as it is stored', () => {
  test('is read with every field of its spec and status', () => {
    const spec = { managementInfo, resyncNow: true, refreshCredentialsNow: false, suspend: true };
    const connection = toCompassConnection(stored({ spec, status: { ...full } }));
    expect(connection).toEqual({
      apiVersion: 'compass.kyma-project.io/v1alpha1',
      kind: 'CompassConnection',
      metadata: { name: 'compass-connection', resourceVersion: '7' },
      spec,
      status: full,
    });
  });

  test('has no status before anybody wrote one', () => {
    expect(toCompassConnection(stored())).not.toHaveProperty('status');
    expect(toCompassConnection(annotated({ [requestKinds.sync.echoAnnotation]: 'a' }))).not.toHaveProperty('status');
  });

  test.each([
    [{}, { managementInfo: { directorUrl: '', connectorUrl: '' } }],
    [{ managementInfo: 'x' }, { managementInfo: { directorUrl: '', connectorUrl: '' } }],
    [{ managementInfo: { directorUrl: 1 } }, { managementInfo: { directorUrl: '', connectorUrl: '' } }],
    [{ managementInfo, suspend: 'yes' }, { managementInfo: { directorUrl: '', connectorUrl: '' } }],
  ])('with the spec %o is read as %o', (spec, read) => {
    expect(toCompassConnection(stored({ spec })).spec).toEqual(read);
  });

  test('that the Go agent wrote, or nobody understands, is read as far as it goes', () => {
    const status = {
      connectionState: 'Unheard-of',
      connectionStatus: 'x',
      synchronizationStatus: null,
      conditions: [null, 'x', { type: 'Ready', status: 'True' }, { type: 'Foreign', status: 'True' }],
      applications: { desired: 'x', ready: null },
      failures: [{ name: 7 }],
      prune: 'x',
    };
    expect(toCompassConnection(stored({ status })).status).toEqual({
      connectionState: 'ConnectionFailed',
      connectionStatus: { certificateStatus: {} },
      synchronizationStatus: null,
      conditions: [{ type: 'Ready', status: 'True', reason: '', message: '', lastTransitionTime: '' }],
      applications: { desired: 0, ready: 0, failed: 0, summary: '' },
      failures: [{ applicationId: '', name: '', reason: '', message: '' }],
      prune: {},
    });
    const certificateStatus = toCompassConnection(
      stored({ status: { connectionState: 'Connected', connectionStatus: { certificateStatus: 'x' } } }),
    ).status?.connectionStatus.certificateStatus;
    expect(certificateStatus).toEqual({});
  });

  test.each([
    'Connected',
    'ConnectionFailed',
    'ConnectionMaintenanceFailed',
    'SynchronizationFailed',
    'ResourceApplicationFailed',
    'MetadataUpdateFailed',
    'Synchronized',
  ])('keeps the state %s', (connectionState) => {
    const status = { connectionState, connectionStatus: { certificateStatus: {} } };
    expect(toCompassConnection(stored({ status })).status?.connectionState).toBe(connectionState);
  });

  test.each(['Ready', 'Connected', 'CertificateValid', 'Synchronized', 'Stalled', 'PruneHeld'])(
    'keeps the condition %s',
    (type) => {
      const condition = { type, status: 'Unknown', reason: 'a', message: 'b', lastTransitionTime: 'c' };
      const status = { ...legacy, conditions: [condition] };
      expect(toCompassConnection(stored({ status })).status?.conditions).toEqual([condition]);
    },
  );

  test('is suspended by the annotation as well', () => {
    expect(toCompassConnection(annotated({ [annotations.suspend]: 'true' })).spec.suspend).toBe(true);
    expect(toCompassConnection(annotated({ [annotations.suspend]: 'yes' })).spec).not.toHaveProperty('suspend');
    const spec = { managementInfo, suspend: false };
    expect(toCompassConnection(annotated({ [annotations.suspend]: 'true' }, { spec })).spec.suspend).toBe(true);
  });

  test('echoes requests from its status, else from its annotations', () => {
    const own = { [requestKinds.sync.echoAnnotation]: 'a', [requestKinds.renew.echoAnnotation]: 'b' };
    expect(toCompassConnection(annotated(own, { status: { ...legacy } })).status).toMatchObject({
      lastHandledSyncRequest: 'a',
      lastHandledRenewRequest: 'b',
    });
    expect(toCompassConnection(annotated(own, { status: { ...full } })).status).toMatchObject({
      lastHandledSyncRequest: 'sync-1',
      lastHandledRenewRequest: 'renew-1',
    });
    expect(toCompassConnection(stored({ status: { ...legacy } })).status).toEqual(legacy);
  });
});

describe('the status', () => {
  test('is written whole where the CRD has the subresource', () => {
    const object = annotated({ theirs: 'kept' });
    expect(withStatus(object, full, 'subresource')).toEqual({ ...object, status: full });
  });

  test('is cut to the fields of the Go agent on its CRD, and the echoes become annotations', () => {
    const written = withStatus(annotated({ theirs: 'kept' }), full, 'shipped');
    expect(written.status).toEqual(legacy);
    expect(written.metadata.annotations).toEqual({
      theirs: 'kept',
      [requestKinds.sync.echoAnnotation]: 'sync-1',
      [requestKinds.renew.echoAnnotation]: 'renew-1',
    });
  });

  test('takes the annotation of an echo away that it does not have', () => {
    const own = { [requestKinds.sync.echoAnnotation]: 'a', [requestKinds.renew.echoAnnotation]: 'b' };
    expect(withStatus(annotated(own), legacy, 'shipped').metadata).not.toHaveProperty('annotations');
  });

  test.each(['subresource', 'shipped'] as const)(
    'keeps an echo that answers the request in the object, and no other, in the form %s',
    (form) => {
      const { sync, renew } = requestKinds;
      const asked = annotated({ [sync.annotation]: 'sync-2', [renew.annotation]: 'renew-2' });
      const echoes = { lastHandledSyncRequest: 'sync-2', lastHandledRenewRequest: 'renew-1' };
      const answered = withStatus(asked, { ...legacy, ...echoes }, form);
      const read = (status: ConnectionStatus) => toCompassConnection(withStatus(answered, status, form)).status;
      expect(read(legacy)).toEqual({ ...legacy, lastHandledSyncRequest: 'sync-2' });
      expect(read({ ...legacy, lastHandledSyncRequest: 'sync-1', lastHandledRenewRequest: 'renew-2' })).toEqual({
        ...legacy,
        lastHandledSyncRequest: 'sync-2',
        lastHandledRenewRequest: 'renew-2',
      });
    },
  );

  test.each(['subresource', 'shipped'] as const)('of the form %s is read as it was written', (form) => {
    const read = toCompassConnection(parseStoredConnection(withStatus(stored(), full, form))).status;
    const { lastHandledSyncRequest, lastHandledRenewRequest } = full;
    expect(read).toEqual(
      form === 'subresource' ? full : { ...legacy, lastHandledSyncRequest, lastHandledRenewRequest },
    );
  });
});

describe('a change of the spec', () => {
  test('leaves what it does not name', () => {
    const spec = { managementInfo, resyncNow: true, theirs: 'kept' };
    expect(withSpec(stored({ spec }), { resyncNow: false }, 'subresource')).toEqual(
      stored({ spec: { ...spec, resyncNow: false } }),
    );
    expect(withSpec(stored({ spec }), { resyncNow: false }, 'shipped').metadata).not.toHaveProperty('annotations');
  });

  test('suspends by an annotation on the CRD of the Go agent, which prunes the field', () => {
    const suspended = withSpec(stored(), { suspend: true }, 'shipped');
    expect(suspended.metadata.annotations).toEqual({ [annotations.suspend]: 'true' });
    expect(suspended.spec).not.toHaveProperty('suspend');
    expect(withSpec(suspended, { suspend: false }, 'shipped').metadata).not.toHaveProperty('annotations');
  });

  test('suspends by the field on ours, and resumption takes the annotation along', () => {
    const suspended = withSpec(annotated({ [annotations.suspend]: 'true' }), { suspend: true }, 'subresource');
    expect(suspended.spec.suspend).toBe(true);
    expect(suspended.metadata.annotations).toEqual({ [annotations.suspend]: 'true' });
    const resumed = withSpec(suspended, { suspend: false }, 'subresource');
    expect(resumed.spec.suspend).toBe(false);
    expect(resumed.metadata).not.toHaveProperty('annotations');
  });
});

test('annotations are set and taken away, and the others stay', () => {
  const object = annotated({ theirs: 'kept', old: 'a' });
  expect(withAnnotations(object, { ours: 'set', old: null, unknown: null }).metadata.annotations).toEqual({
    theirs: 'kept',
    ours: 'set',
  });
  expect(object.metadata.annotations).toEqual({ theirs: 'kept', old: 'a' });
  expect(withAnnotations(stored(), { unknown: null })).toEqual(stored());
  expect(withAnnotations(stored(), { ours: 'set' }).metadata.annotations).toEqual({ ours: 'set' });
});
