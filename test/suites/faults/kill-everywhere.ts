import { createPrivateKey, X509Certificate } from 'node:crypto';
import { expect } from 'vitest';
import { type ClusterClient, connectionPath, secretPath } from '../../servers/cluster/create-cluster-client.ts';
import { armKill, describeEffect, type Effect, listEffects, moments, type Surroundings } from './kill-points.ts';
import { recordTrial } from './record-trial.ts';

/** The agent that is killed, and the world around it. */
export interface KillStage extends Surroundings {
  readonly kube: ClusterClient;
  /** No agent runs, and the cluster knows nothing of UCL but a token; one system is to be brought. */
  prepareUnpaired(): Promise<void>;
  start(): Promise<void>;
  /** Starts the agent anew, which is paired and knows of no renewal, and waits until it has synchronised. */
  startAfresh(): Promise<void>;
  /** Those to UCL and to the Kubernetes API. */
  forgetRequests(): void;
  /** kill -9; returns when nothing of the agent runs any more. */
  kill(): Promise<unknown>;
  /** Sees to it that the agent starts again. */
  restart(): Promise<void>;
  /** Puts another token into the configuration Secret. */
  giveToken(): Promise<void>;
  /** Each difference between cluster and UCL, Ready included. */
  differences(): Promise<string[]>;
  /** What is wrong with the agent itself, which was killed once and runs. */
  faultsOfAgent(): Promise<string[]>;
  until<T>(what: string, probe: () => Promise<T | undefined>, limitMs: number): Promise<T>;
}

const limitMs = 240_000;
/** Where the token is lost with the answer, or with what could not be written down. Anywhere else it must not cost one. */
const costly = /^after connector-token |^before update secrets ucl-agent-pairing/;
/** How long an effect may be late that came before: the agent has then done all that it is waited for. */
const lateMs = 10_000;
/** The last effects are Events and the like, of which no status tells: all is over when nothing came for so long. */
const quietMs = 2_000;

/** What came of all kills of one scenario. */
export interface Kills {
  readonly effects: number;
  kills: number;
  /** Effects that did not come again, so that nobody was killed there. */
  readonly missed: string[];
  renewedTokens: number;
  readonly lost: string[];
  slowestMs: number;
}

export function recordKills(scenario: string, { effects, kills, missed, renewedTokens, lost, slowestMs }: Kills): void {
  const ends = `${kills - renewedTokens} ended connected, ${renewedTokens} by a new token that was asked for`;
  const left = missed.length === 0 ? '' : `; not reached: ${missed.join(', ')}`;
  recordTrial({
    scenario,
    injected: `${kills} kills at ${effects} effects; ${ends}${left}`,
    lost,
    recoveredMs: slowestMs,
  });
  expect(lost).toEqual([]);
  // A few depend on the time that things take, such as one more write of the status.
  expect(missed.length).toBeLessThan(effects / 4);
}

/** Kills the agent before and after each effect that a whole pairing had, each time in a new one. */
export async function killThroughPairing(stage: KillStage): Promise<Kills> {
  await stage.prepareUnpaired();
  await stage.start();
  await follows(stage);
  return killAtEach(stage, await listAllEffects(stage), {
    prepare: () => stage.prepareUnpaired(),
    start: () => stage.start(),
    isOver: async () => (await stage.differences()).length === 0,
    judge: (kills, where) => judgePairing(stage, kills, where),
  });
}

/** Kills a paired agent before and after each effect that a renewal had, each time in a new one. */
export async function killThroughRenewal(stage: KillStage): Promise<Kills> {
  await stage.prepareUnpaired();
  await stage.start();
  await follows(stage);
  let wishes = 0;
  let applications = '';
  const prepare = async () => {
    await stage.startAfresh();
    await listAllEffects(stage);
    stage.forgetRequests();
    applications = await describeApplications(stage);
  };
  const wish = async () => {
    wishes += 1;
    const annotations = { 'compass.kyma-project.io/renew-requested-at': `wish ${wishes}` };
    await stage.kube.patch(`${connectionPath}/compass-connection`, { metadata: { annotations } });
  };
  const isOver = async () => {
    const handled = (await stage.kube.connection())?.status?.lastHandledRenewRequest;
    return handled === `wish ${wishes}` && (await stage.differences()).length === 0;
  };
  await prepare();
  await wish();
  await stage.until('the renewal is over', async () => (await isOver()) || undefined, limitMs);
  return killAtEach(stage, await listAllEffects(stage), {
    prepare,
    start: wish,
    isOver,
    judge: (kills, where) => judgeRenewal(stage, kills, where, isOver, applications),
  });
}

/** Waits until no more come. */
async function listAllEffects(stage: KillStage): Promise<Effect[]> {
  let effects: Effect[] = [];
  let sinceMs = performance.now();
  const isQuiet = async () => {
    const found = listEffects(stage);
    if (found.length !== effects.length) sinceMs = performance.now();
    effects = found;
    return performance.now() - sinceMs > quietMs || undefined;
  };
  await stage.until('nothing is done any more', isQuiet, limitMs);
  return effects;
}

/** What is killed everywhere. */
interface Course {
  /** Everything before the first effect. */
  readonly prepare: () => Promise<void>;
  readonly start: () => Promise<void>;
  readonly isOver: () => Promise<boolean>;
  /** After a kill, when the agent starts again. */
  readonly judge: (kills: Kills, where: string) => Promise<void>;
}

async function killAtEach(stage: KillStage, effects: readonly Effect[], course: Course): Promise<Kills> {
  const kills: Kills = { effects: effects.length, kills: 0, missed: [], renewedTokens: 0, lost: [], slowestMs: 0 };
  for (const effect of effects) {
    for (const moment of moments) {
      const where = `${moment} ${describeEffect(effect)}`;
      await course.prepare();
      const armed = armKill(stage, effect, moment, () => stage.kill());
      await course.start();
      const isStruck = async () => armed.hasStruck() || undefined;
      await stage.until(
        `${where}: the kill, or the end`,
        async () => armed.hasStruck() || (await course.isOver()) || undefined,
        limitMs,
      );
      await stage.until(`${where}: the kill`, isStruck, lateMs).catch(() => undefined);
      armed.disarm();
      if (!armed.hasStruck()) {
        kills.missed.push(where);
        continue;
      }
      kills.kills += 1;
      const sinceMs = performance.now();
      await stage.restart();
      await course.judge(kills, where);
      kills.slowestMs = Math.max(kills.slowestMs, performance.now() - sinceMs);
      for (const fault of await stage.faultsOfAgent()) kills.lost.push(`${where}: ${fault}`);
    }
  }
  return kills;
}

async function judgePairing(stage: KillStage, kills: Kills, where: string): Promise<void> {
  const end = await stage.until(
    `it ends somewhere, killed ${where}`,
    async () => {
      if ((await stage.differences()).length === 0) return 'connected';
      return (await asksForToken(stage)) ? 'refused' : undefined;
    },
    limitMs,
  );
  if (end === 'refused') {
    kills.renewedTokens += 1;
    if (!costly.test(where)) kills.lost.push(`${where}: the token`);
    await stage.giveToken();
    await follows(stage);
  }
  // What is told apart here by the counts of UCL: no token worked twice, and no more was asked for than the tries that
  // docs/operating.md names.
  const { requests } = stage.ucl;
  const worked = requests.count({ endpoint: 'connector-token', operation: 'configuration', status: 200 });
  const signed = requests.count({ operation: 'signCertificateSigningRequest', status: 200 });
  const sent = requests.count({ endpoint: 'connector-token' });
  if (worked > (end === 'refused' ? 2 : 1)) kills.lost.push(`${where}: ${worked} uses of a token`);
  if (signed > 2) kills.lost.push(`${where}: ${signed} certificates`);
  if (sent > 8) kills.lost.push(`${where}: ${sent} requests with a token`);
}

/** UCL has refused the token, and the status tells people to give another one. */
async function asksForToken({ kube }: KillStage): Promise<boolean> {
  const conditions = (await kube.connection())?.status?.conditions ?? [];
  return conditions.some(
    ({ type, status, reason, message }) =>
      type === 'Connected' &&
      status === 'False' &&
      reason.startsWith('TokenRefused') &&
      /put a new (?:token|one) into the configuration Secret/i.test(message),
  );
}

async function judgeRenewal(
  stage: KillStage,
  kills: Kills,
  where: string,
  isOver: () => Promise<boolean>,
  applications: string,
): Promise<void> {
  await stage.until(`the renewal is over, killed ${where}`, async () => (await isOver()) || undefined, limitMs);
  const { requests } = stage.ucl;
  const signed = requests.count({ operation: 'signCertificateSigningRequest', status: 200 });
  if (signed > 2) kills.lost.push(`${where}: ${signed} certificates`);
  if (requests.count({ endpoint: 'connector-token' }) > 0) kills.lost.push(`${where}: a one-time token`);
  const pair = (await stage.kube.secret('cluster-client-certificates'))?.data;
  const isPair = new X509Certificate(pair?.crt ?? '').checkPrivateKey(createPrivateKey(pair?.key ?? ''));
  if (!isPair) kills.lost.push(`${where}: certificate and key are no pair`);
  if ((await describeApplications(stage)) !== applications) kills.lost.push(`${where}: an Application was touched`);
}

async function describeApplications({ kube }: KillStage): Promise<string> {
  const applications = await kube.applications();
  return applications
    .map(({ metadata: { name, uid, resourceVersion } }) => [name, uid, resourceVersion].join(' '))
    .sort()
    .join('\n');
}

/** Waits until the cluster is what UCL has, and Ready. */
async function follows(stage: KillStage): Promise<void> {
  let differences: string[] = [];
  const isSame = async () => {
    differences = await stage.differences();
    return differences.length === 0 || undefined;
  };
  await stage.until('the cluster is as UCL has it', isSame, limitMs).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${differences.join('\n')}`);
  });
}

/** There are three renewals an hour at most, over a restart too: what is written down of them goes while nobody runs. */
export async function forgetRenewals(kube: ClusterClient): Promise<void> {
  await kube.patch(`${secretPath('kyma-system')}/ucl-agent-pairing`, { data: { renewals: null } });
}
