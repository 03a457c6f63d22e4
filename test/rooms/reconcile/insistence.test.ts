import { describe, expect, it } from 'vitest';
import type { FieldManagement } from '../../../agent/domain/resources.ts';
import { explainInsistence } from '../../../agent/reconcile/insistence.ts';
import { Stage } from './stage.ts';

const syncAnnotation = 'compass.kyma-project.io/sync-requested-at';

/** Runs that something asked for: before each it changes the CompassConnection; from the third on they insist. */
async function insist(stage: Stage, runs: number, change: (run: number) => void): Promise<void> {
  await stage.run(['start']);
  for (let run = 1; run <= runs; run += 1) {
    change(run);
    await stage.run(['connection'], undefined, { isInsisted: run > 2 });
  }
}

function manages(stage: Stage, managedFields: readonly FieldManagement[]): void {
  const { resource } = stage.store;
  if (resource !== undefined) stage.store.resource = { ...resource, metadata: { ...resource.metadata, managedFields } };
}

describe('a request that comes again and again', () => {
  it('is named with its field, who sets it, and what to do, while the connection stays good', async () => {
    const stage = new Stage();
    await insist(stage, 3, () => {
      stage.store.edit({ spec: { resyncNow: true } });
      manages(stage, [
        { manager: 'ucl-agent', time: '2026-11-22T11:00:00Z', fieldsV1: { 'f:spec': { 'f:resyncNow': {} } } },
        { manager: 'nagger', time: '2026-11-22T12:00:00Z', fieldsV1: { 'f:spec': { 'f:resyncNow': {} } } },
      ]);
    });
    expect(stage.condition('Connected')).toMatchObject({ status: 'True', reason: 'RequestedTooOften' });
    const message = stage.condition('Connected')?.message;
    expect(message).toContain('Something sets spec.resyncNow (field manager "nagger")');
    expect(message).toContain('Stop what sets spec.resyncNow');
    expect(stage.condition('Ready')?.status).toBe('True');
    expect(stage.store.status?.connectionStatus.error).toContain('nagger');
    expect(stage.events.map(({ reason }) => reason)).toContain('RequestedTooOften');
  });

  it('is named without a manager where nobody noted one', async () => {
    const stage = new Stage();
    await insist(stage, 3, (run) => stage.store.edit({ annotations: { [syncAnnotation]: `token-${run}` } }));
    expect(stage.condition('Connected')?.message).toContain(`Something sets the annotation ${syncAnnotation} of`);
  });

  it('is named with the manager of its annotation', async () => {
    const stage = new Stage();
    await insist(stage, 3, (run) => {
      stage.store.edit({ annotations: { [syncAnnotation]: `token-${run}` } });
      const fieldsV1 = { 'f:metadata': { 'f:annotations': { [`f:${syncAnnotation}`]: {} } } };
      manages(stage, [{ manager: 'nagger', fieldsV1 }]);
    });
    expect(stage.condition('Connected')?.message).toContain(
      `Something sets the annotation ${syncAnnotation} (field manager "nagger")`,
    );
  });

  it('may be the addresses that are emptied', async () => {
    const stage = new Stage();
    await insist(stage, 3, () => {
      stage.store.edit({ spec: { managementInfo: { directorUrl: '', connectorUrl: '' } } });
      manages(stage, [{ manager: 'emptier', fieldsV1: { 'f:spec': { 'f:managementInfo': { 'f:directorUrl': {} } } } }]);
    });
    expect(stage.condition('Connected')?.message).toContain('spec.managementInfo (field manager "emptier")');
  });

  it('stays named in a run between two of them, and is forgotten when they have stopped', async () => {
    const stage = new Stage();
    await insist(stage, 3, () => stage.store.edit({ spec: { resyncNow: true } }));
    await stage.run(['schedule'], undefined, { isInsisted: true });
    expect(stage.condition('Connected')?.reason).toBe('RequestedTooOften');
    await stage.run(['look']);
    expect(stage.condition('Connected')?.reason).toBe('Connected');
    expect(stage.synced.map(({ trigger }) => trigger)).toEqual(['start', 'manual', 'manual', 'manual', 'schedule']);
  });

  it('is told once in the log', async () => {
    const stage = new Stage();
    await insist(stage, 5, () => stage.store.edit({ spec: { resyncNow: true } }));
    expect(stage.log.entries.filter(({ fields }) => fields?.reason === 'RequestedTooOften')).toHaveLength(1);
  });
});

describe('what is told of fields that ask again and again', () => {
  const field = (name: string, manager: string | undefined, remedy: string) => ({ name, manager, remedy });

  it('is nothing where none does', () => {
    expect(explainInsistence({ lately: ['spec.resyncNow'], told: [] })).toEqual([]);
  });

  it('names all of them, each with who sets it, and what to do once', () => {
    const told = [
      field('one', 'nagger', 'Stop it.'),
      field('two', undefined, 'Stop it.'),
      field('three', 'x', 'And x.'),
    ];
    expect(explainInsistence({ lately: [], told })).toMatchObject([
      {
        ...{ reason: 'RequestedTooOften', next: 'retry', remedy: 'Stop it. And x.' },
        message:
          'Something sets one (field manager "nagger") and two and three (field manager "x") of the CompassConnection again and again, so that each has to wait',
      },
    ]);
  });

  it.each([
    ['an annotation', { annotations: { [syncAnnotation]: 'token' } }, `the annotation ${syncAnnotation}`],
    ['a field', { spec: { refreshCredentialsNow: true } }, 'spec.refreshCredentialsNow'],
  ])('says how to stop what sets %s', async (_, change, name) => {
    const stage = new Stage();
    await insist(stage, 3, (run) =>
      stage.store.edit('annotations' in change ? { annotations: { [syncAnnotation]: `token-${run}` } } : change),
    );
    const message = stage.condition('Connected')?.message;
    expect(message).toContain(`Something sets ${name} of the CompassConnection again and again`);
    expect(message).toContain('For regular syncs set APP_SYNC_SCHEDULE.');
  });

  it('is that spec.managementInfo is to be left out, whichever of its addresses is another', async () => {
    for (const address of ['directorUrl', 'connectorUrl'] as const) {
      const stage = new Stage();
      await insist(stage, 3, () => {
        const shown = stage.store.resource?.spec.managementInfo ?? { directorUrl: '', connectorUrl: '' };
        stage.store.edit({ spec: { managementInfo: { ...shown, [address]: 'https://other.example.test' } } });
      });
      expect(stage.condition('Connected')?.message).toContain('Leave spec.managementInfo out of what you apply');
    }
  });
});

describe('three different things that a person does within a minute', () => {
  it('are nothing to speak of', async () => {
    const stage = new Stage();
    await insist(stage, 4, (run) => {
      if (run === 1) stage.store.edit({ annotations: { [syncAnnotation]: 'a' } });
      if (run === 2) stage.store.edit({ spec: { refreshCredentialsNow: true } });
      if (run === 3) stage.store.edit({ spec: { resyncNow: true } });
      if (run === 4) stage.store.edit({ annotations: { label: 'x' } });
    });
    expect(stage.condition('Connected')?.reason).toBe('Connected');
  });
});

describe('a run', () => {
  it('tells the pace that it took something back, so that a fight over it slows down', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    const hasTakenBack = async () => (await stage.run(['connection'])).outcome.hasTakenBack;
    stage.store.edit({ spec: { resyncNow: true } });
    expect(await hasTakenBack()).toBe(true);
    stage.store.edit({ spec: { managementInfo: { directorUrl: '', connectorUrl: '' } } });
    expect(await hasTakenBack()).toBe(true);
    stage.store.edit({ annotations: { [syncAnnotation]: 'token' } });
    expect(await hasTakenBack()).toBe(false);
  });
});
