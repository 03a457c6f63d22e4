import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Cluster, startCluster } from '../../servers/cluster/start-cluster.ts';

const root = path.join(import.meta.dirname, '../../..');
const connections = '/apis/compass.kyma-project.io/v1alpha1/compassconnections';
const applications = '/apis/applicationconnector.kyma-project.io/v1alpha1/applications';
const connection = `${connections}/compass-connection`;
const crdFile = 'compassconnections.compass.kyma-project.io.yaml';
const ours = path.join(root, 'manifests/crds', crdFile);
const shipped = path.join(root, 'test/data/fixtures/shipped-crds', crdFile);

const recordedObject = z.looseObject({
  kind: z.string(),
  metadata: z.object({
    name: z.string(),
    labels: z.record(z.string(), z.string()).optional(),
    resourceVersion: z.string(),
  }),
  spec: z.looseObject({}).optional(),
  status: z.looseObject({}).optional(),
});
const recording = z
  .union([z.array(z.unknown()), z.looseObject({ items: z.array(z.unknown()) }).transform((list) => list.items)])
  .transform((items) => items.map((item) => recordedObject.parse(item)));

const status = {
  observedGeneration: 1,
  conditions: [
    {
      type: 'Ready',
      status: 'True',
      reason: 'Synchronized',
      message: 'ok',
      lastTransitionTime: '2026-11-22T17:10:35Z',
    },
    { type: 'Connected', status: 'True', reason: 'Paired', message: '', lastTransitionTime: '2026-11-22T17:10:35Z' },
  ],
  runtimeId: '2f4d5f4f-8a3e-4a39-9d2f-6a0a4b9a2f77',
  applications: { desired: 10, ready: 8, failed: 2, summary: '8/10' },
  failures: [{ applicationId: 'a', name: 'mp-a', reason: 'NameConflict', message: 'taken' }],
  failuresTotal: 2,
  certificate: {
    notBefore: '2026-11-22T17:09:37Z',
    notAfter: '2027-02-20T17:09:37Z',
    renewAt: '2027-01-24T17:09:37Z',
  },
  lastSync: '2026-11-22T17:10:35Z',
  nextSync: null,
  lastSyncTrigger: 'schedule',
  lastHandledSyncRequest: 'one',
  lastHandledRenewRequest: 'two',
  prune: {
    heldHash: 'abc',
    heldCount: 2,
    heldSince: '2026-11-22T17:10:35Z',
    heldUntil: '2026-11-22T17:20:35Z',
  },
  connectionState: 'Synchronized',
  connectionStatus: {
    certificateStatus: { acquired: null, notBefore: null, notAfter: null },
    established: '2026-11-22T17:09:37Z',
    renewed: null,
    lastSync: null,
    lastSuccess: null,
    error: 'none',
  },
  synchronizationStatus: {
    lastAttempt: '2026-11-22T17:10:35Z',
    lastSuccessfulFetch: null,
    lastSuccessfulApplication: null,
    error: 'one failed',
  },
};
const spec = { managementInfo: { connectorUrl: 'https://connector', directorUrl: 'https://director' } };
const legacyStatus = {
  connectionState: status.connectionState,
  connectionStatus: status.connectionStatus,
  synchronizationStatus: status.synchronizationStatus,
};

let cluster: Cluster;
let recorded: z.infer<typeof recording>;

beforeAll(async () => {
  cluster = await startCluster({ crds: 'ours' });
  const text = await readFile(path.join(root, 'test/data/recordings/go-agent/objects.json'), 'utf8');
  recorded = recording.parse(JSON.parse(text));
});

afterAll(async () => {
  await cluster.stop();
});

beforeEach(async () => {
  await cluster.request('DELETE', connections);
  await cluster.request('DELETE', applications);
});

async function install(file: string, hasStatus: boolean): Promise<void> {
  const applied = await cluster.kubectl(['replace', '-f', file]);
  expect(applied).toMatchObject({ code: 0 });
  const discovery = z.object({ resources: z.array(z.object({ name: z.string() })) });
  const hasSubresource = async (): Promise<boolean> => {
    const answer = await cluster.request('GET', path.dirname(connections));
    return discovery.parse(answer.body).resources.some((resource) => resource.name === 'compassconnections/status');
  };
  await expect.poll(hasSubresource, { timeout: 20_000, interval: 50 }).toBe(hasStatus);
}

async function createWithStatus(): Promise<void> {
  const created = await cluster.request('POST', connections, {
    apiVersion: 'compass.kyma-project.io/v1alpha1',
    kind: 'CompassConnection',
    metadata: { name: 'compass-connection' },
    spec,
  });
  expect(created.status).toBe(201);
  const patched = await cluster.request('PATCH', `${connection}/status`, { status }, 'application/merge-patch+json');
  expect(patched.status).toBe(200);
}

describe('The CompassConnection of the manifests', () => {
  test('keeps every field of the status, and every field of the spec', async () => {
    await createWithStatus();
    const flags = { suspend: true, resyncNow: true, refreshCredentialsNow: false };
    await cluster.request('PATCH', connection, { spec: flags }, 'application/merge-patch+json');
    const { body } = await cluster.request('GET', connection);
    expect(body).toMatchObject({ spec: { ...spec, ...flags } });
    // A merge patch with null removes a field; what was null before is absent, and so is what never was.
    expect(body).toMatchObject({ status: withoutNulls(status) });
  });

  test('shows in columns whether all is well, and more of it when asked for', async () => {
    await createWithStatus();
    const columnsOf = async (...options: string[]) => {
      const { stdout } = await cluster.kubectl(['get', 'cconn', ...options]);
      const [head = '', row = ''] = stdout.split('\n');
      return { titles: head.trim().split(/\s{2,}/), row };
    };
    const { titles, row } = await columnsOf();
    const narrow = ['STATE', 'READY', 'REASON', 'SYSTEMS', 'LAST SUCCESS', 'CERTIFICATE', 'HELD'];
    expect(titles).toEqual(['NAME', ...narrow, 'AGE']);
    for (const cell of ['compass-connection', 'Synchronized', 'True', '8/10', '2027-02-20T17:09:37Z']) {
      expect(row).toContain(cell);
    }
    const wide = await columnsOf('-o', 'wide');
    const more = ['HELD UNTIL', 'LAST ATTEMPT', 'NEXT', 'RENEWAL', 'SUSPENDED', 'RUNTIME', 'MESSAGE'];
    expect(wide.titles).toEqual(['NAME', ...narrow, ...more, 'AGE']);
  });

  test('can be waited for', async () => {
    await createWithStatus();
    const wait = ['wait', 'compassconnection/compass-connection', '--timeout=1s'];
    expect((await cluster.kubectl([...wait, '--for=condition=Ready'])).code).toBe(0);
    expect((await cluster.kubectl([...wait, '--for=condition=Stalled'])).code).toBe(1);
  });

  test('refuses a failure list of more than 20', async () => {
    await createWithStatus();
    const failures = Array.from({ length: 21 }, (_, index) => ({ name: `mp-${index}` }));
    const body = { status: { failures } };
    const answer = await cluster.request('PATCH', `${connection}/status`, body, 'application/merge-patch+json');
    expect(answer.status).toBe(422);
  });

  test('explains its fields to kubectl explain', async () => {
    const { stdout } = await cluster.kubectl(['explain', 'compassconnection.status.prune.heldHash']);
    expect(stdout).toContain('compass.kyma-project.io/prune-approved');
  });
});

describe('The Application of the manifests', () => {
  test('shows in columns which system it is and when the agent wrote it, and less of one without these notes', async () => {
    const notes = {
      'compass.kyma-project.io/system-name': 'Point of Sale',
      'compass.kyma-project.io/last-changed-at': new Date(Date.now() - 3 * 3_600_000).toISOString(),
      'compass.kyma-project.io/last-change': 'services',
    };
    const compassMetadata = { applicationId: 'id-of-the-system', authentication: { clientIds: [] } };
    for (const [name, annotations] of [
      ['mp-noted', notes],
      ['mp-bare', {}],
    ]) {
      const created = await cluster.request('POST', applications, {
        apiVersion: 'applicationconnector.kyma-project.io/v1alpha1',
        kind: 'Application',
        metadata: { name, annotations },
        spec: { compassMetadata },
      });
      expect(created.status).toBe(201);
    }
    const rows = async (...options: string[]) => {
      const { stdout } = await cluster.kubectl(['get', 'applications', ...options]);
      return stdout.trim().split('\n');
    };
    const [head = '', bare = '', noted = ''] = await rows();
    expect(head.trim().split(/\s{2,}/)).toEqual(['NAME', 'SYSTEM', 'CHANGED', 'AGE']);
    expect(noted).toMatch(/^mp-noted\s+Point of Sale\s+3h\s/);
    expect(bare).toMatch(/^mp-bare\s+\S+\s*$/);
    const [wideHead = '', , wide = ''] = await rows('-o', 'wide');
    expect(wideHead.trim().split(/\s{2,}/)).toEqual(['NAME', 'SYSTEM', 'CHANGED', 'UCL ID', 'CHANGE', 'AGE']);
    expect(wide).toMatch(/id-of-the-system\s+services\s/);
  });
});

describe('What the Go agent left', () => {
  test('is valid on the CRDs of the manifests, field by field as it was', async () => {
    const kinds = recorded.filter((each) => each.kind === 'Application' || each.kind === 'CompassConnection');
    expect(kinds.length).toBeGreaterThan(5);
    for (const { status: recordedStatus, metadata, ...object } of kinds) {
      const collection = object.kind === 'Application' ? applications : connections;
      const kept = { name: metadata.name, ...(metadata.labels ? { labels: metadata.labels } : {}) };
      const whole = { ...object, metadata: kept, status: recordedStatus };
      const created = await cluster.request('POST', collection, whole);
      expect(created).toMatchObject({ status: 201, body: { spec: object.spec } });
      if (object.kind === 'CompassConnection') {
        const url = `${collection}/${metadata.name}/status`;
        const put = await cluster.request('PUT', url, { ...whole, metadata: resourceVersionOf(created.body) });
        expect(put).toMatchObject({ status: 200, body: { status: recordedStatus } });
      }
    }
  });
});

describe('A change of the CRD while objects exist', () => {
  test('from ours to the shipped one keeps what the Go agent reads, and lets it update', async () => {
    await install(ours, true);
    await createWithStatus();
    await install(shipped, false);
    const { body } = await cluster.request('GET', connection);
    expect(body).toMatchObject({ spec, status: withoutNulls(legacyStatus) });
    expect(body).not.toHaveProperty('status.conditions');
    const updated = await cluster.request(
      'PATCH',
      connection,
      { status: { connectionState: 'ConnectionFailed' } },
      'application/merge-patch+json',
    );
    expect(updated).toMatchObject({ status: 200, body: { status: { connectionState: 'ConnectionFailed' } } });
    expect((await cluster.request('PATCH', `${connection}/status`, {}, 'application/merge-patch+json')).status).toBe(
      404,
    );
  });

  test('from the shipped one to ours keeps the object, whose status is then written apart', async () => {
    await install(shipped, false);
    const created = await cluster.request('POST', connections, {
      apiVersion: 'compass.kyma-project.io/v1alpha1',
      kind: 'CompassConnection',
      metadata: { name: 'compass-connection' },
      spec,
      status: legacyStatus,
    });
    expect(created.status).toBe(201);
    await install(ours, true);
    expect((await cluster.request('GET', connection)).body).toMatchObject({ status: legacyStatus });
    const patched = await cluster.request('PATCH', `${connection}/status`, { status }, 'application/merge-patch+json');
    expect(patched).toMatchObject({ status: 200, body: { status: { applications: { summary: '8/10' } } } });
  });
});

function resourceVersionOf(body: unknown): { name: string; resourceVersion: string } {
  const { metadata } = recordedObject.parse(body);
  return { name: metadata.name, resourceVersion: metadata.resourceVersion };
}

function withoutNulls(value: object): object {
  return JSON.parse(JSON.stringify(value, (_key, each: unknown) => (each === null ? undefined : each)));
}
