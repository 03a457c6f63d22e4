import { describe, expect, it } from 'vitest';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import { aLink, linked, notLinked } from '../../data/builders/connection-facts.ts';
import { unpaired } from '../../data/builders/pairing-states.ts';

import { result, Stage } from './stage.ts';

const refused = new AgentError('CompassRefused', 'UCL refused', { next: 'wait' });
const mismatched = new AgentError('RuntimeMismatch', 'The certificate is of another', { next: 'wait' });
const down = new AgentError('CompassUnreachable', 'UCL is down', { next: 'retry' });
const forbidden = new AgentError('PermissionMissing', 'not allowed', { next: 'wait' });

const minuteMs = 60_000;

describe('a run', () => {
  it('connects, synchronises, and writes one status that says so', async () => {
    const stage = new Stage();
    stage.store.edit({
      spec: {
        managementInfo: {
          directorUrl: aLink().addresses.directorUrl,
          connectorUrl: aLink().addresses.securedConnectorUrl,
        },
      },
    });
    const { outcome } = await stage.run(['start']);
    expect(outcome).toEqual({
      failure: undefined,
      answeredAt: stage.time.instant(),
      untold: undefined,
      writtenAt: [stage.time.instant()],
      isKept: false,
      hasSynced: true,
      hasTakenBack: false,
      nextLook: undefined,
      nextMend: undefined,
      nextChange: 9 * minuteMs,
      followUps: 'begin',
      endedAt: stage.time.instant(),
    });
    expect(stage.store.calls.filter((call) => call !== 'read')).toEqual(['write-status']);
    expect(stage.store.status).toMatchObject({ connectionState: 'Synchronized', runtimeId: 'runtime' });
    expect(stage.condition('Ready')?.status).toBe('True');
    expect(stage.memory.runtimeId).toBe('runtime');
  });

  it('bears one id, of the runtime as soon as that is known', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    await stage.run();
    expect(stage.ids).toEqual(['unpaired_run-1', 'runtime_run-1', 'runtime_run-2', 'runtime_run-2']);
  });

  it('makes the CompassConnection where there is none, with the addresses of the link', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    expect(stage.store.resource?.spec.managementInfo).toEqual({
      directorUrl: 'https://director.example.test',
      connectorUrl: 'https://connector-mtls.example.test',
    });
  });

  it('goes on when the addresses cannot be written, and says so', async () => {
    const stage = new Stage();
    stage.store.edit({});
    stage.store.failures.set('update', forbidden);
    const { outcome } = await stage.run(['start']);
    expect(outcome.failure).toBeUndefined();
    expect(stage.condition('Connected')).toMatchObject({ status: 'True', reason: 'PermissionMissing' });
  });

  it('only looks when nothing asks for a sync, and writes the status all the same', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    const { outcome } = await stage.run(['connection']);
    expect(stage.synced).toHaveLength(1);
    expect(outcome).toEqual({
      failure: undefined,
      answeredAt: stage.time.instant(),
      untold: undefined,
      writtenAt: [],
      isKept: false,
      hasSynced: false,
      hasTakenBack: false,
      nextLook: undefined,
      nextMend: undefined,
      nextChange: 9 * minuteMs,
      followUps: 'keep',
      endedAt: stage.time.instant(),
    });
  });

  it('tells of a sync that takes long while it goes on, and no more when it has ended', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    const working: (string | undefined)[] = [];
    stage.beforeSync = async () => {
      await stage.time.pass(9_999);
      working.push(stage.condition('Reconciling')?.status);
      await stage.time.pass(1);
      working.push(stage.condition('Reconciling')?.status);
    };
    await stage.run();
    expect(working).toEqual([undefined, 'True']);
    expect(stage.condition('Reconciling')).toBeUndefined();
  });

  it('looks again when its status is another by time alone, and tells that without asking UCL', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    await stage.time.pass(10 * minuteMs);
    await stage.run(['look']);
    expect(stage.condition('Ready')).toMatchObject({ status: 'False', reason: 'SyncOverdue' });
    expect(stage.synced).toHaveLength(1);
  });

  it('reads UCL as soon as there is a connection again, and after a refusal at its own pace', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    stage.connection = () => notLinked(new AgentError('ClusterUnreachable', 'Reading failed', { next: 'retry' }));
    await stage.run();
    stage.connection = () => linked();
    await stage.run(['look']);
    expect(stage.synced.map(({ trigger }) => trigger)).toEqual(['start', 'connected']);
    stage.syncOutcome = () => ({
      reached: 'nothing',
      error: new AgentError('CompassRefused', 'Reading failed', { next: 'wait' }),
    });
    await stage.run();
    await stage.run(['look']);
    expect(stage.synced).toHaveLength(3);
  });

  it('synchronises at the first look, since nothing is known yet', async () => {
    const stage = new Stage();
    await stage.run(['connection']);
    expect(stage.synced).toMatchObject([{ trigger: 'change' }]);
  });

  it('mends drift without asking UCL, and not before the first sync', async () => {
    const stage = new Stage();
    await stage.run(['drift']);
    expect([stage.synced.length, stage.drifts]).toEqual([1, 0]);
    await stage.run(['drift']);
    expect([stage.synced.length, stage.drifts]).toEqual([1, 1]);
    await stage.run(['connection']);
    expect(stage.drifts).toBe(1);
  });

  it('tells at once of a new link, before the first sync has ended', async () => {
    const stage = new Stage();
    stage.connection = () => linked({ events: ['paired'] });
    let told: string | undefined;
    stage.syncOutcome = () => {
      told = stage.store.status?.connectionState;
      return stage.goodOutcome();
    };
    await stage.run(['connection']);
    expect(told).toBe('Connected');
    expect(stage.synced).toMatchObject([{ trigger: 'connected' }]);
    expect(stage.events.map(({ reason }) => reason)).toEqual(['Paired', 'ApplicationsChanged', 'Synchronized']);
    expect(stage.store.status?.connectionStatus.established).toBe('2026-11-22T12:00:00Z');
  });

  it('does not read UCL because a certificate was renewed', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    stage.connection = () => linked({ events: ['renewed'] });
    await stage.run(['connection']);
    expect(stage.synced).toHaveLength(1);
    expect(stage.store.status?.connectionStatus.renewed).toBe('2026-11-22T12:00:00Z');
  });
});

describe('a failure', () => {
  it('of the connection is the state and the outcome, and asks for a pause where a sync was due', async () => {
    const stage = new Stage();
    stage.connection = () => notLinked(refused);
    expect((await stage.run(['schedule'])).outcome).toMatchObject({
      failure: refused,
      untold: undefined,
      hasSynced: true,
    });
    expect((await stage.run(['connection'])).outcome).toMatchObject({
      failure: refused,
      untold: undefined,
      hasSynced: false,
    });
    expect(stage.store.status?.connectionState).toBe('ConnectionFailed');
    expect(stage.synced).toEqual([]);
  });

  it('of the Director to take the certificate stays the state, with since when, until it takes it again', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    stage.syncOutcome = () => ({ reached: 'nothing', error: refused });
    await stage.run();
    await stage.time.pass(60_000);
    await stage.run();
    await stage.run(['connection']);
    expect(stage.condition('Connected')).toMatchObject({ status: 'False', reason: 'CompassRefused' });
    expect(stage.condition('Connected')?.message).toContain('(since 2026-11-22T12:00:00Z)');
    stage.syncOutcome = () => stage.goodOutcome();
    await stage.run();
    expect(stage.condition('Connected')?.status).toBe('True');
  });

  it('of the Director to take it for this runtime is no connection either, as long as it does', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    stage.syncOutcome = () => ({ reached: 'nothing', error: mismatched });
    await stage.run();
    await stage.run(['connection']);
    expect(stage.condition('Connected')).toMatchObject({ status: 'False', reason: 'RuntimeMismatch' });
    stage.syncOutcome = () => stage.goodOutcome();
    await stage.run();
    expect(stage.condition('Connected')?.status).toBe('True');
  });

  it('of a read keeps the counts and the times of the last success', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    await stage.time.pass(60_000);
    stage.syncOutcome = () => ({ reached: 'nothing', error: down });
    expect((await stage.run()).outcome.failure).toBe(down);
    expect(stage.store.status).toMatchObject({
      connectionState: 'SynchronizationFailed',
      applications: { summary: '1/1' },
      connectionStatus: { lastSync: '2026-11-22T12:01:00Z', lastSuccess: '2026-11-22T12:00:00Z' },
    });
  });

  it('to make sure of a removal slows the reads of UCL down where UCL failed, and not where the cluster did', async () => {
    const stage = new Stage();
    stage.syncOutcome = () => stage.goodOutcome({}, { error: { during: 'read', error: down } });
    expect((await stage.run()).outcome.failure).toBe(down);
    stage.syncOutcome = () => stage.goodOutcome({}, { error: { during: 'apply', error: forbidden } });
    expect((await stage.run()).outcome.failure).toBeUndefined();
    expect(stage.condition('Synchronized')).toMatchObject({ status: 'False', reason: 'PermissionMissing' });
  });

  it('of single systems slows nothing down, nor does a read with gaps', async () => {
    const stage = new Stage();
    const failures = [{ applicationId: '1', name: 'mp-one', reason: 'InvalidName', message: 'm' }];
    stage.syncOutcome = () => stage.goodOutcome({ failures });
    expect((await stage.run()).outcome.failure).toBeUndefined();
    stage.syncOutcome = () => stage.goodOutcome({ failures, gaps: 1 });
    expect((await stage.run()).outcome.failure).toBeUndefined();
    expect(stage.condition('Synchronized')).toMatchObject({ status: 'False', reason: 'ReadIncomplete' });
  });

  it('to read the CompassConnection ends the run, and keeps the memory', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    const before = stage.memory;
    stage.store.failures.set('read', down);
    const { outcome, memory } = await stage.run();
    expect(outcome).toEqual({
      failure: down,
      answeredAt: stage.time.instant(),
      untold: undefined,
      writtenAt: [],
      isKept: false,
      hasSynced: false,
      hasTakenBack: false,
      nextLook: undefined,
      nextMend: undefined,
      nextChange: undefined,
      followUps: 'keep',
      endedAt: stage.time.instant(),
    });
    expect(memory).toBe(before);
  });

  it('is reported with when it was known, and with when the status was written', async () => {
    const stage = new Stage();
    const down = new AgentError('CompassUnreachable', 'busy', { next: 'wait', retryAfterMs: 30_000 });
    stage.syncOutcome = () => ({ reached: 'nothing', error: down });
    stage.beforeSync = () => stage.time.pass(8_000);
    stage.observe = (doers) => ({
      ...doers,
      resource: {
        ...doers.resource,
        read: (signal) => doers.resource.read(signal),
        create: (manifest, signal) => doers.resource.create(manifest, signal),
        writeStatus: async (status, signal) => {
          await stage.time.pass(5_000);
          return doers.resource.writeStatus(status, signal);
        },
      },
    });
    const startedAt = stage.time.instant();
    const { outcome } = await stage.run(['schedule']);
    expect(outcome).toMatchObject({ failure: down, answeredAt: startedAt + 8_000, endedAt: startedAt + 13_000 });
  });

  it('to write the status slows nothing down, loses no sync, and tells the Events once it can be written', async () => {
    const stage = new Stage();
    stage.store.failures.set('write-status', forbidden);
    const first = await stage.run(['start']);
    // The API server may have taken it all the same.
    expect(first.outcome).toMatchObject({
      failure: undefined,
      untold: forbidden,
      writtenAt: [expect.any(Number)],
      hasSynced: true,
    });
    expect(stage.memory.sync.last).toBeDefined();
    expect(stage.events).toEqual([]);
    stage.store.failures.clear();
    stage.syncOutcome = () => stage.goodOutcome({ applied: { ...result.applied, create: 0 } });
    await stage.run();
    const told = await stage.run(['look']);
    expect(told.outcome).toMatchObject({ failure: undefined, untold: undefined, hasSynced: false });
    expect(stage.events.map(({ reason }) => reason)).toEqual(['ApplicationsChanged']);
    await stage.run();
    expect(stage.events).toHaveLength(1);
  });

  it('leaves the first one in the outcome when the status cannot be written either', async () => {
    const stage = new Stage();
    stage.syncOutcome = () => ({ reached: 'nothing', error: down });
    stage.store.failures.set('write-status', forbidden);
    expect((await stage.run()).outcome.failure).toBe(down);
  });
});

describe('a run that is abandoned', () => {
  it('writes no status any more and keeps what it knows', async () => {
    const stage = new Stage();
    const abandon = new AbortController();
    stage.syncOutcome = () => {
      abandon.abort();
      return stage.goodOutcome();
    };
    await stage.run(['start'], abandon.signal);
    expect(stage.store.calls).not.toContain('write-status');
    expect(stage.memory.sync.last).toBeDefined();
  });

  it('counts as one that has asked Connector for the addresses, which nobody knows', async () => {
    const stage = new Stage();
    const abandon = new AbortController();
    stage.connection = () => {
      abandon.abort();
      throw abandon.signal.reason;
    };
    await stage.run(['start'], abandon.signal);
    expect(stage.memory.connection.addressesAskedAt).toBe(stage.time.instant());
  });

  it('reads the memory of pairing again, and knows what UCL answered and was not written down', async () => {
    const stage = new Stage();
    const abandon = new AbortController();
    const event = { kind: 'lost' } as const;
    await stage.run(['start']);
    stage.synced.length = 0;
    stage.store.edit({ annotations: { 'compass.kyma-project.io/sync-requested-at': 'now' } });
    stage.connection = () => {
      abandon.abort();
      const pairing = { state: unpaired, renewals: [], version: '1' };
      return { ...notLinked(down), unwritten: { from: unpaired, event }, pairing };
    };
    const { outcome } = await stage.run(['connection'], abandon.signal);
    expect(stage.memory.connection).toMatchObject({ unwritten: { event }, pairing: undefined });
    expect(stage.memory.handled).toEqual({});
    expect([outcome.writtenAt, stage.synced]).toEqual([[], []]);
  });
});

describe('another runtime', () => {
  it('makes the last read worthless, so that no drift is mended by it', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    expect(stage.memory.sync.landscape).toBeDefined();
    stage.connection = () => linked({ link: aLink({ identity: { ...aLink().identity, runtimeId: 'other' } }) });
    stage.syncOutcome = () => ({ reached: 'nothing', error: down });
    await stage.run();
    expect(stage.memory.sync.landscape).toBeUndefined();
    expect(stage.memory.sync.last?.error?.error).toBe(down);
  });
});
