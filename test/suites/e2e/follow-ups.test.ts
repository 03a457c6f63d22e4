import { describe, expect, it } from 'vitest';
import { conditionOf, formation, useStage } from './start-stage.ts';

describe('reads that follow a change', () => {
  const stage = useStage();

  it('bring the credentials that UCL hands out after it has shown the system, while the schedule is far away', async () => {
    const { runtimeId } = await stage.connect(['Alpha'], { APP_FOLLOW_UP_DELAYS: '500ms,1s,2s,4s,8s' });
    const { landscape } = stage.ucl;
    const bundles = [{ name: 'Orders', apis: [{ name: 'Order API', targetURL: 'https://beta.example.test/orders' }] }];
    const { id } = landscape.registerApplication({ name: 'Beta', bundles });
    landscape.assign(id, 'APPLICATION', formation);
    await stage.sync();
    await stage.applications(['mp-alpha', 'mp-beta']);
    expect(await credentialsOfBeta()).toEqual([]);

    // Some follow-up has found nothing new before the credentials are there.
    await stage.connection('tells of a follow-up', ({ status }) => status?.lastSyncTrigger === 'follow-up');
    const [bundle] = landscape.application(id).bundles;
    const basic = { username: 'user-of-beta', password: 'secret-of-beta' };
    landscape.setInstanceAuth(bundle?.id ?? '', runtimeId, { credential: { basic } });
    await stage.until('the credentials are in the cluster', async () => (await credentialsOfBeta())[0]);

    const connection = await stage.synchronized();
    expect(connection.status?.lastSyncTrigger).toBe('follow-up');
    expect(conditionOf(connection, 'Ready')).toMatch(/^True/);
  });

  async function credentialsOfBeta() {
    const applications = await stage.kube.applications();
    const beta = applications.find(({ metadata }) => metadata.name === 'mp-beta');
    const secrets = await stage.kube.secrets();
    return secrets.filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === beta?.metadata.uid));
  }
});
