import { describe, expect, it } from 'vitest';
import {
  forgetRenewals,
  type KillStage,
  killThroughPairing,
  killThroughRenewal,
  recordKills,
} from './kill-everywhere.ts';
import type { Trial } from './trial.ts';
import { useFaultStage } from './use-fault-stage.ts';

/** At every effect, in both moments, one after the other. */
const patience = { timeout: 3_600_000 };
/** The schedule is far away: nothing happens but what is being killed. */
const idle = { APP_SYNC_SCHEDULE: '0 0 1 1 *' };

describe('kill -9 at every effect', () => {
  const faults = useFaultStage();

  it('of a pairing', patience, async () => {
    const kills = await killThroughPairing(createKillStage());
    expect(kills.effects).toBeGreaterThan(10);
    recordKills('kill -9 at every effect of a pairing', kills);
  });

  it('of a renewal', patience, async () => {
    const kills = await killThroughRenewal(createKillStage());
    expect(kills.effects).toBeGreaterThan(4);
    recordKills('kill -9 at every effect of a renewal', kills);
  });

  /** Each agent is a process of the machine. */
  const createKillStage = (): KillStage => {
    const { stage } = faults;
    let trial: Trial;
    return {
      ucl: stage.ucl,
      proxy: stage.proxy,
      kube: stage.kube,
      async prepareUnpaired() {
        await stage.clear();
        const runtimeId = stage.addRuntime();
        stage.addSystems(['Alpha']);
        await faults.configure(runtimeId);
        stage.forgetRequests();
        trial = faults.trial('A kill', runtimeId, idle);
      },
      start: async () => trial.start(),
      async startAfresh() {
        await trial.agent.kill();
        await forgetRenewals(stage.kube);
        trial.start();
        const hasSynchronised = () => trial.lines().some(({ message }) => message === 'Synchronised');
        await stage.until('it has synchronised', hasSynchronised, 240_000);
        await trial.follows();
      },
      forgetRequests: () => stage.forgetRequests(),
      kill: () => trial.agent.kill(),
      restart: async () => trial.start(),
      giveToken: () => faults.configure(trial.runtimeId),
      differences: () => trial.differences(),
      faultsOfAgent: async () => (trial.agent.hasEnded() ? ['the process'] : []),
      until: (what, probe, limitMs) => stage.until(what, probe, limitMs),
    };
  };
});
