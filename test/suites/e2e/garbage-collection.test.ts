import { describe, expect, it } from 'vitest';
import { applicationPath, type StoredSecret } from '../../servers/cluster/create-cluster-client.ts';
import { type Stage, useStage } from './start-stage.ts';

const stage = useStage({ garbageCollector: true });
const name = 'mp-shop';

/** The Secrets whose only owner is the Application of that uid, once there are any and no others are left. */
async function ownedAlone(uid: string): Promise<StoredSecret[] | undefined> {
  const secrets = await secretsOfApplications(stage);
  const owned = secrets.filter(({ metadata }) => metadata.ownerReferences.every((owner) => owner.uid === uid));
  return owned.length > 0 && owned.length === secrets.length ? owned : undefined;
}

async function secretsOfApplications({ kube }: Stage): Promise<StoredSecret[]> {
  const secrets = await kube.secrets();
  return secrets.filter(({ metadata }) => metadata.ownerReferences.length > 0);
}

async function uidOfApplication(): Promise<string | undefined> {
  return (await stage.kube.application(name))?.metadata.uid;
}

describe('with a garbage collector in the cluster', () => {
  it('the Secrets of an Application that is deleted go with it, also without an agent', async () => {
    const { agent } = await stage.connect(['Shop']);
    const before = await secretsOfApplications(stage);
    expect(before.map(({ metadata }) => metadata.ownerReferences.map((owner) => owner.name))).toEqual([[name]]);
    await agent.kill();
    await stage.kube.remove(`${applicationPath}/${name}`);
    await stage.until('the Secrets are gone', async () => (await secretsOfApplications(stage)).length === 0);
  });

  it('an Application that is deleted by hand comes back with Secrets of its own', async () => {
    await stage.connect(['Shop']);
    const [before] = await secretsOfApplications(stage);
    const first = await uidOfApplication();
    await stage.kube.remove(`${applicationPath}/${name}`);
    const second = await stage.until('the Application is back', async () => {
      const found = await uidOfApplication();
      return found === first ? undefined : found;
    });
    const [after] = await stage.until('its Secrets are back', () => ownedAlone(second));
    expect(after?.data).toEqual(before?.data);
  });

  it('an Application that is recreated by hand, with a new uid, keeps its Secrets or gets them back', async () => {
    await stage.connect(['Shop']);
    const [before] = await secretsOfApplications(stage);
    const application = await stage.kube.application(name);
    if (application === undefined) throw new Error('There is no Application to recreate.');
    const { spec, metadata } = application;
    // Whoever comes first, the Application of the old uid is gone.
    await stage.kube.remove(`${applicationPath}/${name}`);
    const manifest = { apiVersion: 'applicationconnector.kyma-project.io/v1alpha1', kind: 'Application', spec };
    const labels = metadata.labels;
    await stage.kube
      .create(applicationPath, { ...manifest, metadata: { name, labels } })
      .catch((error: unknown) => expect(String(error)).toContain('AlreadyExists'));
    const uid = await uidOfApplication();
    expect(uid).not.toBe(metadata.uid);
    const [after] = await stage.until('the Secrets belong to the new one', () => ownedAlone(uid ?? ''));
    expect(after?.data).toEqual(before?.data);
    // What the collector still had in mind for the old owner has happened by the end of another sync.
    await stage.sync();
    expect(await stage.until('they stay', () => ownedAlone(uid ?? ''))).toHaveLength(1);
    expect((await stage.kube.application(name))?.metadata.uid).toBe(uid);
  });
});
