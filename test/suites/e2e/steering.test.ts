import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { applicationPath, connectionPath } from '../../servers/cluster/create-cluster-client.ts';
import { conditionOf, useStage } from './start-stage.ts';

const connectionObject = `${connectionPath}/compass-connection`;

describe('steering', () => {
  const stage = useStage();

  it('never lets two syncs overlap, and makes few of a burst of twenty requests', async () => {
    await stage.connect(['Alpha', 'Beta', 'Gamma'], { APP_COMPASS_PAGE_SIZE: '2' });
    let running = 0;
    let most = 0;
    stage.ucl.faults.add({
      on: 'director',
      times: Number.POSITIVE_INFINITY,
      effect: {
        rewrite: async (answer) => {
          running += 1;
          most = Math.max(most, running);
          await sleep(60);
          running -= 1;
          return answer;
        },
      },
    });
    stage.forgetRequests();
    let token = '';
    for (let request = 0; request < 20; request += 1) token = await stage.requestSync();
    await stage.connection('echoes the last request', ({ status }) => status?.lastHandledSyncRequest === token);
    expect(most).toBe(1);
    const requests = stage.ucl.requests.all({ operation: 'applicationsForRuntime' });
    const syncs = requests.map(({ requestId }) => requestId);
    expect(new Set(syncs).size).toBeLessThan(20);
    // The pages of one sync stand together.
    expect(syncs.filter((id, index) => id !== syncs[index - 1])).toHaveLength(new Set(syncs).size);
  });

  it('takes spec.resyncNow back after one sync, also after one that failed', async () => {
    await stage.connect(['Alpha']);
    stage.addSystems(['Beta']);
    await stage.kube.patch(connectionObject, { spec: { resyncNow: true } });
    await stage.applications(['mp-alpha', 'mp-beta']);
    await stage.connection('takes the wish back', ({ spec }) => spec.resyncNow !== true);

    stage.ucl.faults.add({ on: 'director', times: Number.POSITIVE_INFINITY, effect: { status: 502 } });
    await stage.kube.patch(connectionObject, { spec: { resyncNow: true } });
    await stage.condition('Synchronized', 'False/CompassUnreachable');
    await stage.connection('takes the wish back', ({ spec }) => spec.resyncNow !== true);
  });

  it('names what sets spec.resyncNow again and again, and who does where the API server notes that', async () => {
    await stage.connect(['Alpha']);
    for (let request = 0; request < 3; request += 1) {
      await stage.kube.patch(`${connectionObject}?fieldManager=nagger`, { spec: { resyncNow: true } });
      await stage.connection('takes the wish back', ({ spec }) => spec.resyncNow !== true);
    }
    const told = await stage.condition('Connected', 'True/RequestedTooOften');
    const message = told.status?.conditions.find(({ type }) => type === 'Connected')?.message;
    const manager = told.metadata.managedFields === undefined ? '' : ' (field manager "nagger")';
    expect(message).toContain(`Something sets spec.resyncNow${manager} of the CompassConnection again and again`);
    expect(conditionOf(told, 'Ready')).toBe('True/Synchronized');
  });

  it('does nothing while it is suspended but say so, and catches up when it is resumed', async () => {
    await stage.connect(['Alpha', 'Beta']);
    await stage.kube.patch(connectionObject, { spec: { suspend: true } });
    const suspended = await stage.condition('Synchronized', 'Unknown/Suspended');
    expect(conditionOf(suspended, 'Ready')).toBe('True/Suspended');
    stage.forgetRequests();
    stage.addSystems(['Gamma']);
    await stage.kube.remove(`${applicationPath}/mp-alpha`);
    await stage.kube.patch(connectionObject, { spec: { resyncNow: false } });
    await stage.connection('is observed', ({ metadata, status }) => status?.observedGeneration === metadata.generation);
    expect(stage.ucl.requests.count()).toBe(0);
    await stage.applications(['mp-beta']);

    await stage.kube.patch(connectionObject, { spec: { suspend: false } });
    await stage.applications(['mp-alpha', 'mp-beta', 'mp-gamma']);
    await stage.synchronized();
  });

  it('finds what changed in UCL by its schedule, without being asked', async () => {
    const { ids } = await stage.connect(['Alpha', 'Beta', 'Gamma'], { APP_SYNC_SCHEDULE: '*/2 * * * * *' });
    stage.addSystems(['Delta']);
    stage.leaveFormation(ids.slice(0, 1));
    await stage.applications(['mp-beta', 'mp-gamma', 'mp-delta']);
    const connection = await stage.connection(
      'names the trigger',
      ({ status }) => status?.lastSyncTrigger === 'schedule',
    );
    expect(connection.status?.nextSync).toBeTypeOf('string');
  });

  it('echoes a request that it could not fulfil, and fulfils it as soon as that is possible', async () => {
    await stage.connect(['Alpha']);
    const fault = stage.ucl.faults.add({
      on: 'director',
      times: Number.POSITIVE_INFINITY,
      effect: { status: 502 },
    });
    stage.addSystems(['Beta']);
    const failed = await stage.sync();
    expect(conditionOf(failed, 'Synchronized')).toBe('False/CompassUnreachable');
    fault.remove();
    await stage.applications(['mp-alpha', 'mp-beta']);
  });

  it("keeps the runtime's labels in UCL", async () => {
    const { runtimeId } = await stage.connect(['Alpha'], {
      APP_RUNTIME_EVENTS_URL: 'https://gateway.cluster.example.test',
      APP_RUNTIME_CONSOLE_URL: 'https://console.cluster.example.test',
    });
    expect(stage.ucl.landscape.runtimeLabels(runtimeId)).toMatchObject({
      runtime_eventServiceUrl: 'https://gateway.cluster.example.test',
      runtime_consoleUrl: 'https://console.cluster.example.test',
    });
    stage.forgetRequests();
    await stage.sync();
    expect(stage.ucl.requests.count({ operation: 'setRuntimeLabel' })).toBe(0);
  });
});
