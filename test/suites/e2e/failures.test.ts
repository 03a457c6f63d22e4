import { describe, expect, it } from 'vitest';
import { applicationPath } from '../../servers/cluster/create-cluster-client.ts';
import {
  dataWithError,
  emptyPage,
  htmlPage,
  missingData,
  nullBundlesWithErrors,
  nullPage,
  rateLimited429,
  serviceUnavailable503,
} from '../../servers/ucl/fault-answers.ts';
import type { FaultEffect } from '../../servers/ucl/faults.ts';
import { conditionOf, useStage } from './start-stage.ts';

/** What the Director does, and the reason that the CompassConnection then gives. */
const directorFailures: readonly (readonly [title: string, effect: FaultEffect, reason: string])[] = [
  ['503', serviceUnavailable503(), 'CompassUnreachable'],
  ['429', rateLimited429(), 'RateLimited'],
  ['no answer in time', { hang: true }, 'CompassUnreachable'],
  ['a body that is cut off', { truncateBody: 100 }, 'CompassUnreachable'],
  ['data with errors', dataWithError(), 'ReadIncomplete'],
  ['bundles: null with errors', nullBundlesWithErrors(), 'ReadIncomplete'],
  ['a null page', nullPage(), 'InvalidAnswer'],
  ['JSON without data', missingData(), 'InvalidAnswer'],
  ['a page of HTML', htmlPage(), 'InvalidAnswer'],
];

describe('failures', () => {
  const stage = useStage();

  it('deletes nothing, says why and heals by itself, whatever the Director answers', { timeout: 120_000 }, async () => {
    await stage.connect(['Alpha', 'Beta', 'Gamma'], {
      APP_COMPASS_REQUEST_TIMEOUT: '1500ms',
      // As small as pages get: smaller ones are not tried first.
      APP_COMPASS_PAGE_SIZE: '10',
    });
    const before = await stage.kube.applications();
    stage.proxy.requests.clear();
    for (const [title, effect, reason] of directorFailures) {
      const fault = stage.ucl.faults.add({ on: 'director', times: Number.POSITIVE_INFINITY, effect });
      const failed = await stage.sync();
      expect([title, conditionOf(failed, 'Synchronized')]).toEqual([title, `False/${reason}`]);
      expect(failed.status?.connectionState).toBe('SynchronizationFailed');
      expect(failed.status?.synchronizationStatus?.error).not.toBe('');
      fault.remove();
      // A system's own gap waits for the next sync at the usual pace; what UCL as a whole fails with is tried again.
      if (reason === 'ReadIncomplete') await stage.sync();
      const healed = await stage.synchronized();
      expect(healed.status?.synchronizationStatus?.error).toBeUndefined();
    }
    expect(await stage.kube.applications()).toEqual(before);
    expect(new Set(stage.writes())).toEqual(new Set(['update compassconnections/status']));
  });

  it('keeps everything on one empty page', async () => {
    await stage.connect(['Alpha', 'Beta', 'Gamma']);
    stage.ucl.faults.add({ on: 'director', operation: 'applicationsForRuntime', effect: emptyPage() });
    stage.proxy.requests.clear();
    expect((await stage.sync()).status?.prune?.heldCount).toBe(3);
    expect((await stage.sync()).status?.prune?.heldHash).toBeUndefined();
    await stage.applications(['mp-alpha', 'mp-beta', 'mp-gamma']);
    expect(stage.writes().filter((write) => write.startsWith('delete'))).toEqual([]);
  });

  it('has all others in the cluster when the API server refuses the writes for one system', async () => {
    const runtimeId = stage.addRuntime();
    const [id = ''] = stage.addSystems(['Alpha', 'Beta', 'Gamma']);
    const bundle = stage.ucl.landscape.application(id).bundles[0]?.id ?? '';
    let attempts = 0;
    const fault = stage.proxy.faults.add({
      match: ({ verb, resource }) => verb === 'create' && resource === 'applications' && isFirst(),
      effect: { status: 403 },
    });
    const isFirst = () => {
      attempts += 1;
      return attempts === 1;
    };
    await stage.configure(runtimeId);
    stage.startAgent();
    const failed = await stage.condition('Synchronized', 'False/ApplicationsFailed');
    expect(failed.status?.applications).toMatchObject({ desired: 3, ready: 2, failed: 1 });
    expect(failed.status?.failures).toHaveLength(1);
    expect(failed.status?.failures[0]?.message).toContain('Creating Application mp-');
    expect(await stage.kube.applications()).toHaveLength(2);
    fault.remove();
    await stage.sync();
    await stage.synchronized();

    const refused = stage.proxy.faults.add({
      match: ({ verb, name }) => verb === 'update' && name === `mp-alpha-${bundle}`,
      effect: { status: 403 },
    });
    for (const application of stage.ucl.landscape.applications()) {
      const bundles = application.bundles.map(({ id: bundleId, name, apis }) => ({
        ...{ id: bundleId, name, apis },
        defaultInstanceAuth: { credential: { basic: { username: 'rotated', password: 'rotated-password' } } },
      }));
      stage.ucl.landscape.updateApplication(application.id, { bundles, description: 'Rotated' });
    }
    const partly = await stage.sync();
    expect(partly.status?.failures.map(({ applicationId }) => applicationId)).toEqual([id]);
    const passwords = (await stage.kube.secrets()).flatMap(({ metadata, data }) =>
      metadata.labels.app === undefined ? [] : [`${metadata.labels.app} ${data.username}`],
    );
    expect(passwords.sort()).toEqual(['mp-alpha user-of-alpha.example.test', 'mp-beta rotated', 'mp-gamma rotated']);
    refused.remove();
    await stage.sync();
    await stage.synchronized();
  });

  it('goes on when connections to the API server are cut, and after the API server was started again', async () => {
    const { agent } = await stage.connect(['Alpha', 'Beta']);
    stage.proxy.dropConnections();
    await stage.kube.remove(`${applicationPath}/mp-alpha`);
    await stage.applications(['mp-alpha', 'mp-beta']);
    await stage.cluster.restart();
    stage.addSystems(['Gamma']);
    await stage.sync();
    await stage.applications(['mp-alpha', 'mp-beta', 'mp-gamma']);
    expect(agent.hasEnded()).toBe(false);
  });

  it('takes a runtime id that is not its own for a mismatch, touches nothing, and heals without a new token', async () => {
    const { runtimeId } = await stage.connect(['Alpha', 'Beta']);
    const other = stage.ucl.landscape.registerRuntime();
    stage.forgetRequests();
    const spent = (await stage.kube.secret('compass-agent-configuration'))?.data.TOKEN ?? '';
    await stage.configure(other.id, { TOKEN: spent });
    const mismatched = await stage.condition('Ready', 'False/RuntimeMismatch');
    expect(JSON.stringify(mismatched.status?.conditions)).toContain(other.id);
    await stage.applications(['mp-alpha', 'mp-beta']);
    await stage.configure(runtimeId, { TOKEN: spent });
    await stage.connection('is ready again', (found) => conditionOf(found, 'Ready') === 'True/Synchronized');
    expect(stage.ucl.requests.count({ endpoint: 'connector-token' })).toBe(0);
    expect(stage.writes().filter((write) => !write.includes('compassconnections'))).toEqual([]);
  });

  it('takes a mistyped runtime id for a mismatch at the first pairing, and heals without a new token', async () => {
    const runtimeId = stage.addRuntime();
    stage.addSystems(['Alpha']);
    const other = stage.ucl.landscape.registerRuntime();
    const token = stage.issueToken(runtimeId);
    await stage.configure(other.id, { TOKEN: token });
    stage.startAgent();
    const mismatched = await stage.condition('Connected', 'False/RuntimeMismatch');
    expect(conditionOf(mismatched, 'Ready')).toBe('False/RuntimeMismatch');
    expect(conditionOf(mismatched, 'CertificateValid')).toBe('False/CertificateMissing');
    expect((await stage.kube.events()).map(({ reason }) => reason)).not.toContain('Paired');
    expect((await stage.kube.secret('cluster-client-certificates'))?.metadata.name).toBeUndefined();
    expect(await stage.kube.applications()).toEqual([]);
    await stage.configure(runtimeId, { TOKEN: token });
    await stage.synchronized();
    expect(stage.ucl.requests.count({ endpoint: 'connector-token' })).toBe(2);
  });
});
