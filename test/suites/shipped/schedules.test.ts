import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { settings } from '../../../agent/config/settings.ts';
import { parseDuration } from '../../../agent/domain/duration.ts';
import { useStage } from '../e2e/start-stage.ts';
import { type Environment, expectGoodEnd, patience, startShipped, waitFor } from './start-shipped.ts';

const isScheduled = ({ lastSyncTrigger }: { lastSyncTrigger?: string | undefined }) => lastSyncTrigger === 'schedule';
const movableClock = path.join(import.meta.dirname, 'movable-clock.ts');

describe('A second synchronisation comes by schedule', patience, () => {
  const stage = useStage();

  /**
   * Minutes are not waited for: the clock of the process is put to a second before the time that the status announces,
   * and what is due by then becomes due. The last second passes as on any other clock.
   */
  test.each([
    ['by default', {}],
    ['with the example of the cron schedule', { [settings.syncSchedule.name]: settings.syncSchedule.example }],
    ['with the period of the Deployments', { [settings.controllerSyncPeriodMs.name]: '180s' }],
    [
      'with the example of the period',
      { [settings.controllerSyncPeriodMs.name]: settings.controllerSyncPeriodMs.example },
    ],
  ])('%s, at the time that the status announces', async (_, env: Environment) => {
    const command = [process.execPath, '--import', movableClock, stage.program, 'run'];
    const { agent, connection } = await startShipped(stage, { env, command });
    const { lastSync, nextSync } = connection.status ?? {};
    const announcedMs = Date.parse(nextSync ?? '');
    const floorMs = parseDuration(settings.minimalSyncTimeMs.default) ?? 0;
    const dueMs = Math.max(announcedMs, Date.parse(lastSync ?? '') + floorMs);

    agent.tell(String(dueMs - 1000));
    const after = await waitFor(stage, agent, 'has synchronised by schedule', isScheduled);
    expect(Date.parse(after.status?.lastSync ?? '')).toBeGreaterThanOrEqual(dueMs);
    await expectGoodEnd(agent);
  });

  test.each([
    ['a cron expression of every second', { APP_SYNC_SCHEDULE: '* * * * * *' }],
    ['a period of a second', { APP_CONTROLLER_SYNC_PERIOD: '1s' }],
  ])('with %s, on the clock of the machine', async (_, schedule: Environment) => {
    const { agent } = await startShipped(stage, { env: { ...schedule, APP_MINIMAL_COMPASS_SYNC_TIME: '100ms' } });
    await waitFor(stage, agent, 'has synchronised by schedule', isScheduled);
    await expectGoodEnd(agent);
  });
});
