import { describe, expect, it } from 'vitest';
import { applicationPath, type StoredConnection, secretPath } from '../../servers/cluster/create-cluster-client.ts';
import type { ApplicationInput, CredentialInput } from '../../servers/ucl/landscape-types.ts';
import { conditionOf, toSystem, useStage } from './start-stage.ts';

describe('synchronising', () => {
  const stage = useStage();

  it('follows systems that are added, changed, renamed and removed in UCL', async () => {
    const { ids } = await stage.connect(['Alpha', 'Beta', 'Gamma', 'Delta']);
    const [alpha = '', beta = '', gamma = ''] = ids;
    const before = await stage.kube.applications();
    const { landscape } = stage.ucl;

    stage.addSystems(['Epsilon']);
    landscape.updateApplication(alpha, { description: 'Changed in UCL' });
    landscape.updateApplication(beta, { name: 'Beta Renamed' });
    landscape.deleteApplication(gamma);
    await stage.sync();

    const after = await stage.applications(['mp-alpha', 'mp-beta-renamed', 'mp-delta', 'mp-epsilon']);
    const find = (name: string) => after.find(({ metadata }) => metadata.name === name);
    expect(find('mp-alpha')?.spec.description).toBe('Changed in UCL');
    expect(find('mp-beta-renamed')?.spec.compassMetadata?.applicationId).toBe(beta);
    const untouched = before.find(({ metadata }) => metadata.name === 'mp-delta');
    expect(find('mp-delta')).toEqual(untouched);
    const owners = (await stage.kube.secrets()).flatMap(({ metadata }) => metadata.ownerReferences);
    expect(owners.map(({ name, uid }) => `${name} ${uid}`).sort()).toEqual(
      after.map(({ metadata }) => `${metadata.name} ${metadata.uid}`).sort(),
    );
  });

  it('writes nothing but one status in a sync that changes nothing, and asks once for each page', async () => {
    await stage.connect(['Alpha', 'Beta', 'Gamma'], { APP_COMPASS_PAGE_SIZE: '2' });
    await stage.sync();
    stage.forgetRequests();
    const { status } = await stage.sync();

    expect(stage.writes()).toEqual(['update compassconnections/status']);
    const requests = stage.ucl.requests.all();
    expect(requests.map(({ operations }) => operations.includes('applicationsForRuntime'))).toEqual([true, true]);
    const [id, ...others] = new Set(requests.map(({ requestId }) => requestId));
    expect(others).toEqual([]);
    expect(id).toMatch(new RegExp(`^${String(status?.runtimeId)}_[0-9a-f-]{36}$`));
    expect(stage.output).toContain(id);
  });

  it('reads nothing of the cluster in syncs that the schedule brings', async () => {
    await stage.connect(['Alpha', 'Beta', 'Gamma'], { APP_SYNC_SCHEDULE: '* * * * * *' });
    const { requests } = stage.ucl;
    const reads = () =>
      stage.proxy.requests.all().filter(({ verb, resource }) => /^(get|list)$/.test(verb) && resource !== 'leases');
    expect(reads()).not.toEqual([]);
    stage.forgetRequests();
    await stage.until('the schedule has brought three syncs', () => requests.count() >= 3 || undefined);
    expect(reads()).toEqual([]);
  });

  it('puts back what drifted without asking UCL', async () => {
    await stage.connect(['Alpha', 'Beta']);
    stage.ucl.requests.clear();
    const [secret] = (await stage.kube.secrets()).filter(({ metadata }) => metadata.labels.app === 'mp-beta');
    const name = secret?.metadata.name ?? '';
    await stage.kube.remove(`${applicationPath}/mp-alpha`);
    await stage.kube.writeSecret(name, { password: 'edited-by-hand' });
    await stage.kube.patch(`${applicationPath}/mp-beta`, { spec: { description: 'edited by hand' } });

    await stage.applications(['mp-alpha', 'mp-beta']);
    await stage.until('the Secret is as UCL has it', async () => {
      const found = await stage.kube.secret(name);
      return found?.data.password === secret?.data.password ? found : undefined;
    });
    await stage.until('the description is as UCL has it', async () => {
      const found = await stage.kube.application('mp-beta');
      return found?.spec.description === 'Description not provided' ? found : undefined;
    });
    await stage.until('the Secret of the Application belongs to the new one', async () => {
      const uid = (await stage.kube.application('mp-alpha'))?.metadata.uid;
      const secrets = await stage.kube.secrets();
      return secrets.find(({ metadata }) => metadata.ownerReferences.some((owner) => owner.uid === uid));
    });
    expect(stage.ucl.requests.count()).toBe(0);
  });

  it('gives back an Application whose owner put a label and an annotation on it, with both', async () => {
    const { ids } = await stage.connect(['Alpha', 'Beta']);
    const own = { labels: { 'application-type': 'sap.s4' }, annotations: { 'example.test/note': 'mine' } };
    await stage.kube.patch(`${applicationPath}/mp-alpha`, { metadata: own });
    stage.ucl.landscape.updateApplication(ids[0] ?? '', { description: 'New' });
    await stage.sync();
    const application = await stage.kube.application('mp-alpha');
    expect(application?.spec.description).toBe('New');
    expect(application?.metadata.labels).toMatchObject(own.labels);
    expect(application?.metadata.annotations).toMatchObject(own.annotations);
  });

  it('leaves an Application alone whose owner disabled its reconciliation', async () => {
    const { ids } = await stage.connect(['Alpha', 'Beta', 'Gamma']);
    const disabled = { 'compass.kyma-project.io/reconcile': 'disabled' };
    await stage.kube.patch(`${applicationPath}/mp-alpha`, { metadata: { annotations: disabled } });
    await stage.kube.patch(`${applicationPath}/mp-beta`, { metadata: { annotations: disabled } });
    const [alpha = '', beta = ''] = ids;
    stage.ucl.landscape.updateApplication(alpha, { description: 'New' });
    stage.leaveFormation([beta]);
    await stage.sync();
    expect((await stage.kube.application('mp-alpha'))?.spec.description).toBe('Description not provided');
    expect(await stage.kube.application('mp-beta')).toBeDefined();
    await stage.kube.patch(`${applicationPath}/mp-alpha`, {
      metadata: { annotations: { 'compass.kyma-project.io/reconcile': null } },
    });
    await stage.until('the Application follows again', async () => {
      const found = await stage.kube.application('mp-alpha');
      return found?.spec.description === 'New' ? found : undefined;
    });
  });

  it('names every bad system with its id and reason, and has all others in the cluster', async () => {
    const runtimeId = stage.addRuntime();
    await stage.kube.create(applicationPath, {
      apiVersion: 'applicationconnector.kyma-project.io/v1alpha1',
      kind: 'Application',
      metadata: { name: 'mp-foreign' },
      spec: { description: 'Made by hand', services: [] },
    });
    const foreign = await stage.kube.application('mp-foreign');
    stage.addSystems(['Alpha', 'Beta']);
    const [conflicting = ''] = stage.addSystems(['Foreign']);
    const twins = [stage.addSystem(toSystem('Twin')), stage.addSystem(toSystem('twin'))].sort();
    const refused = stage.addSystem({ ...toSystem('Refused'), systemNumber: 'Sys_0000.123' });
    const credential = { clientId: 'client', certificate: 'invented', url: 'https://idp.example.test/token' };
    const unsupported = stage.addSystem(withCredential('Unsupported', { certificateOAuth: credential }));
    const empty = stage.addSystem(withCredential('Empty', { basic: { username: 'user', password: '' } }));
    await stage.configure(runtimeId);
    stage.startAgent();

    const connection = await stage.condition('Synchronized', 'False/ApplicationsFailed');
    expect(conditionOf(connection, 'Ready')).toBe('False/ApplicationsFailed');
    expect(failuresOf(connection)).toEqual(
      [
        `${twins[1]} DuplicateName`,
        `${empty} EmptyCredential`,
        `${refused} InvalidName`,
        `${conflicting} NameConflict`,
        `${unsupported} UnsupportedCredential`,
      ].sort(),
    );
    expect(connection.status?.applications).toMatchObject({ desired: 8, failed: 5, ready: 3 });
    expect(connection.status?.connectionState).toBe('Synchronized');
    expect(connection.status?.synchronizationStatus?.error).toContain('Failed: ');
    const stored = await stage.applications([
      'mp-alpha',
      'mp-beta',
      'mp-empty',
      'mp-foreign',
      'mp-twin',
      'mp-unsupported',
    ]);
    const find = (name: string) => stored.find(({ metadata }) => metadata.name === name);
    expect(find('mp-foreign')).toEqual(foreign);
    expect(find('mp-twin')?.spec.compassMetadata?.applicationId).toBe(twins[0]);
    for (const name of ['mp-empty', 'mp-unsupported']) {
      expect(find(name)?.spec.services[0]?.entries[0]).toMatchObject({ credentials: { type: '', secretName: '' } });
    }
    const labels = (await stage.kube.secrets()).flatMap(({ metadata }) => metadata.labels.app ?? []);
    expect(labels.sort()).toEqual(['mp-alpha', 'mp-beta', 'mp-twin']);

    await stage.kube.remove(`${applicationPath}/mp-foreign`);
    stage.ucl.landscape.updateApplication(refused, { systemNumber: '0740023456' });
    for (const id of [twins[1] ?? '', unsupported, empty]) stage.ucl.landscape.deleteApplication(id);
    await stage.sync();
    await stage.synchronized();
    await stage.applications(['mp-alpha', 'mp-beta', 'mp-foreign', 'mp-refused-0740023456', 'mp-twin']);
  });

  it('touches no Secret of its names that belongs to somebody else', async () => {
    const runtimeId = stage.addRuntime();
    const [id = ''] = stage.addSystems(['Alpha', 'Beta']);
    const bundle = stage.ucl.landscape.application(id).bundles[0]?.id;
    const name = `mp-alpha-${bundle}`;
    await stage.kube.writeSecret(name, { mine: 'kept' });
    await stage.configure(runtimeId);
    stage.startAgent();
    const connection = await stage.condition('Synchronized', 'False/ApplicationsFailed');
    expect(failuresOf(connection)).toEqual([`${id} NameConflict`]);
    expect((await stage.kube.secret(name))?.data).toEqual({ mine: 'kept' });
    await stage.kube.remove(`${secretPath('kyma-system')}/${name}`);
    await stage.sync();
    await stage.synchronized();
  });
});

function withCredential(name: string, credential: CredentialInput): ApplicationInput {
  const system = toSystem(name);
  const bundles = (system.bundles ?? []).map((bundle) => ({ ...bundle, defaultInstanceAuth: { credential } }));
  return { ...system, bundles };
}

function failuresOf(connection: StoredConnection): string[] {
  return (connection.status?.failures ?? []).map(({ applicationId, reason }) => `${applicationId} ${reason}`).sort();
}
