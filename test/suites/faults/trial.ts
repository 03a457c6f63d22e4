import { expect } from 'vitest';
import type { AgentProcess, LogLine } from '../../programs/agent/start-agent-process.ts';
import type { KubeHttp } from '../../servers/kube-api/kube-http.ts';
import { conditionOf, type Stage } from '../e2e/start-stage.ts';
import { findDifferences } from './find-differences.ts';
import { recordTrial } from './record-trial.ts';

/** Makes a command that starts the agent by another program. */
export type Wrap = (command: readonly string[]) => readonly string[];

/** What a trial works on. */
export interface TrialParts {
  readonly stage: Stage;
  /** Past every proxy. */
  readonly admin: KubeHttp;
  readonly runtimeId: string;
  readonly start: (wrap?: Wrap) => AgentProcess;
}

/** What a scenario allows, where it is more than nothing. */
export interface Allowance {
  /** Certificates that UCL may sign from the beginning of the fault on. */
  readonly signings?: number;
  /** Requests with a one-time token. */
  readonly tokenRequests?: number;
  /** The fault itself takes objects away, so that they come back with other uids. */
  readonly newObjects?: boolean;
}

/** How long an agent may take to be as before; the pause of a retry is five minutes at most. */
const recoveryLimitMs = 400_000;
/** Reads of UCL are tried with smaller pages first. */
const namedLimitMs = 400_000;
const probeMs = 1_000;

/**
 * One fault and what comes of it: `begin`, then the fault, `isNamed` while it lasts, and `recovers` once it is over, which
 * judges what was lost. Each thing that was lost fails the test.
 */
export class Trial {
  readonly #scenario: string;
  readonly #parts: TrialParts;
  readonly #lost: string[] = [];
  #agent: AgentProcess | undefined;
  #uids = new Map<string, string>();
  #prober: NodeJS.Timeout | undefined;
  #sinceLine = 0;

  constructor(scenario: string, parts: TrialParts) {
    this.#scenario = scenario;
    this.#parts = parts;
  }

  get stage(): Stage {
    return this.#parts.stage;
  }

  get runtimeId(): string {
    return this.#parts.runtimeId;
  }

  /** The one that runs now. */
  get agent(): AgentProcess {
    if (this.#agent === undefined) throw new Error('The trial has not begun.');
    return this.#agent;
  }

  async begin(): Promise<void> {
    this.start();
    await this.follows();
    const applications = await this.stage.kube.applications();
    this.#uids = new Map(applications.map(({ metadata }) => [metadata.name, metadata.uid]));
    this.stage.forgetRequests();
    this.#sinceLine = this.agent.lines().length;
    this.#prober = setInterval(() => void this.#probe(), probeMs);
  }

  /** Starts the agent once more, where the scenario ended it. */
  start(wrap?: Wrap): void {
    this.#agent = this.#parts.start(wrap);
    this.#sinceLine = 0;
  }

  /** The lines of the log since the fault, or since the last start. */
  lines(): LogLine[] {
    return this.agent.lines().slice(this.#sinceLine);
  }

  /** The status says what is wrong, while it is. */
  async isNamed(type: string, state: string): Promise<void> {
    await this.stage.until(
      `the condition ${type} is ${state}`,
      async () => {
        const found = await this.stage.kube.connection();
        return found !== undefined && conditionOf(found, type) === state;
      },
      namedLimitMs,
    );
  }

  /** Where the status cannot be written, the log says what is wrong. */
  async isLogged(reason: string): Promise<void> {
    await this.stage.until(
      `the log tells ${reason}`,
      () => this.lines().some((line) => JSON.stringify(line).includes(`"reason":"${reason}"`)),
      240_000,
    );
  }

  async isLoggedText(text: string): Promise<void> {
    await this.stage.until(
      `the log tells: ${text}`,
      () => this.lines().some((line) => JSON.stringify(line).includes(text)),
      240_000,
    );
  }

  /** Waits until the cluster is what UCL has, and Ready. */
  async follows(): Promise<void> {
    let differences: string[] = [];
    const isSame = async () => {
      // An API server that has just started may not answer everything yet.
      differences = await this.differences().catch((error: unknown) => [String(error)]);
      return differences.length === 0;
    };
    await this.stage.until('the cluster is as UCL has it', isSame, recoveryLimitMs).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${differences.join('\n')}`);
    });
  }

  /** Ends the fault, waits until all is well, and judges: what is lost stands in the table and fails the test. */
  async recovers(injected: string, heal: () => unknown, allowance: Allowance = {}): Promise<void> {
    await heal();
    const sinceMs = performance.now();
    await this.follows();
    const recoveredMs = performance.now() - sinceMs;
    this.unwatch();
    await this.#judge(allowance);
    recordTrial({ scenario: this.#scenario, injected, lost: this.#lost, recoveredMs });
    expect(this.#lost).toEqual([]);
  }

  /** Notes something that is lost. */
  lose(what: string): void {
    this.#lost.push(what);
  }

  /** Nobody looks at the agent any more. */
  unwatch(): void {
    clearInterval(this.#prober);
  }

  differences(): Promise<string[]> {
    return findDifferences(this.#parts.admin, this.stage.ucl.landscape, this.runtimeId);
  }

  async #judge({ signings = 0, tokenRequests = 0, newObjects = false }: Allowance): Promise<void> {
    const { stage } = this;
    if (this.agent.hasEnded()) this.lose('the process');
    const removals = stage.proxy.requests.all().filter(({ verb, resource }) => {
      return verb.startsWith('delete') && resource === 'applications';
    });
    for (const { name } of removals) this.lose(`the agent removed Application ${name}`);
    if (!newObjects) {
      const now = new Map((await stage.kube.applications()).map(({ metadata }) => [metadata.name, metadata.uid]));
      for (const [name, uid] of this.#uids) if (now.get(name) !== uid) this.lose(`Application ${name}, made anew`);
    }
    const signed = stage.ucl.requests.count({ operation: 'signCertificateSigningRequest' });
    if (signed > signings) this.lose(`${signed} certificates were asked for, ${signings} at most are needed`);
    const used = stage.ucl.requests.count({ endpoint: 'connector-token' });
    if (used > tokenRequests) this.lose(`${used} requests with a one-time token, ${tokenRequests} at most are needed`);
  }

  /** A fault elsewhere is no reason to start the agent again: its liveness stays good. */
  async #probe(): Promise<void> {
    const port = this.agent.healthPort();
    if (port === undefined || this.agent.hasEnded()) return;
    try {
      const { status } = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(5_000) });
      if (status !== 200) this.#loseOnce(`liveness: /healthz answered ${status}`);
    } catch {
      if (!this.agent.hasEnded()) this.#loseOnce('liveness: /healthz did not answer within 5 s');
    }
  }

  #loseOnce(what: string): void {
    if (!this.#lost.includes(what)) this.lose(what);
  }
}
