import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AgentProcess } from '../../programs/agent/start-agent-process.ts';
import { conditionOf, useStage } from '../e2e/start-stage.ts';
import { expectGoodEnd, patience } from './start-shipped.ts';

const wallClock = path.join(import.meta.dirname, 'wall-clock.ts');
const hour = 60 * 60_000;
const countSyncs = (agent: AgentProcess) => agent.lines().filter(({ message }) => message === 'Synchronised').length;

describe('A wall clock that is put wrong', patience, () => {
  const stage = useStage({}, { certificateLifetimeMs: hour });

  const start = async (settings: Readonly<Record<string, string>>) => {
    const runtimeId = stage.addRuntime();
    stage.addSystems(['Alpha']);
    await stage.configure(runtimeId);
    const agent = stage.startAgent(settings, ['--import', wallClock]);
    await stage.synchronized();
    const syncs = (count: number) => {
      const before = countSyncs(agent);
      return stage.until(`${count} more syncs`, () => countSyncs(agent) >= before + count || undefined);
    };
    return { agent, syncs, put: (offsetMs: number) => agent.tell(String(offsetMs)) };
  };

  test.each([
    ['six hours back', -6 * hour],
    ['two hours ahead, beyond the end of the certificate', 2 * hour],
    ['a year ahead', 365 * 24 * hour],
  ])('%s, stops no sync, and costs neither the certificate nor a token', async (_, offsetMs) => {
    const { agent, syncs, put } = await start({ APP_SYNC_SCHEDULE: '*/2 * * * * *' });
    const certificate = await stage.kube.secret('cluster-client-certificates');
    put(offsetMs);
    const isWrong = ({ status }: { status?: { lastSync?: string | null | undefined } | undefined }) =>
      Math.abs(Date.parse(status?.lastSync ?? '') - Date.now() - offsetMs) < hour / 2;
    await stage.connection('was told by the wrong clock', isWrong);
    await syncs(3);
    const during = await stage.connection('is told by the wrong clock', isWrong);
    expect(during.status?.conditions.map(({ type }) => type)).not.toContain('Stalled');
    expect(conditionOf(during, 'Connected')).toBe('True/Connected');
    expect(conditionOf(during, 'Synchronized')).toBe('True/Synchronized');
    const health = await fetch(`http://127.0.0.1:${agent.healthPort()}/healthz`);
    expect(health.status).toBe(200);

    put(0);
    await stage.connection(
      'is told by the right clock',
      (found) => conditionOf(found, 'Ready') === 'True/Synchronized',
    );
    await syncs(2);
    expect(agent.output()).not.toContain('TokenRefused');
    expect((await stage.kube.secret('cluster-client-certificates'))?.data).toEqual(certificate?.data);
    await expectGoodEnd(agent);
  });

  test('is judged anew as soon as it is set, whatever the schedule', async () => {
    const { agent, put } = await start({ APP_SYNC_SCHEDULE: '0 0 1 1 *' });
    put(2 * hour);
    await stage.condition('CertificateValid', 'False/CertificateExpired');
    put(0);
    await stage.condition('CertificateValid', 'True/Valid');
    await expectGoodEnd(agent);
  });
});
