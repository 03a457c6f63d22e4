import { createServer, type Server } from 'node:net';
import { expect } from 'vitest';
import type { Config } from '../../../agent/config/config.ts';
import { parseConfig } from '../../../agent/config/parse-config.ts';
import type { Setting } from '../../../agent/config/setting.ts';
import type { AgentProcess } from '../../programs/agent/start-agent-process.ts';
import type { StoredConnection } from '../../servers/cluster/create-cluster-client.ts';
import type { Stage } from '../e2e/start-stage.ts';

/** For a test that starts an agent: starts are slow where two cores do much else, and an agent that ends is noticed at once. */
export const patience = { timeout: 150_000 };
const limitMs = 120_000;

export type Environment = Readonly<Record<string, string>>;

export interface Started {
  readonly agent: AgentProcess;
  readonly config: Config;
  /** As it is when the first system is in the cluster. */
  readonly connection: StoredConnection;
}

/** How the agent is started, with the environment that a person, a manifest or an env file gives to it. */
export interface Start {
  readonly env: Environment;
  /** By default `node ucl-agent.js run`. */
  readonly command?: readonly string[];
  /** Variables that reach the process in another way than by its environment: those of an env file. */
  readonly envFile?: Environment;
  /** The one variable that is tried; it is never replaced. */
  readonly tried?: string;
  /** By default that of an agent with all its rights. */
  readonly kubeconfigFile?: string;
}

/**
 * All that is added to an environment, since the world of a test differs from a cluster in just this:
 * there is no Pod with a ServiceAccount; UCL's certificate is of a throwaway authority, which is given only to an agent
 * that looks at certificates; and agents run side by side on one host, so that each takes a free health port.
 */
export function toAdditions(stage: Stage, { env, envFile, tried, kubeconfigFile }: Start): Environment {
  const config = accept({ ...envFile, ...env });
  return {
    KUBECONFIG: kubeconfigFile ?? stage.proxy.kubeconfigFile,
    ...(config.skipCompassTlsVerify ? {} : { NODE_EXTRA_CA_CERTS: stage.ucl.caFile }),
    ...(tried === 'APP_HEALTH_PORT' ? {} : { APP_HEALTH_PORT: '0' }),
  };
}

/**
 * Registers a runtime with one system, makes the namespaces and the configuration Secret that the environment names,
 * starts the agent and waits until the CompassConnection says `Synchronized` and the system is there.
 */
export async function startShipped(stage: Stage, start: Start): Promise<Started> {
  const config = accept({ ...start.envFile, ...start.env });
  const runtimeId = stage.addRuntime();
  stage.addSystems(['Shop']);
  const secrets = [config.clusterCertificatesSecret, config.caCertificatesSecret, config.pairingSecret];
  const named = [config.agentConfigurationSecret, ...secrets].map(({ namespace }) => namespace);
  for (const namespace of new Set([...named, config.integrationNamespace])) await stage.kube.ensureNamespace(namespace);
  await stage.configure(runtimeId, {}, config.agentConfigurationSecret);

  const command = start.command ?? [process.execPath, stage.program, 'run'];
  const agent = stage.run(command, { ...start.env, ...toAdditions(stage, start) });
  const isSynchronized = ({ connectionState }: { connectionState: string }) => connectionState === 'Synchronized';
  const connection = await waitFor(stage, agent, 'is Synchronized', isSynchronized);
  await stage.applications(['mp-shop']);
  for (const { namespace, name } of secrets) {
    expect(await stage.kube.secret(name, namespace), `${namespace}/${name}`).toBeDefined();
  }
  return { agent, config, connection };
}

/** Waits for a CompassConnection that is so, but no longer than the agent runs. */
export function waitFor(
  stage: Stage,
  agent: AgentProcess,
  what: string,
  isSo: (status: NonNullable<StoredConnection['status']>) => boolean,
): Promise<StoredConnection> {
  const probe = async () => {
    const found = await stage.kube.connection();
    if (found?.status !== undefined && isSo(found.status)) return found;
    if (agent.hasEnded()) throw new Error(`The agent has ended:\n${agent.output()}`);
    return undefined;
  };
  return stage.until(`the CompassConnection ${what}`, probe, limitMs);
}

/** Stops the agent, which then has written no error and ends with 0. */
export async function expectGoodEnd(agent: AgentProcess): Promise<void> {
  expect((await agent.stop()).code).toBe(0);
  expect(agent.lines().filter(({ level }) => level === 'error')).toEqual([]);
}

/** Starts the agent with this variable alone and sees that it counts. */
export async function tryVariable(stage: Stage, setting: Setting<unknown>, text: string): Promise<void> {
  const release = setting.name === 'APP_HEALTH_PORT' ? await claimPort(stage, Number(text)) : undefined;
  try {
    const { agent } = await startShipped(stage, { env: { [setting.name]: text }, tried: setting.name });
    expect(agent.output()).toContain(`"${setting.name} ${text}"`);
    await expectGoodEnd(agent);
  } finally {
    release?.close();
  }
}

/**
 * Waits until the port is free, and keeps other runs of these tests on the machine away from it: they would take it
 * between this look and the agent's start. A port beside it stands for the claim, which so ends with the process.
 */
function claimPort(stage: Stage, port: number): Promise<Server> {
  return stage.until(`port ${port} is free, which this test needs`, async () => {
    const claim = await tryListen(port + 10_000);
    if (claim === undefined) return undefined;
    const probe = await tryListen(port);
    if (probe === undefined) claim.close();
    else await new Promise((resolve) => probe.close(resolve));
    return probe && claim;
  });
}

function tryListen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, () => resolve(server));
  });
}

function accept(env: Environment): Config {
  const parsed = parseConfig(env);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}
