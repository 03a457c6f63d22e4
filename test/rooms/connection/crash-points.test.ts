import { beforeAll, describe, expect, it } from 'vitest';
import type { AgentError, Reason } from '../../../agent/errors/agent-error.ts';
import { idOf } from '../../data/builders/landscape.ts';
import { unpaired } from '../../data/builders/pairing-states.ts';
import { type Cut, failFor, uncut } from '../../data/fakes/cut.ts';
import { type ConnectionStage, prepareStages } from './create-stage.ts';

/**
 * Every call of a port is cut once, before and after its effect; the agent sees a failure, or dies and starts again.
 * However it is cut, it must end connected, or in the named reason that says that a new token is needed.
 */
interface Scenario {
  readonly title: string;
  /** Everything up to the run that is cut. */
  readonly prepare: (stage: ConnectionStage) => Promise<void>;
  readonly isRenewalForced?: boolean;
  /** At these the token is lost with the answer, or with what could not be written down. */
  readonly costly: readonly string[];
  /** What is said then; its remedy is a new token. */
  readonly stuckFor?: Reason;
  /** The certificate works all the time. */
  readonly keepsWorking?: boolean;
}

const pairingLosses = [
  // The answer to the token, and the answer to the CSR.
  'fetchConfiguration after',
  'signCertificateSigningRequest after',
  // What could not be written down.
  'writePairing before',
];

const otherRuntimeId = idOf('other runtime');

const scenarios: readonly Scenario[] = [
  {
    title: 'a first pairing',
    prepare: async (stage) => void stage.configure(),
    costly: pairingLosses,
    stuckFor: 'TokenRefused',
  },
  {
    title: 'a pairing after the certificate was revoked',
    prepare: async (stage) => {
      await stage.beConnected();
      stage.ucl.revokeAll();
      await stage.runAndAsk();
      stage.configure();
    },
    costly: pairingLosses,
    stuckFor: 'CompassRefused',
  },
  {
    title: 'a pairing for another runtime',
    prepare: async (stage) => {
      await stage.beConnected();
      stage.configure({ runtimeId: otherRuntimeId });
    },
    costly: pairingLosses,
    stuckFor: 'RuntimeMismatch',
  },
  {
    title: 'a renewal that is due',
    prepare: async (stage) => void (await stage.beDue()),
    costly: [],
    keepsWorking: true,
  },
  {
    title: 'a renewal on request, with other addresses',
    prepare: async (stage) => {
      await stage.beConnected();
      stage.ucl.moveTo({ directorUrl: 'https://moved-director', securedConnectorUrl: 'https://moved-connector' });
    },
    isRenewalForced: true,
    costly: [],
    keepsWorking: true,
  },
  {
    title: 'a takeover',
    prepare: async (stage) => {
      await stage.beConnected();
      stage.credentials.writeBySomebodyElse(unpaired);
      stage.credentials.caCertificatePem = undefined;
      stage.restart();
    },
    costly: [],
    keepsWorking: true,
  },
  {
    title: 'the loss of the CompassConnection',
    prepare: async (stage) => {
      await stage.beConnected();
      stage.managementInfo = undefined;
    },
    costly: [],
    keepsWorking: true,
  },
];

type Ending = 'failing' | 'dying';

describe('cut at any point', () => {
  let createStage: () => ConnectionStage;

  beforeAll(async () => {
    createStage = await prepareStages();
  });

  it.each(scenarios)('$title ends connected, or says that a new token is needed', async (scenario) => {
    const points = await listPoints(scenario, createStage());
    expect(points.length).toBeGreaterThan(7);
    const lost = new Set<string>();
    for (const ending of ['failing', 'dying'] as const) {
      for (const [index, point] of points.entries()) {
        const where = `${point}, ${ending}`;
        const stage = createStage();
        await scenario.prepare(stage);
        await runCut(stage, scenario, index, ending);
        if (await settle(stage, scenario, where)) lost.add(where);
      }
    }
    const named = (where: string) => scenario.costly.some((costly) => where.startsWith(costly));
    expect([...lost].filter((where) => !named(where))).toEqual([]);
    expect(scenario.costly.filter((costly) => ![...lost].some((where) => where.startsWith(costly)))).toEqual([]);
  });
});

function listen(stage: ConnectionStage, cut: Cut): void {
  for (const port of [stage.ucl, stage.credentials, stage.configuration]) port.cut = cut;
}

/** Every point at which the run of a scenario can be cut. */
async function listPoints({ prepare, isRenewalForced = false }: Scenario, stage: ConnectionStage): Promise<string[]> {
  await prepare(stage);
  const points: string[] = [];
  listen(stage, (call, when) => void points.push(`${call} ${when}`));
  await stage.connect({ isRenewalForced });
  return points;
}

async function runCut(stage: ConnectionStage, scenario: Scenario, index: number, ending: Ending): Promise<void> {
  const { isRenewalForced = false, keepsWorking } = scenario;
  let count = 0;
  const dead = new Error('dead');
  listen(stage, (call) => {
    if (stage.abort.signal.aborted) throw dead;
    if (keepsWorking && stage.credentials.credential !== undefined) expect(isGood(stage), call).toBe(true);
    const isHere = count === index;
    count += 1;
    if (!isHere) return;
    if (ending === 'dying') stage.abort.abort(dead);
    throw ending === 'dying' ? dead : failFor('ClusterUnreachable');
  });
  const run = stage.run({ isRenewalForced });
  if (ending === 'failing') await run;
  else {
    // It may have ended with what it knew, which dies with it.
    expect(
      await run.then(
        () => dead,
        (error: unknown) => error,
      ),
    ).toBe(dead);
    stage.restart();
  }
  listen(stage, uncut);
}

function isGood({ credentials, ucl }: ConnectionStage): boolean {
  if (credentials.credential === undefined) return false;
  ucl.identify(credentials.credential, 'directorUrl', ucl.addresses.directorUrl);
  return true;
}

/** Runs until nothing changes any more. Gives whether a new token was needed. */
async function settle(stage: ConnectionStage, { stuckFor, keepsWorking }: Scenario, where: string): Promise<boolean> {
  const isStuck = (await runOn(stage)) !== undefined;
  if (isStuck) {
    expect((await runOn(stage))?.reason, where).toBe(stuckFor);
    const { content } = stage.configuration;
    stage.configure(content.kind === 'present' ? { runtimeId: content.configuration.runtimeId } : {});
    expect(await runOn(stage), where).toBeUndefined();
  }
  const facts = await stage.connect();
  expect(facts, where).toMatchObject({ maintenance: [], events: [] });
  const { identity, addresses, credential } = facts.link;
  expect(stage.credentials.credential, where).toEqual(credential);
  const { state } = stage.credentials.pairing;
  expect(state, where).toMatchObject({ at: 'paired', present: { identity } });
  // What a renewal that did not end has found out is kept: it rebuilds a lost CompassConnection as well.
  expect([addresses, stage.ucl.addresses], where).toContainEqual(state.present?.addresses);
  expect(stage.credentials.caCertificatePem, where).toBeDefined();
  expect(stage.connectors.open, where).toBe(0);
  // One use of each token of the attempt, and a try more and one for each delay with the one that was lost.
  expect(stage.ucl.presented.length, where).toBeLessThanOrEqual(isStuck ? 2 + 3 + 2 : 3);
  if (keepsWorking) expect(stage.ucl.presented, where).toEqual([]);
  return isStuck;
}

/** Runs on as the agent does, asking the Director each time. Gives what is wrong at the end of it. */
async function runOn(stage: ConnectionStage): Promise<AgentError | undefined> {
  for (let runs = 0; runs < 4; runs += 1) {
    await stage.runAndAsk();
    await stage.time.pass(10 * 60_000);
  }
  return stage.runAndAsk();
}
