import { describe, expect, it } from 'vitest';
import type { Landscape } from '../../../agent/domain/landscape.ts';
import type { ApplicationResource, SecretResource } from '../../../agent/domain/resources.ts';
import { applyActions } from '../../../agent/sync/apply-actions.ts';
import { planSync } from '../../../agent/sync/plan-sync.ts';
import { aPolicy } from '../../data/builders/a-policy.ts';
import { aBundle, aLandscape, aSystem, basicAuth, idOf } from '../../data/builders/landscape.ts';
import { InMemoryCluster } from '../../data/fakes/in-memory-cluster.ts';

const policy = aPolicy();
const signal = new AbortController().signal;

async function converge(cluster: InMemoryCluster, landscape: Landscape) {
  const plan = planSync(landscape, cluster.snapshot(), policy);
  await applyActions(plan.actions, cluster, { concurrency: 4, signal });
  return plan;
}

function stored<T>(store: Map<string, T>, name: string): T {
  const object = store.get(name);
  if (object === undefined) throw new Error(`${name} is not in the cluster`);
  return object;
}

function edit<T extends ApplicationResource | SecretResource>(
  store: Map<string, T>,
  name: string,
  change: (o: T) => T,
) {
  store.set(name, change(structuredClone(stored(store, name))));
}

const withSecrets = aSystem('mp-shop', {
  bundles: [aBundle('Orders', { auth: basicAuth('user', 'pass', { additionalHeaders: { 'X-A': ['1'] } }) })],
});

describe('planning', () => {
  it('yields no action for a converged state', async () => {
    const cluster = new InMemoryCluster();
    await converge(cluster, aLandscape([withSecrets, aSystem('mp-crm')]));
    expect(cluster.applications.size).toBe(2);
    expect(cluster.secrets.size).toBe(2);
    expect(planSync(aLandscape([aSystem('mp-crm'), withSecrets]), cluster.snapshot(), policy).actions).toEqual([]);
  });

  it('writes the Application before its Secrets on creation, and the Secrets first on an update', async () => {
    const cluster = new InMemoryCluster();
    await converge(cluster, aLandscape([withSecrets]));
    const [application, credentials, parameters] = cluster.writes;
    expect(application).toBe('create mp-shop');
    expect([credentials, parameters].every((write) => write?.startsWith('create '))).toBe(true);

    cluster.writes.length = 0;
    const changed = {
      ...withSecrets,
      description: 'new',
      bundles: [aBundle('Orders', { auth: basicAuth('user', 'new') })],
    };
    await converge(cluster, aLandscape([changed]));
    expect(cluster.writes.map((write) => write.split('-')[0])).toEqual(['update mp', 'update mp', 'delete params']);
    expect(cluster.writes[1]).toBe('update mp-shop');
  });

  it('gives the Secrets the uid of the Application they belong to', async () => {
    const cluster = new InMemoryCluster();
    await converge(cluster, aLandscape([withSecrets]));
    const uid = stored(cluster.applications, 'mp-shop').metadata.uid;
    expect([...cluster.secrets.values()].map(({ metadata }) => metadata.ownerReferences?.[0]?.uid)).toEqual([uid, uid]);
  });

  it('keeps the order in which services and entries are stored, whatever order Director gives', async () => {
    const cluster = new InMemoryCluster();
    const [a, b, c] = [aBundle('A'), aBundle('B'), aBundle('C')];
    await converge(cluster, aLandscape([aSystem('mp-shop', { bundles: [a, b] })]));
    expect(planSync(aLandscape([aSystem('mp-shop', { bundles: [b, a] })]), cluster.snapshot(), policy).actions).toEqual(
      [],
    );
    await converge(cluster, aLandscape([aSystem('mp-shop', { bundles: [c, b, a] })]));
    expect(stored(cluster.applications, 'mp-shop').spec.services?.map(({ displayName }) => displayName)).toEqual([
      'A',
      'B',
      'C',
    ]);
  });

  it('keeps labels, annotations and fields that others set', async () => {
    const cluster = new InMemoryCluster();
    await converge(cluster, aLandscape([aSystem('mp-shop')]));
    edit(cluster.applications, 'mp-shop', (application) => {
      application.metadata.labels = { ...application.metadata.labels, 'application-type': 'shop' };
      application.spec.skipVerify = true;
      application.spec.tags = ['mine'];
      return application;
    });
    expect(planSync(aLandscape([aSystem('mp-shop')]), cluster.snapshot(), policy).actions).toEqual([]);
    await converge(cluster, aLandscape([aSystem('mp-shop', { description: 'changed' })]));
    const { metadata, spec } = stored(cluster.applications, 'mp-shop');
    expect(metadata.labels).toMatchObject({ 'application-type': 'shop' });
    expect(spec).toMatchObject({ description: 'changed', skipVerify: true, tags: ['mine'] });
  });

  it('keeps keys that others added to a credentials Secret when it rewrites ours', async () => {
    const cluster = new InMemoryCluster();
    await converge(cluster, aLandscape([withSecrets]));
    const name = `mp-shop-${idOf('bundle Orders')}`;
    edit(cluster.secrets, name, (secret) => ({ ...secret, data: { ...secret.data, headers: 'e30=' } }));
    const changed = { ...withSecrets, bundles: [aBundle('Orders', { auth: basicAuth('user', 'changed') })] };
    await converge(cluster, aLandscape([changed]));
    expect(stored(cluster.secrets, name).data).toMatchObject({ headers: 'e30=' });
    expect(Buffer.from(stored(cluster.secrets, name).data?.password ?? '', 'base64').toString()).toBe('changed');
  });

  it('compares parameters by what their JSON means', async () => {
    const cluster = new InMemoryCluster();
    await converge(cluster, aLandscape([withSecrets]));
    const name = `params-mp-shop-${idOf('bundle Orders')}`;
    const spaced = Buffer.from('{ "X-A": ["1"] }').toString('base64');
    edit(cluster.secrets, name, (secret) => ({ ...secret, data: { headers: spaced } }));
    expect(planSync(aLandscape([withSecrets]), cluster.snapshot(), policy).actions).toEqual([]);
    edit(cluster.secrets, name, (secret) => ({
      ...secret,
      data: { headers: Buffer.from('{broken').toString('base64') },
    }));
    expect(planSync(aLandscape([withSecrets]), cluster.snapshot(), policy).actions).toHaveLength(1);
  });

  it('gives Secrets of an Application that was made anew to the new one', async () => {
    const cluster = new InMemoryCluster();
    await converge(cluster, aLandscape([withSecrets]));
    cluster.applications.delete('mp-shop');
    await converge(cluster, aLandscape([withSecrets]));
    const uid = stored(cluster.applications, 'mp-shop').metadata.uid;
    for (const secret of cluster.secrets.values()) expect(secret.metadata.ownerReferences).toMatchObject([{ uid }]);
  });
});

describe('names and ownership', () => {
  it('creates the Application of the new name, with what others set, before the old one goes', async () => {
    const cluster = new InMemoryCluster();
    await converge(cluster, aLandscape([withSecrets]));
    edit(cluster.applications, 'mp-shop', (application) => {
      application.metadata.labels = { ...application.metadata.labels, 'application-type': 'shop' };
      return application;
    });
    cluster.writes.length = 0;
    const plan = await converge(cluster, aLandscape([{ ...withSecrets, name: 'mp-store' }]));
    expect(plan.actions.map(({ kind }) => kind)).toEqual(['rename']);
    expect(cluster.writes[0]).toBe('create mp-store');
    expect(cluster.writes.at(-1)).toBe('delete mp-shop');
    expect([...cluster.applications.keys()]).toEqual(['mp-store']);
    expect(stored(cluster.applications, 'mp-store').metadata.labels).toMatchObject({ 'application-type': 'shop' });
    expect(cluster.secrets.size).toBe(2);
  });

  it('hands over the Secrets whose names begin alike under the old name and the new one', async () => {
    const cluster = new InMemoryCluster();
    const system = { ...withSecrets, name: 'mp-sap-commerce-cloud-production' };
    const renamed = { ...system, name: 'mp-sap-commerce-cloud-production-2' };
    await converge(cluster, aLandscape([system]));
    const names = [...cluster.secrets.keys()];
    cluster.writes.length = 0;
    expect((await converge(cluster, aLandscape([renamed]))).failures).toEqual([]);
    expect([...cluster.secrets.keys()]).toEqual(names);
    expect(cluster.writes.at(-1)).toBe('delete mp-sap-commerce-cloud-production');
    const { uid } = stored(cluster.applications, renamed.name).metadata;
    for (const { metadata } of cluster.secrets.values()) {
      expect(metadata.labels?.app).toBe(renamed.name);
      expect(metadata.ownerReferences).toMatchObject([{ name: renamed.name, uid }]);
    }
    expect(planSync(aLandscape([renamed]), cluster.snapshot(), policy)).toMatchObject({ actions: [], failures: [] });
  });

  it('keeps the old Application, and keeps it current, when the new name cannot be had', async () => {
    const cluster = new InMemoryCluster();
    await converge(cluster, aLandscape([aSystem('mp-shop')]));
    cluster.refusals.set('mp-store', 'Refused');
    await converge(cluster, aLandscape([aSystem('mp-store', { id: idOf('mp-shop') })]));
    expect([...cluster.applications.keys()]).toEqual(['mp-shop']);
    const { actions, failures } = planSync(
      aLandscape([aSystem('Invalid_Name', { id: idOf('mp-shop'), description: 'newer' })]),
      cluster.snapshot(),
      policy,
    );
    expect(actions).toMatchObject([{ kind: 'update', applicationName: 'mp-shop', because: ['description'] }]);
    expect(failures).toMatchObject([{ reason: 'InvalidName', applicationId: idOf('mp-shop') }]);
  });

  it('lets two systems swap their names in place', async () => {
    const cluster = new InMemoryCluster();
    const [a, b] = [aSystem('mp-a', { id: idOf('one') }), aSystem('mp-b', { id: idOf('two') })];
    await converge(cluster, aLandscape([a, b]));
    cluster.writes.length = 0;
    await converge(
      cluster,
      aLandscape([
        { ...a, name: 'mp-b' },
        { ...b, name: 'mp-a' },
      ]),
    );
    expect(cluster.writes.sort()).toEqual(['update mp-a', 'update mp-b']);
    expect(stored(cluster.applications, 'mp-b').spec.compassMetadata?.applicationId).toBe(idOf('one'));
  });

  it('lets two systems swap names that begin alike, with the Secrets that are named after the beginning', async () => {
    const cluster = new InMemoryCluster();
    const long = 'mp-a-name-of-more-than-26-bytes';
    const system = (id: string, name: string) =>
      aSystem(`${long}-${name}`, { id: idOf(id), bundles: [aBundle(id, { auth: basicAuth(id, 'secret') })] });
    await converge(cluster, aLandscape([system('one', 'a'), system('two', 'b')]));
    const names = [...cluster.secrets.keys()];
    const { failures } = await converge(cluster, aLandscape([system('one', 'b'), system('two', 'a')]));
    expect(failures).toEqual([]);
    expect([...cluster.secrets.keys()]).toEqual(names);
    expect(planSync(aLandscape([system('one', 'b'), system('two', 'a')]), cluster.snapshot(), policy).actions).toEqual(
      [],
    );
  });

  it('lets the holder keep a name that two systems have, and names both', async () => {
    const cluster = new InMemoryCluster();
    const holder = aSystem('mp-shop', { id: idOf('zzz') });
    await converge(cluster, aLandscape([holder]));
    const rival = aSystem('mp-shop', { id: idOf('rival') });
    const { actions, failures } = planSync(aLandscape([rival, holder, aSystem('mp-crm')]), cluster.snapshot(), policy);
    expect(actions.map(({ applicationName }) => applicationName)).toEqual(['mp-crm']);
    expect(failures).toMatchObject([{ applicationId: rival.id, reason: 'DuplicateName' }]);
    expect(failures[0]?.message).toContain(holder.id);
  });

  it('takes an Application over by name when UCL gave the system a new id', async () => {
    const cluster = new InMemoryCluster();
    await converge(cluster, aLandscape([aSystem('mp-shop')]));
    const uid = stored(cluster.applications, 'mp-shop').metadata.uid;
    await converge(cluster, aLandscape([aSystem('mp-shop', { id: idOf('registered anew') })]));
    expect(stored(cluster.applications, 'mp-shop')).toMatchObject({
      metadata: { uid },
      spec: { compassMetadata: { applicationId: idOf('registered anew') } },
    });
  });

  it('never touches an Application or a Secret that is not its own', async () => {
    const cluster = new InMemoryCluster();
    await converge(cluster, aLandscape([withSecrets]));
    edit(cluster.applications, 'mp-shop', (application) => {
      delete application.spec.compassMetadata;
      return application;
    });
    const { actions, failures } = planSync(aLandscape([withSecrets]), cluster.snapshot(), policy);
    expect(actions).toEqual([]);
    expect(failures).toMatchObject([{ reason: 'NameConflict', name: 'mp-shop' }]);
  });

  it('writes an Application of ours anew that cannot be read, where its name is planned, and tells it otherwise', async () => {
    const cluster = new InMemoryCluster();
    await converge(cluster, aLandscape([withSecrets]));
    const spoil = (application: ApplicationResource): ApplicationResource => ({
      ...application,
      spec: { compassMetadata: { applicationId: idOf('mp-shop'), authentication: { clientIds: [] } } },
      unreadable: ['spec.services.0.name'],
    });
    edit(cluster.applications, 'mp-shop', spoil);
    const gone = planSync(aLandscape([]), cluster.snapshot(), policy);
    expect(gone.actions).toEqual([]);
    expect(gone.failures).toMatchObject([
      { reason: 'UnreadableApplication', message: expect.stringContaining('spec.services.0.name') },
    ]);
    await converge(cluster, aLandscape([withSecrets]));
    expect(stored(cluster.applications, 'mp-shop')).not.toHaveProperty('unreadable');
    expect(planSync(aLandscape([withSecrets]), cluster.snapshot(), policy)).toMatchObject({
      actions: [],
      failures: [],
    });
  });

  it("takes an Application that cannot be read and lacks our label for somebody else's", async () => {
    const cluster = new InMemoryCluster();
    await converge(cluster, aLandscape([withSecrets]));
    edit(cluster.applications, 'mp-shop', ({ metadata: { labels: _, ...metadata }, ...application }) => ({
      ...application,
      metadata,
      unreadable: ['spec'],
    }));
    const { actions, failures } = planSync(aLandscape([withSecrets]), cluster.snapshot(), policy);
    expect(actions).toEqual([]);
    expect(failures).toMatchObject([{ reason: 'NameConflict' }]);
  });

  it('leaves an Application alone that a person opted out, also when its system is gone', async () => {
    const cluster = new InMemoryCluster();
    await converge(cluster, aLandscape([withSecrets]));
    edit(cluster.applications, 'mp-shop', (application) => {
      application.metadata.annotations = { 'compass.kyma-project.io/reconcile': 'disabled' };
      return application;
    });
    const changed = aLandscape([{ ...withSecrets, description: 'changed' }]);
    expect(planSync(changed, cluster.snapshot(), policy).actions).toEqual([]);
    expect(planSync(aLandscape([]), cluster.snapshot(), policy).actions).toEqual([]);
    expect(
      planSync(aLandscape([{ ...withSecrets, name: 'mp-store' }]), cluster.snapshot(), policy).actions,
    ).toMatchObject([{ kind: 'create', applicationName: 'mp-store' }]);
  });

  it('normalises names unless the label isNormalized is the string "true"', () => {
    const nameOf = (runtimeLabels: Landscape['runtimeLabels']) =>
      planSync(aLandscape([aSystem('shop')], { runtimeLabels }), { applications: [], secrets: [] }, policy).actions[0]
        ?.applicationName;
    expect(nameOf({ isNormalized: 'true' })).toBe('shop');
    expect(nameOf({})).toBe('mp-shop');
    expect(nameOf({ isNormalized: 'false' })).toBe('mp-shop');
    expect(nameOf({ isNormalized: true })).toBe('mp-shop');
  });

  it('removes what UCL no longer assigns, with its Secrets, and collects orphaned Secrets', async () => {
    const cluster = new InMemoryCluster();
    await converge(cluster, aLandscape([withSecrets, aSystem('mp-crm')]));
    const plan = await converge(cluster, aLandscape([aSystem('mp-crm')]));
    expect(plan.actions).toMatchObject([{ kind: 'delete', applicationName: 'mp-shop' }]);
    expect([...cluster.applications.keys()]).toEqual(['mp-crm']);
    expect(cluster.secrets.size).toBe(0);

    await converge(cluster, aLandscape([withSecrets]));
    cluster.applications.delete('mp-shop');
    const collected = await converge(cluster, aLandscape([]));
    expect(collected.actions).toMatchObject([{ kind: 'collect', applicationName: 'mp-shop' }]);
    expect(cluster.secrets.size).toBe(0);
  });

  it('touches neither a system that could not be read whole nor its name', async () => {
    const cluster = new InMemoryCluster();
    await converge(cluster, aLandscape([withSecrets]));
    const gaps = [{ applicationId: withSecrets.id, name: 'mp-shop', message: 'bundles: null' }];
    const rival = aSystem('mp-shop', { id: idOf('rival') });
    const { actions, failures } = planSync(aLandscape([rival], { gaps }), cluster.snapshot(), policy);
    expect(actions).toEqual([]);
    expect(failures.map(({ reason }) => reason).sort()).toEqual(['DuplicateName', 'ReadIncomplete']);
  });
});

describe('credentials', () => {
  const entryOf = (auth: ReturnType<typeof basicAuth>) => {
    const landscape = aLandscape([aSystem('mp-shop', { bundles: [aBundle('A', { auth })] }), aSystem('mp-crm')]);
    const plan = planSync(landscape, { applications: [], secrets: [] }, policy);
    const step = plan.actions.find(({ applicationName }) => applicationName === 'mp-shop')?.steps[0];
    const entry = step?.do === 'create-application' ? step.manifest.spec.services?.[0]?.entries[0] : undefined;
    return { entry, failures: plan.failures, steps: plan.actions.flatMap(({ steps }) => steps) };
  };

  it('writes a system whose credential kind the gateway cannot use, without credentials, and names the failure', () => {
    const { entry, failures, steps } = entryOf(
      basicAuth('', '', { credential: { typename: 'CertificateOAuthCredentialData', fields: {} } }),
    );
    expect(entry?.credentials).toEqual({ type: '', secretName: '' });
    expect(failures).toMatchObject([{ reason: 'UnsupportedCredential', name: 'mp-shop' }]);
    expect(steps.map((step) => step.do)).toEqual(['create-application', 'create-application']);
  });

  it.each([
    ['user', ''],
    ['', 'pass'],
  ])('refers to no Secret for the empty credential %j/%j and names the failure', (username, password) => {
    const { entry, failures, steps } = entryOf(basicAuth(username, password));
    expect(entry?.credentials).toEqual({ type: '', secretName: '' });
    expect(failures).toMatchObject([{ reason: 'EmptyCredential' }]);
    expect(failures[0]?.message).not.toContain('user"');
    expect(steps).toHaveLength(2);
  });

  it('writes no parameters Secret for empty maps, and "{}" for an empty one beside a full one', () => {
    expect(entryOf(basicAuth('u', 'p', { additionalHeaders: {}, additionalQueryParams: {} })).steps).toHaveLength(3);
    const { entry, steps } = entryOf(
      basicAuth('u', 'p', { additionalHeaders: {}, additionalQueryParams: { q: ['1'] } }),
    );
    const secrets = steps.flatMap((step) => (step.do === 'create-secret' ? [step.manifest] : []));
    expect(entry?.requestParametersSecretName).toBe(secrets[1]?.metadata.name);
    expect(secrets[1]?.data).toEqual({
      headers: Buffer.from('{}').toString('base64'),
      queryParameters: Buffer.from('{"q":["1"]}').toString('base64'),
    });
  });

  it('shortens the app label of a name over 63 characters, so that its Secrets are accepted', () => {
    const name = `mp-${'n'.repeat(77)}`;
    const system = aSystem(name, { bundles: [aBundle('A', { auth: basicAuth('u', 'p') })] });
    const plan = planSync(aLandscape([system]), { applications: [], secrets: [] }, policy);
    const secret = plan.actions[0]?.steps.flatMap((step) => (step.do === 'create-secret' ? [step.manifest] : []))[0];
    expect(secret?.metadata.labels?.app?.length).toBeLessThanOrEqual(63);
    expect(secret?.metadata.ownerReferences?.[0]?.name).toBe(name);
  });
});
