import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { secretPath } from '../../servers/cluster/create-cluster-client.ts';
import { conditionOf } from '../e2e/start-stage.ts';
import { armKill, describeEffect, listEffects, type Moment } from './kill-points.ts';
import { recordTrial } from './record-trial.ts';
import type { Trial } from './trial.ts';
import { useFaultStage } from './use-fault-stage.ts';

const moments: readonly Moment[] = ['before', 'after'];
/** At every effect, in both moments, one after the other. */
const patience = { timeout: 3_600_000 };
/** The schedule is far away: nothing happens but what is being killed. */
const idle = { APP_SYNC_SCHEDULE: '0 0 1 1 *' };

/** What came of all kills of one scenario. */
class Kills {
  readonly lost: string[] = [];
  kills = 0;
  renewedTokens = 0;
  slowestMs = 0;
  readonly effects = new Set<string>();

  record(scenario: string): void {
    const ends = `${this.kills - this.renewedTokens} ended connected, ${this.renewedTokens} by a new token that was asked for`;
    const injected = `${this.kills} kills at ${this.effects.size} effects; ${ends}`;
    recordTrial({ scenario, injected, lost: this.lost, recoveredMs: this.slowestMs });
    expect(this.lost).toEqual([]);
  }
}

describe('kill -9 at every effect', () => {
  const faults = useFaultStage();
  const { stage } = faults;

  /** Runs to the end, or to the kill. Gives whether that struck. */
  const runUntilKilled = async (
    trial: Trial,
    arm: (kill: () => void) => ReturnType<typeof armKill>,
    done: () => Promise<unknown>,
  ) => {
    const armed = arm(() => void trial.agent.kill());
    await Promise.race([stage.until('the agent is killed', () => trial.agent.hasEnded(), 120_000), done()]);
    armed.disarm();
    return armed.hasStruck();
  };

  it('of a pairing', patience, async () => {
    const kills = new Kills();
    const newTrial = async () => {
      const runtimeId = stage.addRuntime();
      stage.addSystems(['Alpha']);
      await faults.configure(runtimeId);
      stage.forgetRequests();
      return faults.trial('A kill', runtimeId, idle);
    };
    const first = await newTrial();
    first.start();
    await first.follows();
    const effects = listEffects(stage);
    for (const effect of effects) {
      for (const moment of moments) {
        await stage.clear();
        const trial = await newTrial();
        trial.start();
        const hasStruck = await runUntilKilled(
          trial,
          (kill) => armKill(stage, effect, moment, kill),
          () => trial.follows(),
        );
        if (!hasStruck) continue;
        await judgePairing(trial, kills, `${moment} ${describeEffect(effect)}`);
      }
    }
    expect(kills.effects.size).toBeGreaterThan(10);
    kills.record('kill -9 at every effect of a pairing');
  });

  const judgePairing = async (trial: Trial, kills: Kills, where: string) => {
    kills.kills += 1;
    kills.effects.add(where.replace(/^\w+ /, ''));
    const sinceMs = performance.now();
    trial.start();
    const end = await stage.until(
      `it ends somewhere, killed ${where}`,
      async () => {
        if ((await trial.differences()).length === 0) return 'connected';
        const found = await stage.kube.connection();
        return found !== undefined && conditionOf(found, 'Connected') === 'False/TokenRefused' ? 'refused' : undefined;
      },
      120_000,
    );
    if (end === 'refused') {
      kills.renewedTokens += 1;
      await faults.configure(trial.runtimeId);
      await trial.follows();
    }
    kills.slowestMs = Math.max(kills.slowestMs, performance.now() - sinceMs);
    // What is told apart here by the counts of UCL: no token worked twice, and no more was asked for than the tries that
    // docs/operating.md names.
    const { requests } = stage.ucl;
    const worked = requests.count({ endpoint: 'connector-token', operation: 'configuration', status: 200 });
    const signed = requests.count({ operation: 'signCertificateSigningRequest', status: 200 });
    const sent = requests.count({ endpoint: 'connector-token' });
    if (worked > (end === 'refused' ? 2 : 1)) kills.lost.push(`${where}: ${worked} uses of a token`);
    if (signed > 2) kills.lost.push(`${where}: ${signed} certificates`);
    if (sent > 8) kills.lost.push(`${where}: ${sent} requests with a token`);
    if (trial.agent.hasEnded()) kills.lost.push(`${where}: the process`);
  };

  it('of a renewal', patience, async () => {
    const kills = new Kills();
    const trial = await faults.begin('A kill', idle);
    let wishes = 0;
    const wish = async () => {
      wishes += 1;
      await stage.annotate({ 'compass.kyma-project.io/renew-requested-at': `wish ${wishes}` });
    };
    const renewed = () =>
      stage.until(
        'the wish is echoed',
        async () => {
          return (await stage.kube.connection())?.status?.lastHandledRenewRequest === `wish ${wishes}`;
        },
        240_000,
      );
    await startAfresh(trial);
    await wish();
    await renewed();
    await trial.follows();
    for (const effect of listEffects(stage)) {
      for (const moment of moments) {
        await startAfresh(trial);
        const hasStruck = await runUntilKilled(
          trial,
          (kill) => armKill(stage, effect, moment, kill),
          async () => {
            await wish();
            await renewed();
            await trial.follows();
          },
        );
        if (hasStruck) await judgeRenewal(trial, kills, `${moment} ${describeEffect(effect)}`, renewed);
      }
    }
    expect(kills.effects.size).toBeGreaterThan(4);
    trial.unwatch();
    kills.record('kill -9 at every effect of a renewal');
  });

  /** There are three renewals an hour at most, over a restart too: what is written down of them goes while nobody runs. */
  const startAfresh = async (trial: Trial) => {
    await trial.agent.kill();
    await stage.kube.patch(`${secretPath('kyma-system')}/ucl-agent-pairing`, { data: { renewals: null } });
    trial.start();
    const hasSynchronised = () => trial.lines().some(({ message }) => message === 'Synchronised');
    await stage.until('it has synchronised', hasSynchronised, 240_000);
    await trial.follows();
    stage.forgetRequests();
  };

  const judgeRenewal = async (trial: Trial, kills: Kills, where: string, renewed: () => Promise<unknown>) => {
    kills.kills += 1;
    kills.effects.add(where.replace(/^\w+ /, ''));
    const sinceMs = performance.now();
    trial.start();
    await renewed();
    await trial.follows();
    kills.slowestMs = Math.max(kills.slowestMs, performance.now() - sinceMs);
    const { requests } = stage.ucl;
    const signed = requests.count({ operation: 'signCertificateSigningRequest', status: 200 });
    if (signed > 2) kills.lost.push(`${where}: ${signed} certificates`);
    if (requests.count({ endpoint: 'connector-token' }) > 0) kills.lost.push(`${where}: a one-time token`);
    const pair = (await stage.kube.secret('cluster-client-certificates'))?.data;
    const isPair = new X509Certificate(pair?.crt ?? '').checkPrivateKey(createPrivateKey(pair?.key ?? ''));
    if (!isPair) kills.lost.push(`${where}: certificate and key are no pair`);
  };
});
