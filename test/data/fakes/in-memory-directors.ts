import type { Director, Directors } from '../../../agent/connection/ports.ts';
import type { UclAccess } from '../../../agent/connection/ucl-access.ts';
import type { Landscape } from '../../../agent/domain/landscape.ts';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import { cutting } from './cut.ts';
import type { InMemoryUcl } from './in-memory-ucl.ts';

/** The Director of a UCL in memory. */
export class InMemoryDirectors implements Directors {
  landscape: Landscape = { applications: [], gaps: [], runtimeLabels: {} };
  readonly labels = new Map<string, string>();
  /** What was proven, in order. */
  readonly proven: UclAccess[] = [];
  /** Whether a client is kept. */
  isOpen = false;
  readonly #ucl: InMemoryUcl;

  constructor(ucl: InMemoryUcl) {
    this.#ucl = ucl;
  }

  current(access: UclAccess): Director {
    this.isOpen = true;
    return {
      proveIdentity: (signal) => this.#ask('proveIdentity', access, signal, () => undefined),
      readLandscape: (signal) => this.#ask('readLandscape', access, signal, () => this.landscape),
      readIds: (signal) =>
        this.#ask('readIds', access, signal, () => new Set(this.landscape.applications.map(({ id }) => id))),
      readNames: (signal) =>
        this.#ask('readNames', access, signal, () => {
          return new Map(this.landscape.applications.map(({ id, name }) => [id, name]));
        }),
      setRuntimeLabel: (key, value, signal) =>
        this.#ask('setRuntimeLabel', access, signal, () => void this.labels.set(key, value)),
    };
  }

  prove(access: UclAccess, signal: AbortSignal): Promise<void> {
    return this.#ask('prove', access, signal, () => void this.proven.push(access));
  }

  close(): void {
    this.isOpen = false;
  }

  async #ask<T>(call: string, access: UclAccess, signal: AbortSignal, answer: () => T): Promise<T> {
    const { identity, addresses, credential } = access;
    const ucl = this.#ucl;
    signal.throwIfAborted();
    return cutting(ucl.cut, call, () => {
      const auth = ucl.identify(credential, 'directorUrl', addresses.directorUrl);
      if (ucl.runtimeOf(auth) !== identity.runtimeId) {
        throw new AgentError('RuntimeMismatch', 'UCL in memory: another runtime', { next: 'wait' });
      }
      return answer();
    });
  }
}
