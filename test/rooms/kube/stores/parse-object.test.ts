import { describe, expect, test } from 'vitest';
import { parseApplication, parseSecret, parseStoredConnection } from '../../../../agent/kube/stores/parse-object.ts';

const metadata = {
  name: 'one',
  namespace: 'kyma-system',
  uid: 'uid-1',
  resourceVersion: '7',
  generation: 3,
  creationTimestamp: '2030-01-01T00:00:00Z',
  deletionTimestamp: '2030-01-02T00:00:00Z',
  labels: { a: 'b' },
  annotations: { c: 'd' },
  ownerReferences: [
    { apiVersion: 'v1', kind: 'Secret', name: 'o', uid: 'u', controller: true, blockOwnerDeletion: false },
  ],
  finalizers: ['example.com/f'],
};
const entry = { type: 'API', targetUrl: 'https://a.example', theirs: 'kept' };
const service = {
  id: 'b',
  name: 'b',
  displayName: 'B',
  description: '',
  providerDisplayName: '',
  labels: null,
  tags: ['t'],
  theirs: 'kept',
  entries: [
    {
      ...entry,
      credentials: { type: 'OAuth', secretName: 's', csrfInfo: { tokenEndpointURL: 'u', theirs: 1 }, theirs: 2 },
    },
  ],
};
const spec = {
  description: 'd',
  labels: null,
  skipVerify: false,
  encodeUrl: false,
  compassMetadata: { applicationId: 'id', authentication: { clientIds: ['c'], theirs: 3 }, theirs: 4 },
  services: [service],
  theirs: 'kept',
};
const application = {
  apiVersion: 'applicationconnector.kyma-project.io/v1alpha1',
  kind: 'Application',
  metadata,
  spec,
};

function refusalOf(parse: () => unknown): unknown {
  try {
    return parse();
  } catch (error: unknown) {
    return error;
  }
}

describe('an Application', () => {
  test('keeps every field of its spec, also those that nobody here knows, and its status', () => {
    const status = { installationStatus: { status: 's' } };
    expect(parseApplication({ ...application, status })).toEqual({ ...application, status });
  });

  test('loses the fields of metadata that the API server keeps by itself', () => {
    const heavy = { ...application, metadata: { ...metadata, managedFields: [{}], selfLink: 'x' }, extra: 1 };
    expect(parseApplication(heavy)).toEqual(application);
  });

  test('may lack everything but its name, as items of a list do', () => {
    expect(parseApplication({ metadata: { name: 'one' } })).toEqual({
      apiVersion: 'applicationconnector.kyma-project.io/v1alpha1',
      kind: 'Application',
      metadata: { name: 'one' },
      spec: {},
    });
  });

  test.each([
    ['metadata', { ...application, metadata: undefined }],
    ['metadata.name', { ...application, metadata: { ...metadata, name: 7 } }],
    [
      'metadata.ownerReferences.0.uid',
      { ...application, metadata: { ...metadata, ownerReferences: [{ ...metadata.ownerReferences[0], uid: 7 }] } },
    ],
    ['metadata.finalizers.0', { ...application, metadata: { ...metadata, finalizers: [7] } }],
    ['metadata.labels.a', { ...application, metadata: { ...metadata, labels: { a: 7 } } }],
    ['kind', { ...application, kind: 'Secret' }],
    ['apiVersion', { ...application, apiVersion: 'v2' }],
  ])('with something else at %s is refused by the place alone', (place, object) => {
    expect(refusalOf(() => parseApplication(object))).toMatchObject({
      reason: 'ClusterUnreachable',
      next: 'retry',
      message: `The Application that the API server sent has an unexpected form at ${place}`,
    });
  });

  test.each([
    ['spec.services.0.entries', { ...application, spec: { services: [{ ...service, entries: undefined }] } }],
    ['spec.services.0.entries.0.type', { ...application, spec: { services: [{ ...service, entries: [{}] }] } }],
    [
      'spec.compassMetadata.authentication.clientIds',
      { ...application, spec: { compassMetadata: { authentication: {} } } },
    ],
    ['spec.skipVerify', { ...application, spec: { skipVerify: 'hunter2' } }],
    ['spec.compassMetadata', { ...application, spec: { compassMetadata: 'hunter2' } }],
    ['spec', { ...application, spec: 'hunter2' }],
  ])('with something else at %s is there, with the place and without its spec', (place, object) => {
    const parsed = parseApplication(object);
    expect(parsed).toMatchObject({ metadata, unreadable: [place] });
    expect(JSON.stringify(parsed)).not.toContain('hunter2');
  });

  test('that cannot be read tells whose it is, where that can be read', () => {
    const broken = { ...application, spec: { ...spec, services: 7 } };
    expect(parseApplication(broken).spec).toEqual({
      compassMetadata: { applicationId: 'id', authentication: { clientIds: [] } },
    });
    expect(parseApplication({ ...application, spec: { services: 7 } }).spec).toEqual({});
    expect(parseApplication({ ...application, spec: { compassMetadata: 7 } }).spec.compassMetadata).toMatchObject({
      applicationId: '',
    });
  });

  test('with much that is wrong is refused by three places', () => {
    const error = refusalOf(() => parseApplication({ metadata: {}, kind: 1, apiVersion: 1, spec: 1 }));
    expect(error).toMatchObject({ failure: { kind: 'malformed', object: 'Application', where: expect.any(Array) } });
    expect(String(error).match(/,/g)).toHaveLength(2);
  });
});

describe('a Secret', () => {
  test('keeps its type, its data and whether it may be changed', () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', immutable: true, data: { a: 'Yg==' } };
    expect(parseSecret({ ...secret, stringData: { no: 'no' } })).toEqual(secret);
    expect(parseSecret({ metadata: { name: 'one' } })).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'one' },
    });
  });

  test('whose data is none is refused without a value', () => {
    const error = refusalOf(() => parseSecret({ metadata: { name: 'one' }, data: { password: ['hunter2'] } }));
    expect(String(error)).toContain('at data.password');
    expect(String(error)).not.toContain('hunter2');
  });
});

describe('a CompassConnection', () => {
  test('is kept whole, as an update has to repeat it', () => {
    const connection = { apiVersion: 'a', kind: 'b', metadata, spec: { theirs: [1] }, status: { theirs: { a: 1 } } };
    expect(parseStoredConnection(connection)).toEqual(connection);
    expect(parseStoredConnection({ metadata: { name: 'one' } })).toEqual({
      apiVersion: 'compass.kyma-project.io/v1alpha1',
      kind: 'CompassConnection',
      metadata: { name: 'one' },
      spec: {},
    });
  });

  test('says who set which of its fields, as far as that can be read', () => {
    const entry = { manager: 'kubectl', time: '2030-01-01T00:00:00Z', fieldsV1: { 'f:spec': {} } };
    const stored = (managedFields: unknown) => parseStoredConnection({ metadata: { name: 'one', managedFields } });
    expect(stored([{ ...entry, operation: 'Update' }]).metadata.managedFields).toEqual([entry]);
    expect(stored('odd').metadata.managedFields).toEqual([]);
  });

  test.each([{ spec: 'x' }, { status: 'x' }])('with %o is refused', (change) => {
    expect(refusalOf(() => parseStoredConnection({ metadata: { name: 'one' }, ...change }))).toMatchObject({
      message: expect.stringContaining('The CompassConnection that the API server sent'),
    });
  });
});
