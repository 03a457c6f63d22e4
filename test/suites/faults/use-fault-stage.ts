import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { createKubeHttp, type KubeHttp } from '../../servers/kube-api/kube-http.ts';
import { readKubeconfig, writeKubeconfig } from '../../servers/kube-api/kubeconfig.ts';
import { startTcpProxy, type TcpProxy, type Way } from '../../servers/tcp-proxy/start-tcp-proxy.ts';
import type { UclOptions } from '../../servers/ucl/start-ucl.ts';
import { type Stage, useStage } from '../e2e/start-stage.ts';
import { Trial, type Wrap } from './trial.ts';

/** Short waits, so that a fault is noticed soon, and a sync every three seconds, so that nobody has to ask for one. */
const settings = {
  APP_SYNC_SCHEDULE: '*/3 * * * * *',
  APP_COMPASS_REQUEST_TIMEOUT: '2s',
  APP_COMPASS_CALLS_PER_HOUR: '100000',
} as const;

/** What lies between the agent and the two servers: proxies below TLS. */
export interface Ways {
  readonly toToken: TcpProxy;
  readonly toMtls: TcpProxy;
  readonly toKube: TcpProxy;
  /** Leads to the API server through {@link toKube}. */
  readonly kubeconfigFile: string;
  /** By which the agent knows both servers. */
  readonly host: string;
  /** The administrator's own way, past every proxy. */
  readonly admin: KubeHttp;
}

/**
 * A stage of the end-to-end suite whose connections can fail below TLS. Call it once in a file, outside of any test.
 * @param host by which the agent knows both servers; of 127.0.0.1 alone or `localhost`.
 */
export function useFaultStage(uclOptions: UclOptions = {}, host = '127.0.0.1'): FaultStage {
  const stage = useStage({}, uclOptions);
  let ways: Ways | undefined;
  let folder = '';
  const faults = new FaultStage(stage, () => {
    if (ways === undefined) throw new Error('The stage is there within tests and their hooks alone.');
    return ways;
  });
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ucl-agent-faults-'));
    const { token, ca = '', url } = await readKubeconfig(stage.proxy.kubeconfigFile);
    const toKube = await startTcpProxy(portOf(url));
    const kubeconfigFile = path.join(folder, 'kubeconfig');
    await writeKubeconfig(kubeconfigFile, { url: through(toKube, url, host), ca }, { token: token ?? '' });
    ways = {
      toKube,
      ...{ kubeconfigFile, host },
      toToken: await startTcpProxy(portOf(stage.ucl.connectorUrl)),
      toMtls: await startTcpProxy(portOf(stage.ucl.directorUrl)),
      admin: await createKubeHttp(stage.cluster.kubeconfigFile),
    };
    const { managementPlane, directorUrl, securedConnectorUrl } = stage.ucl;
    managementPlane.directorURL = through(ways.toMtls, directorUrl, host);
    managementPlane.certificateSecuredConnectorURL = through(ways.toMtls, securedConnectorUrl, host);
  });
  // Before the stage is cleared, whatever a test that failed has left.
  afterEach(() => faults.open());
  afterAll(async () => {
    ways?.admin.close();
    await Promise.all([ways?.toKube.stop(), ways?.toToken.stop(), ways?.toMtls.stop()]);
    await rm(folder, { recursive: true, force: true });
  });
  return faults;
}

export class FaultStage {
  readonly stage: Stage;
  readonly #ways: () => Ways;
  #trial: Trial | undefined;

  constructor(stage: Stage, ways: () => Ways) {
    this.stage = stage;
    this.#ways = ways;
  }

  get ways(): Ways {
    return this.#ways();
  }

  /** An agent that is paired and has three systems in the cluster, and what there is to lose. */
  async begin(scenario: string, changes: Readonly<Record<string, string>> = {}, wrap?: Wrap): Promise<Trial> {
    const { stage } = this;
    const runtimeId = stage.addRuntime();
    stage.addSystems(['Alpha', 'Beta', 'Gamma']);
    await this.configure(runtimeId);
    const trial = this.trial(scenario, runtimeId, changes, wrap);
    await trial.begin();
    return trial;
  }

  /** A trial of which the test says itself when the agent starts. */
  trial(scenario: string, runtimeId: string, changes: Readonly<Record<string, string>>, wrap?: Wrap): Trial {
    const { stage, ways } = this;
    const start = (other?: Wrap) =>
      stage.startAgent({ ...settings, KUBECONFIG: ways.kubeconfigFile, ...changes }, [], other ?? wrap);
    const trial = new Trial(scenario, { stage, admin: ways.admin, runtimeId, start });
    this.#trial = trial;
    return trial;
  }

  /** Writes the configuration Secret with a fresh token and the way through the proxy. */
  async configure(runtimeId: string): Promise<void> {
    const { stage, ways } = this;
    await stage.configure(runtimeId, { CONNECTOR_URL: through(ways.toToken, stage.ucl.connectorUrl, ways.host) });
  }

  /** The two doors of UCL at once. */
  async setWayToUcl(way: Way): Promise<void> {
    await Promise.all([this.ways.toToken.set(way), this.ways.toMtls.set(way)]);
  }

  /** Ends every fault of the network and what looks at the agent. */
  async open(): Promise<void> {
    this.#trial?.unwatch();
    const { toKube } = this.ways;
    await Promise.all([this.setWayToUcl('open'), toKube.set('open')]);
  }
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

function through({ port }: TcpProxy, url: string, host: string): string {
  const changed = new URL(url);
  changed.hostname = host;
  changed.port = String(port);
  return changed.href.replace(/\/$/, '');
}
