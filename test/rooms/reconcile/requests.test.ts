import { describe, expect, it } from 'vitest';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import { emptyMemory } from '../../../agent/reconcile/memory.ts';
import { linked, notLinked } from '../../data/builders/connection-facts.ts';

import { Stage } from './stage.ts';

const key = (name: string) => `compass.kyma-project.io/${name}`;
const refused = new AgentError('CompassRefused', 'UCL refused', { next: 'wait' });
const forbidden = new AgentError('PermissionMissing', 'not allowed', { next: 'wait' });
const tooOften = new AgentError('RequestedTooOften', 'too often', { next: 'wait' });

const minuteMs = 60_000;

describe('what people ask for', () => {
  it('is done at once and echoed when it was done', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    stage.store.edit({ annotations: { [key('sync-requested-at')]: 'now' } });
    await stage.run(['connection']);
    expect(stage.synced[1]?.trigger).toBe('manual');
    expect(stage.store.status?.lastHandledSyncRequest).toBe('now');
    await stage.run(['connection']);
    expect(stage.synced).toHaveLength(2);
  });

  it('is echoed also after a failure, so that it does not ask again without pause', async () => {
    const stage = new Stage();
    stage.connection = () => notLinked(refused);
    stage.store.edit({ annotations: { [key('renew-requested-at')]: 'now' } });
    const { outcome } = await stage.run(['connection']);
    expect(outcome).toEqual({
      failure: refused,
      answeredAt: stage.time.instant(),
      untold: undefined,
      writtenAt: [stage.time.instant()],
      isKept: false,
      hasSynced: false,
      hasTakenBack: false,
      nextLook: undefined,
      nextMend: undefined,
      nextChange: 9 * minuteMs,
      followUps: 'keep',
      endedAt: stage.time.instant(),
    });
    expect(stage.asked).toEqual([{ renewalRequest: 'now', isUnattended: false }]);
    await stage.run(['schedule']);
    expect(stage.asked[1]).toEqual({ renewalRequest: undefined, isUnattended: true });
    expect(stage.store.status?.lastHandledRenewRequest).toBe('now');
  });

  it('is echoed with why nothing came of it, also where the status could be written only later', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    const refusals = ['the first', 'the second'].map(
      (text) => new AgentError('RequestedTooOften', text, { next: 'wait' }),
    );
    for (const [index, refusal] of refusals.entries()) {
      stage.connection = () => linked({ maintenance: [refusal] });
      stage.store.edit({ annotations: { [key('renew-requested-at')]: `request ${index}` } });
      stage.store.failures.set('write-status', forbidden);
      await stage.run(['connection']);
    }
    stage.connection = () => linked();
    await stage.run(['look']);
    stage.store.failures.clear();
    await stage.run(['look']);
    expect(stage.store.status?.lastHandledRenewRequest).toBe('request 1');
    expect(stage.condition('Connected')?.reason).toBe('RequestedTooOften');
    expect(stage.condition('Connected')?.message).toMatch(/\. the first\. the second\.$/);
    await stage.run(['look']);
    expect(stage.condition('Connected')?.reason).toBe('Connected');
  });

  it('is echoed with why there was no link with UCL, also where there is one when the status can be written', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    const nextTryAt = new Date('2026-11-22T12:05:00Z');
    stage.connection = () => notLinked(new AgentError('ClusterUnreachable', 'no key', { next: 'retry', nextTryAt }));
    stage.store.edit({ annotations: { [key('renew-requested-at')]: 'now' } });
    stage.store.failures.set('write-status', forbidden);
    await stage.run(['connection']);
    stage.store.failures.clear();
    stage.connection = () => linked();
    await stage.run(['retry']);
    expect(stage.store.status?.lastHandledRenewRequest).toBe('now');
    expect(stage.condition('Connected')).toMatchObject({
      status: 'True',
      reason: 'ClusterUnreachable',
      message: expect.stringMatching(/; UCL last answered at [^ ]+\. no key\.$/),
    });
    await stage.run(['retry']);
    expect(stage.condition('Connected')?.reason).toBe('Connected');
  });

  it('is told once where the status could be written at once', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    stage.connection = () => linked({ maintenance: [tooOften] });
    stage.store.edit({ annotations: { [key('renew-requested-at')]: 'now' } });
    await stage.run(['connection']);
    expect(stage.condition('Connected')?.message.match(/too often/g)).toHaveLength(1);
    stage.connection = () => linked();
    await stage.run(['look']);
    expect(stage.condition('Connected')?.reason).toBe('Connected');
  });

  it('is told with the next status where only what was told during the sync could be written', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    stage.connection = () => linked({ events: ['paired'], maintenance: [tooOften] });
    stage.beforeSync = async () => void stage.store.failures.set('write-status', forbidden);
    stage.store.edit({ annotations: { [key('renew-requested-at')]: 'now' } });
    await stage.run(['connection']);
    expect(stage.store.status?.lastHandledRenewRequest).toBeUndefined();
    stage.store.failures.clear();
    stage.connection = () => linked();
    await stage.run(['look']);
    expect(stage.store.status?.lastHandledRenewRequest).toBe('now');
    expect(stage.condition('Connected')?.reason).toBe('RequestedTooOften');
  });

  it('by the older fields is taken back, and a failure to do so is told', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    stage.store.edit({ spec: { resyncNow: true } });
    await stage.run(['connection']);
    expect(stage.store.resource?.spec.resyncNow).toBe(false);
    stage.store.edit({ spec: { resyncNow: true } });
    stage.store.failures.set('update', forbidden);
    await stage.run(['connection']);
    expect(stage.condition('Connected')?.reason).toBe('PermissionMissing');
  });

  it('and cannot be taken back is dealt with once, until somebody asks anew', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    stage.store.edit({ spec: { resyncNow: true, refreshCredentialsNow: true } });
    stage.store.failures.set('update', forbidden);
    for (let run = 0; run < 3; run += 1) await stage.run(['connection']);
    expect(stage.synced).toHaveLength(2);
    // Without a name, since the field has none.
    expect(stage.asked.map(({ renewalRequest }) => renewalRequest)).toEqual([undefined, true, undefined, undefined]);
    stage.store.failures.clear();
    stage.store.edit({ spec: { resyncNow: false, refreshCredentialsNow: false } });
    await stage.run(['connection']);
    stage.store.edit({ spec: { resyncNow: true } });
    await stage.run(['connection']);
    expect(stage.synced).toHaveLength(3);
  });

  it('and could not be taken back is as soon as that is possible, without another sync for it', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    stage.store.edit({ spec: { resyncNow: true } });
    stage.store.failures.set('update', forbidden);
    expect((await stage.run(['connection'])).outcome.untold).toBe(forbidden);
    stage.store.failures.clear();
    const { outcome } = await stage.run(['look']);
    expect(outcome).toMatchObject({ untold: undefined, hasSynced: false });
    expect(stage.store.resource?.spec.resyncNow).toBe(false);
    expect(stage.condition('Connected')?.reason).toBe('Connected');
    expect(stage.synced).toHaveLength(2);
  });

  it('and whose echo cannot be written is dealt with once', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    stage.store.edit({ annotations: { [key('renew-requested-at')]: 'now' } });
    stage.store.failures.set('write-status', forbidden);
    for (let run = 0; run < 3; run += 1) await stage.run(['connection']);
    expect(stage.asked.filter(({ renewalRequest }) => renewalRequest)).toHaveLength(1);
  });

  it('by the older fields is taken back after the status tells what it came to', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    stage.store.edit({ spec: { resyncNow: true } });
    const before = stage.store.calls.length;
    await stage.run(['connection']);
    expect(stage.store.calls.slice(before).filter((call) => call !== 'read')).toEqual(['write-status', 'update']);
  });

  it('is known to a restarted agent as done, by the echo in the status', async () => {
    const stage = new Stage();
    stage.store.edit({ annotations: { [key('sync-requested-at')]: 'now' } });
    await stage.run(['start']);
    stage.memory = emptyMemory;
    await stage.run(['connection']);
    expect(stage.synced.map(({ trigger }) => trigger)).toEqual(['manual', 'change']);
    expect(stage.store.status?.lastHandledSyncRequest).toBe('now');
  });

  it('to suspend stops everything but the status, and the end of it reads UCL', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    stage.store.edit({ spec: { suspend: true } });
    stage.certificate = undefined;
    await stage.run(['schedule', 'drift']);
    expect([stage.synced.length, stage.drifts, stage.asked.length]).toEqual([1, 0, 1]);
    expect(stage.condition('Synchronized')).toMatchObject({ status: 'Unknown', reason: 'Suspended' });
    expect(stage.condition('CertificateValid')?.reason).toBe('CertificateMissing');
    expect(stage.store.status?.nextSync).toBeUndefined();
    stage.store.edit({ spec: { suspend: false } });
    await stage.run(['connection']);
    expect(stage.synced).toHaveLength(2);
  });

  it('of the removals of the last hour names those that happened, and says where there may be more', async () => {
    const stage = new Stage();
    const hold = { id: 'abc', applicationNames: ['mp-one'], since: stage.time.now(), actsAt: undefined };
    const removal = { at: stage.time.now(), instant: 0, count: 2 };
    const removals = [removal, { ...removal, count: 9, isAssumed: true }];
    stage.syncOutcome = () => stage.goodOutcome({}, { held: [hold], memory: { holds: [], earlier: [], removals } });
    await stage.run(['start']);
    const told = stage.condition('PruneHeld')?.message;
    expect(told).toContain('Within the last hour, 2 Applications were already removed');
    expect(told).toContain('the note of what was removed');
  });

  it('to approve a held removal reads UCL at once, with its id', async () => {
    const stage = new Stage();
    const held = { id: 'abc', applicationNames: ['mp-one', 'mp-two'], since: stage.time.now(), actsAt: undefined };
    stage.syncOutcome = () => stage.goodOutcome({}, { held: [held], nextLook: 300_000 });
    const { outcome } = await stage.run(['start']);
    expect(outcome.nextLook).toBe(300_000);
    expect(stage.condition('PruneHeld')?.status).toBe('True');
    stage.store.edit({ annotations: { [key('prune-approved')]: 'other' } });
    await stage.run(['connection']);
    expect(stage.synced).toHaveLength(1);
    stage.store.edit({ annotations: { [key('prune-approved')]: 'abc' } });
    await stage.run(['connection']);
    expect(stage.synced[1]).toMatchObject({ trigger: 'change', approvedIds: ['abc'] });
  });
});
