import type { CompassConnection } from '../domain/connection.ts';
import { type RequestKind, requestKinds } from '../domain/request-kinds.ts';
import { readEcho, toStoredMemory } from '../domain/stored-memory.ts';
import { type AgentError, toAgentError } from '../errors/agent-error.ts';
import type { ConnectionStore } from '../reconcile/ports.ts';
import { toConnectionReport } from './connection-report.ts';

export type Answer =
  | { kind: 'requested' }
  /** The agent has handled the request; the connection as it is then. */
  | { kind: 'handled'; connection: CompassConnection }
  | { kind: 'timed out'; lastError: AgentError | undefined }
  | { kind: 'no connection' }
  | { kind: 'suspended'; resumeCommand: string };

export interface AskOptions {
  store: ConnectionStore;
  kind: RequestKind;
  /** Any text that was never used before. */
  token: string;
  /** How long to wait for the agent, in milliseconds; undefined: not at all. */
  waitMs: number | undefined;
  /** The beginning of a command for a person. */
  kubectl: string;
  clock: () => Date;
  delay: (durationMs: number, signal: AbortSignal) => Promise<void>;
  signal: AbortSignal;
}

const pollMs = 500;

/**
 * Asks the agent for something by annotation, and waits until the agent echoes the token. Throws AgentError
 * when the cluster cannot be read or written; while it waits, a failing read is tried again until the time is over.
 */
export async function askAgent(options: AskOptions): Promise<Answer> {
  const { store, kind, token, waitMs, kubectl, clock, delay, signal } = options;
  const present = await store.read(signal);
  if (present === undefined) return { kind: 'no connection' };
  const { suspended, resumeCommand = '' } = toConnectionReport(present, clock(), kubectl);
  if (suspended) return { kind: 'suspended', resumeCommand };

  await store.update({ annotations: { [requestKinds[kind].annotation]: token } }, signal);
  if (waitMs === undefined) return { kind: 'requested' };

  const deadline = clock().getTime() + waitMs;
  let lastError: AgentError | undefined;
  for (;;) {
    try {
      const connection = await store.read(signal);
      lastError = undefined;
      if (connection !== undefined && readEcho(toStoredMemory(connection), kind) === token) {
        return { kind: 'handled', connection };
      }
    } catch (error: unknown) {
      signal.throwIfAborted();
      lastError = toAgentError(error, 'Reading the CompassConnection');
    }
    if (clock().getTime() >= deadline) return { kind: 'timed out', lastError };
    await delay(pollMs, signal);
  }
}
