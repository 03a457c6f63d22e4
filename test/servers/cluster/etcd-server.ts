import { cp, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { callEtcd } from './call-etcd.ts';
import type { ClusterProcess, ClusterProcesses } from './cluster-processes.ts';

const status = z.object({ header: z.object({ member_id: z.string() }) });

/** The store of a cluster, which tests end, start again and give other data. */
export class EtcdServer {
  readonly url: string;
  readonly #peerUrl: string;
  readonly #folder: string;
  readonly #program: string;
  readonly #processes: ClusterProcesses;
  #process: ClusterProcess;

  constructor(processes: ClusterProcesses, program: string, folder: string, ports: { client: number; peer: number }) {
    this.#processes = processes;
    this.#program = program;
    this.#folder = path.join(folder, 'etcd');
    this.url = `http://127.0.0.1:${ports.client}`;
    this.#peerUrl = `http://127.0.0.1:${ports.peer}`;
    this.#process = this.#run();
  }

  /** The one that runs at present, or ran last. */
  get process(): ClusterProcess {
    return this.#process;
  }

  /** Ends it without grace; what it has stored stays. */
  async kill(): Promise<void> {
    await this.#process.end(0);
  }

  /** Starts it on what is stored. It serves a moment later. */
  start(): void {
    this.#process = this.#run();
  }

  /** Copies what is stored into a folder; to be called while it does not run. */
  async backUp(folder: string): Promise<void> {
    await cp(this.#folder, folder, { recursive: true });
  }

  /** Puts an earlier copy in the place of what is stored, or nothing at all; to be called while it does not run. */
  async restore(folder?: string): Promise<void> {
    await rm(this.#folder, { recursive: true });
    if (folder !== undefined) await cp(folder, this.#folder, { recursive: true });
  }

  /** What it does when its disk is full: it refuses every write until somebody makes room and says so. */
  async setFull(isFull: boolean): Promise<void> {
    const { header } = status.parse(await callEtcd(this.url, '/v3/maintenance/status', {}));
    const action = isFull ? 'ACTIVATE' : 'DEACTIVATE';
    await callEtcd(this.url, '/v3/maintenance/alarm', { action, memberID: header.member_id, alarm: 'NOSPACE' });
  }

  #run(): ClusterProcess {
    return this.#processes.start('etcd', this.#program, [
      `--data-dir=${this.#folder}`,
      `--listen-client-urls=${this.url}`,
      `--advertise-client-urls=${this.url}`,
      `--listen-peer-urls=${this.#peerUrl}`,
      `--initial-advertise-peer-urls=${this.#peerUrl}`,
      `--initial-cluster=default=${this.#peerUrl}`,
      '--unsafe-no-fsync',
      '--log-level=warn',
    ]);
  }
}
