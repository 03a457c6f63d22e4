import { AgentError } from '../../../agent/errors/agent-error.ts';
import type { Claim, Lease, LeaseStore } from '../../../agent/leadership/ports.ts';

/** What becomes of one request: refused before it has its effect, or its answer lost after it. */
export type LeaseFault = AgentError | 'answer-lost' | undefined;

export type OnLeaseRequest = (signal: AbortSignal, kind: 'read' | 'write') => LeaseFault | Promise<LeaseFault>;

/** The one Lease of a cluster, with optimistic writes. */
export class InMemoryLease {
  stored: Lease | undefined;
  /** Of the last write; for people, so anything. */
  renewTime: Date | undefined;
  writes = 0;

  /** What one process sees of it. `onRequest` is asked before each, and may let it wait. */
  open(onRequest: OnLeaseRequest = () => undefined): LeaseStore {
    const ask = async <T>(signal: AbortSignal, act: () => T, kind: 'read' | 'write' = 'write'): Promise<T> => {
      const fault = await onRequest(signal, kind);
      signal.throwIfAborted();
      if (fault instanceof AgentError) throw fault;
      const answer = act();
      if (fault === 'answer-lost') throw unreachable;
      return answer;
    };
    return {
      read: (signal) => ask(signal, () => this.stored, 'read'),
      create: (claim, signal) =>
        ask(signal, () => {
          if (this.stored !== undefined) throw new AgentError('AlreadyExists', 'taken', { next: 'retry' });
          return this.write(claim);
        }),
      update: (before, claim, signal) =>
        ask(signal, () => {
          if (this.stored === undefined) throw new AgentError('NotFound', 'gone', { next: 'retry' });
          if (this.stored.metadata.resourceVersion !== before.metadata.resourceVersion) {
            throw new AgentError('Conflict', 'changed', { next: 'retry' });
          }
          return this.write(claim);
        }),
    };
  }

  write({ holder, durationMs, transitions, acquireTime, renewTime }: Claim): Lease {
    this.writes += 1;
    this.renewTime = renewTime;
    this.stored = {
      metadata: { name: 'ucl-agent', namespace: 'kyma-system', resourceVersion: String(this.writes) },
      holder,
      durationMs,
      transitions,
      acquireTime: acquireTime instanceof Date ? acquireTime.toISOString() : acquireTime,
    };
    return this.stored;
  }
}

export const unreachable = new AgentError('ClusterUnreachable', 'down', { next: 'retry' });
export const barred = new AgentError('LeaderElectionOff', 'The agent may not get leases', { next: 'wait' });
