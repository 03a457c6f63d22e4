import { toAgentError } from '../errors/agent-error.ts';
import type { Logger } from '../log/logger.ts';
import { PageSize } from './page-size.ts';
import { readSizeNote, toSizeNote } from './size-note.ts';

/** Port: a place for a text that outlives the agent. Both throw AgentError. */
export interface ReadMemory {
  /** undefined: nothing was kept. */
  recall(signal: AbortSignal): Promise<string | undefined>;
  keep(note: string | undefined, signal: AbortSignal): Promise<void>;
}

/** How much is asked for at once, whichever certificate it is asked with, in this life and the next. */
export class LandscapeSizes {
  readonly applications: PageSize;
  readonly nested: PageSize;
  readonly #memory: ReadMemory;
  readonly #log: Logger;
  #isRecalled = false;
  #kept: string | undefined;

  constructor(
    maximum: { readonly pageSize: number; readonly nestedPageSize: number },
    memory: ReadMemory,
    log: Logger,
  ) {
    this.applications = new PageSize(maximum.pageSize);
    this.nested = new PageSize(maximum.nestedPageSize);
    this.#memory = memory;
    this.#log = log;
  }

  /** Begins with what helped in the former life. To be called before each read; what cannot be recalled costs nothing. */
  async recall(signal: AbortSignal): Promise<void> {
    if (this.#isRecalled) return;
    await this.#outlive('Recalling the sizes of pages', signal, async () => {
      this.#kept = await this.#memory.recall(signal);
      const { pageSize, nestedPageSize } = readSizeNote(this.#kept);
      this.applications.recall(pageSize);
      this.nested.recall(nestedPageSize);
      this.#isRecalled = true;
    });
  }

  /** Stores a size at once when it changed: the next answer may be the one that ends the process. */
  async keep(signal: AbortSignal): Promise<void> {
    const { applications, nested } = this;
    const note = toSizeNote({
      ...(applications.remembered !== undefined && { pageSize: applications.remembered }),
      ...(nested.remembered !== undefined && { nestedPageSize: nested.remembered }),
    });
    if (note === this.#kept) return;
    await this.#outlive('Storing the sizes of pages', signal, async () => {
      await this.#memory.keep(note, signal);
      this.#kept = note;
    });
  }

  async #outlive(doing: string, signal: AbortSignal, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error: unknown) {
      signal.throwIfAborted();
      const { message, reason } = toAgentError(error, doing);
      this.#log.debug(`${doing} failed; it is tried again: ${message}`, { reason });
    }
  }
}
