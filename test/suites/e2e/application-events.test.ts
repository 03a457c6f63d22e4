import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { applicationPath } from '../../servers/cluster/create-cluster-client.ts';
import { formation, type Stage, useStage } from './start-stage.ts';

const onApplication = z.object({
  type: z.string(),
  reason: z.string(),
  message: z.string(),
  involvedObject: z.object({ kind: z.literal('Application'), name: z.string(), uid: z.string() }),
});

/** `Warning EmptyCredential` of each Event on this Application, once its reasons are told. */
function told(stage: Stage, name: string, reasons: readonly string[]) {
  return stage.until(`Events on ${name} tell ${reasons.join(', ')}`, async () => {
    const found = (await stage.kube.events()).flatMap((event) => onApplication.safeParse(event).data ?? []);
    const own = found.filter(({ involvedObject }) => involvedObject.name === name);
    return reasons.every((reason) => own.some((event) => event.reason === reason)) ? own : undefined;
  });
}

describe('the Events of one Application', () => {
  const stage = useStage();

  it('tell its life: created, changed, failing, well again, put back and removed', async () => {
    const { runtimeId, ids } = await stage.connect(['Alpha', 'Beta', 'Gamma']);
    const [alpha = '', beta = ''] = ids;
    const [bundle] = stage.ucl.landscape.application(alpha).bundles;
    const uid = (await stage.kube.application('mp-alpha'))?.metadata.uid;
    const [created] = await told(stage, 'mp-alpha', ['ApplicationCreated']);
    expect(created).toMatchObject({ type: 'Normal', involvedObject: { uid } });
    expect(created?.message).toContain(`system mp-alpha (UCL id ${alpha})`);

    const password = 'right-again-of-alpha';
    const setPassword = (value: string) =>
      stage.ucl.landscape.setInstanceAuth(bundle?.id ?? '', runtimeId, {
        credential: { basic: { username: 'user-of-alpha', password: value } },
      });
    setPassword('');
    await stage.sync();
    await stage.sync();
    const failed = await told(stage, 'mp-alpha', ['EmptyCredential']);
    expect(failed.filter(({ reason }) => reason === 'EmptyCredential')).toHaveLength(1);
    expect(failed.find(({ reason }) => reason === 'EmptyCredential')).toMatchObject({
      type: 'Warning',
      involvedObject: { uid },
    });
    expect(stage.output).toContain('A system fails');
    setPassword(password);
    await stage.sync();
    await told(stage, 'mp-alpha', ['SystemRecovered', 'ApplicationUpdated']);

    await stage.kube.patch(`${applicationPath}/mp-beta`, { spec: { description: 'mine' } });
    const [, restored] = await told(stage, 'mp-beta', ['ApplicationCreated', 'ApplicationRestored']);
    expect(restored?.message).toContain('description');
    stage.leaveFormation([beta]);
    await stage.sync();
    await told(stage, 'mp-beta', ['ApplicationRemoved']);
  });

  it('tell that its removal is held, how to go on, and that it stays after all', async () => {
    const { ids } = await stage.connect(['Alpha', 'Beta']);
    stage.leaveFormation(ids);
    const held = await stage.sync();
    for (const name of ['mp-alpha', 'mp-beta']) {
      const event = (await told(stage, name, ['RemovalHeld'])).find(({ reason }) => reason === 'RemovalHeld');
      expect(event?.message).toContain(`ucl-agent approve ${held.status?.prune?.heldHash}`);
    }
    for (const id of ids) stage.ucl.landscape.assign(id, 'APPLICATION', formation);
    await stage.sync();
    await told(stage, 'mp-alpha', ['RemovalCancelled']);
  });

  it('are few after a large first sync, and one on the CompassConnection counts the rest', async () => {
    const runtimeId = stage.addRuntime();
    stage.addSystems(Array.from({ length: 60 }, (_, index) => `System ${index}`));
    await stage.configure(runtimeId);
    stage.startAgent();
    await stage.synchronized();
    await stage.events(['EventsLeftOut']);
    const events = await stage.kube.events();
    expect(events.filter(({ reason }) => reason === 'ApplicationCreated')).toHaveLength(50);
    expect(events.find(({ reason }) => reason === 'EventsLeftOut')?.message).toContain('10 ApplicationCreated');
  });
});

describe('the notes on an Application', () => {
  const stage = useStage();

  it('name the system and the last change, and are not put back alone', async () => {
    const { ids } = await stage.connect(['Alpha']);
    const notes = { 'compass.kyma-project.io/system-name': 'mp-alpha', 'compass.kyma-project.io/system-id': ids[0] };
    expect((await stage.kube.application('mp-alpha'))?.metadata.annotations).toMatchObject(notes);
    const removed = { 'compass.kyma-project.io/system-name': null, 'compass.kyma-project.io/last-change': null };
    await stage.kube.patch(`${applicationPath}/mp-alpha`, { metadata: { annotations: removed } });
    stage.forgetRequests();
    await stage.sync();
    expect(stage.writes().filter((write) => write.includes('applications'))).toEqual([]);
    stage.ucl.landscape.updateApplication(ids[0] ?? '', { description: 'New' });
    await stage.sync();
    const changed = { ...notes, 'compass.kyma-project.io/last-change': 'description' };
    expect((await stage.kube.application('mp-alpha'))?.metadata.annotations).toMatchObject(changed);
  });
});
