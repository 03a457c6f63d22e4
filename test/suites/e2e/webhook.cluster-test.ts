import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applicationPath } from '../../servers/cluster/create-cluster-client.ts';
import { startWebhook, type Webhook, webhookPath } from '../../servers/cluster/start-webhook.ts';
import { useStage } from './start-stage.ts';

describe('a mutating webhook', () => {
  const stage = useStage();
  let webhook: Webhook;

  beforeAll(async () => {
    webhook = await startWebhook([{ op: 'replace', path: '/spec/description', value: 'theirs' }]);
    await stage.kube.create(webhookPath, webhook.configuration);
    await stage.until('the API server asks it', async () => {
      await stage.kube.create(applicationPath, {
        apiVersion: 'applicationconnector.kyma-project.io/v1alpha1',
        kind: 'Application',
        metadata: { name: 'probe' },
        spec: { description: 'ours', services: [] },
      });
      const seen = await stage.kube.application('probe');
      await stage.kube.remove(`${applicationPath}/probe`);
      return seen?.spec.description === 'theirs' || undefined;
    });
  });
  afterAll(async () => {
    await stage.kube.remove(`${webhookPath}/${webhook.configuration.metadata.name}`);
    await webhook.stop();
  });

  it('that changes a field is told with its first answer, and does not cost a write for each sync', async () => {
    const runtimeId = stage.addRuntime();
    stage.addSystems(['Alpha']);
    await stage.configure(runtimeId);
    stage.startAgent({ APP_SYNC_SCHEDULE: '* * * * * *' });
    const told = await stage.condition('Synchronized', 'False/ApplicationsFailed');
    expect(told.status?.failures).toMatchObject([{ name: 'mp-alpha', reason: 'ChangedByOthers' }]);
    expect(told.status?.failures[0]?.message).toContain('Application mp-alpha: spec.description is changed on its way');

    stage.forgetRequests();
    const before = webhook.reviews();
    await stage.until('UCL was read ten times more', () => stage.ucl.requests.count() >= 10 || undefined);
    expect(webhook.reviews() - before).toBeLessThanOrEqual(2);
  });
});
