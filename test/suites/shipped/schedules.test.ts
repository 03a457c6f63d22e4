import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { settings } from '../../../agent/config/settings.ts';
import type { AgentProcess } from '../../programs/agent/start-agent-process.ts';
import { leaseRights } from '../e2e/lease-rights.ts';
import { useStage } from '../e2e/start-stage.ts';
import { type Environment, expectGoodEnd, patience, startShipped, waitFor } from './start-shipped.ts';

const isScheduled = ({ lastSyncTrigger }: { lastSyncTrigger?: string | undefined }) => lastSyncTrigger === 'schedule';
const countSyncs = (agent: AgentProcess) => agent.lines().filter(({ message }) => message === 'Synchronised').length;
const movableClock = path.join(import.meta.dirname, 'movable-clock.ts');

describe('A second synchronisation comes by schedule', patience, () => {
  const stage = useStage();

  /**
   * Minutes are not waited for: the clock of the process is put to a second before the time that the status announces,
   * and what is due by then becomes due. The last second passes as on any other clock, as does what is left of the floor
   * between two syncs. No Lease can be kept meanwhile, since nothing is answered while the clock is put forward: the right
   * to it is denied.
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
    const { kubeconfigFile, grant } = await stage.cluster.restrict(leaseRights);
    onTestFinished(grant);
    const { agent, connection } = await startShipped(stage, { env, command, kubeconfigFile });
    // The last that a run does. A request under way would run into its time limit when the clock is put forward.
    await stage.events(['ApplicationsChanged']);
    const announcedMs = Date.parse(connection.status?.nextSync ?? '');
    agent.tell(String(announcedMs - 1000));
    const after = await waitFor(stage, agent, 'has synchronised by schedule', isScheduled);
    expect(Date.parse(after.status?.lastSync ?? '')).toBeGreaterThanOrEqual(announcedMs);
    expect(countSyncs(agent)).toBeGreaterThan(1);
    await expectGoodEnd(agent);
  });

  test.each([
    ['a cron expression of every second', { APP_SYNC_SCHEDULE: '* * * * * *' }],
    ['a period of a second', { APP_CONTROLLER_SYNC_PERIOD: '1s' }],
  ])('with %s, on the clock of the machine', async (_, schedule: Environment) => {
    const { agent } = await startShipped(stage, { env: { ...schedule, APP_MINIMAL_COMPASS_SYNC_TIME: '100ms' } });
    await waitFor(stage, agent, 'has synchronised by schedule', isScheduled);
    expect(countSyncs(agent)).toBeGreaterThan(1);
    await expectGoodEnd(agent);
  });
});
