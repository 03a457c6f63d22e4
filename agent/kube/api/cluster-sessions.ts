import type { Agent } from 'node:http';
import type { Instant, Time } from '../../time/time.ts';
import { type LoadedKubeConfig, loadKubeConfig } from './load-kube-config.ts';
import { type ClusterAccess, takeAccess } from './take-access.ts';

/** An access, and the connections that are opened with it. */
export interface Session {
  readonly access: ClusterAccess;
  readonly agent: Agent;
  /** Streams end their connection with them, so that a silent one is never used again. */
  readonly streamAgent: Agent;
}

/** How long one reading is used: files and credentials change while the agent runs. */
const sessionMs = 10_000;

/**
 * The present way to the API server. Each reading of the kubeconfig is taken whole; a file that is being written keeps the
 * one before. Plugins run when their credentials expire or are refused, and not with every reading.
 */
export class ClusterSessions {
  readonly #file: string | undefined;
  readonly #time: Time;
  #loaded: LoadedKubeConfig;
  #session: Session | undefined;
  #expiresAt: Instant = 0;
  #refreshing: Promise<Session> | undefined;
  #pluginMayRunAt: Instant = 0;

  /** Throws AgentError `ConfigurationInvalid` where no API server is named. */
  constructor(file: string | undefined, time: Time, context?: string) {
    this.#file = file;
    this.#time = time;
    this.#loaded = loadKubeConfig(file, context, context !== undefined);
  }

  get server(): string {
    return this.#loaded.server.origin;
  }

  get isServiceAccount(): boolean {
    return this.#loaded.isServiceAccount;
  }

  get proxy(): string | undefined {
    return this.#loaded.proxy?.address;
  }

  /** The present one, where nothing has to be read for it. */
  fresh(): Session | undefined {
    return this.#time.instant() < this.#expiresAt ? this.#session : undefined;
  }

  /** Throws KubeError `no-credentials`. */
  async current(): Promise<Session> {
    return this.fresh() ?? this.#refresh(() => this.#reload());
  }

  /** Something else than `refused`, if there is anything else by now. */
  async afterRefusal(refused: Session): Promise<Session | undefined> {
    if (this.#session === refused || this.#session === undefined) await this.#refresh(() => this.#renew());
    const session = await this.current();
    return isSameAccess(session.access, refused.access) ? undefined : session;
  }

  /** The connection failed: whatever led there is read anew before the next one. */
  doubt(): void {
    this.#expiresAt = 0;
  }

  closeIdle(): void {
    if (this.#session !== undefined) closeIdle(this.#session.agent);
  }

  close(): void {
    this.#session?.agent.destroy();
    this.#session?.streamAgent.destroy();
  }

  /** One at a time, whoever asks. */
  #refresh(load: () => void): Promise<Session> {
    this.#refreshing ??= this.#take(load).finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #take(load: () => void): Promise<Session> {
    load();
    const access = await takeAccess(this.#loaded);
    this.#expiresAt = this.#time.instant() + sessionMs;
    const previous = this.#session;
    if (previous?.access.connectionKey === access.connectionKey) {
      this.#session = isSameAccess(previous.access, access) ? previous : { ...previous, access };
    } else {
      if (previous !== undefined) retire(previous.agent);
      this.#session = { access, agent: access.openAgent(true), streamAgent: access.openAgent(false) };
    }
    return this.#session;
  }

  /** The same text keeps what client-node remembers of it: the credentials of plugins above all. */
  #reload(): void {
    const read = this.#read();
    if (read !== undefined && read.text !== this.#loaded.text) this.#loaded = read;
  }

  /** Forgets what client-node remembers. A plugin that is asked in vain is not asked again at once. */
  #renew(): void {
    const read = this.#read();
    if (read === undefined) return;
    const now = this.#time.instant();
    const sparesPlugin = usesPlugin(read) && now < this.#pluginMayRunAt;
    if (sparesPlugin && read.text === this.#loaded.text) return;
    this.#pluginMayRunAt = now + sessionMs;
    this.#loaded = read;
  }

  #read(): LoadedKubeConfig | undefined {
    try {
      return loadKubeConfig(this.#file, this.#loaded.context);
    } catch {
      // Somebody is writing it.
      return undefined;
    }
  }
}

function usesPlugin({ user }: LoadedKubeConfig): boolean {
  return user.exec !== undefined && user.exec !== null;
}

function isSameAccess(one: ClusterAccess, other: ClusterAccess): boolean {
  return one.connectionKey === other.connectionKey && JSON.stringify(one.headers) === JSON.stringify(other.headers);
}

/** What runs on it may end; nothing new is kept. */
function retire(agent: Agent): void {
  agent.maxFreeSockets = 0;
  closeIdle(agent);
}

function closeIdle(agent: Agent): void {
  for (const sockets of Object.values(agent.freeSockets)) {
    for (const socket of sockets ?? []) socket.destroy();
  }
}
