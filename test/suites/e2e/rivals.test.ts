import { describe, expect, it } from 'vitest';
import { applicationPath } from '../../servers/cluster/create-cluster-client.ts';
import { useStage } from './start-stage.ts';

describe('another controller', () => {
  const stage = useStage();

  it('that changes an Application back is named, and no longer written over each time', async () => {
    await stage.connect(['Alpha']);
    const interfere = () =>
      stage.kube.patch(`${applicationPath}/mp-alpha?fieldManager=rival`, { spec: { description: 'theirs' } });
    for (let round = 0; round < 2; round += 1) {
      await interfere();
      await stage.until('the description is ours again', async () => {
        const application = await stage.kube.application('mp-alpha');
        return application?.spec.description !== 'theirs' || undefined;
      });
    }
    stage.forgetRequests();
    await interfere();
    const told = await stage.condition('Synchronized', 'False/ApplicationsFailed');
    const [failure] = told.status?.failures ?? [];
    expect(failure).toMatchObject({ name: 'mp-alpha', reason: 'ChangedByOthers' });
    // The embedded API server notes no managers.
    const who = told.metadata.managedFields === undefined ? 'somebody whose name' : 'the field manager "rival"';
    expect(failure?.message).toContain(`Application mp-alpha: spec.description is changed by ${who}`);
    expect(stage.writes()).not.toContain('update applications');

    // Whoever asks for a sync does not wait.
    await stage.sync();
    expect(stage.writes()).toContain('update applications');
  });
});
