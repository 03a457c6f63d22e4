import type { Term } from './leadership/campaign.ts';
import type { AskedOfUcl } from './pace/plan-extra-reads.ts';
import { beginLoop, type LoopParts, type LoopProgress, type LoopState, runLoop } from './pace/run-loop.ts';
import { type AgentMemory, emptyMemory } from './reconcile/memory.ts';
import type { Run, RunRequest } from './reconcile/run-once.ts';

export interface LeaderParts extends Omit<LoopParts<AgentMemory>, 'run' | 'toRuntimeId'> {
  readonly runOnce: (
    memory: AgentMemory,
    request: RunRequest,
    abandon: AbortSignal,
  ) => Promise<Run & { readonly asked: AskedOfUcl }>;
  readonly progress: LoopProgress;
  /** A run is over. */
  readonly onRunEnd: () => void;
  /** It does nothing any more. */
  readonly onEnd: () => void;
  /** Ends when everything is written that was to be written beside the runs, and not too late. */
  readonly flush: () => Promise<void>;
}

/** What an agent does while it leads. */
export interface Leader {
  lead(term: Term, stop: AbortSignal, abandon: AbortSignal): Promise<void>;
  /** As of the end of its last run. */
  known(): AgentMemory;
  /** Since when it has led without anybody in between; undefined: it does not lead. */
  leadingSince(): Date | undefined;
}

/** Runs the loop from term to term. */
export function createLeader({ runOnce, progress, onRunEnd, onEnd, flush, ...parts }: LeaderParts): Leader {
  let known = emptyMemory;
  let state: LoopState<AgentMemory> | undefined;
  let begunAt: Date | undefined;
  let isLeading = false;
  const loop: LoopParts<AgentMemory> = {
    ...parts,
    async run(memory, due, nextSync, abandon) {
      const ended = await runOnce(memory, { ...due, nextSync }, abandon);
      known = ended.memory;
      onRunEnd();
      return ended;
    },
    toRuntimeId: ({ runtimeId }) => runtimeId ?? '',
  };
  return {
    async lead({ lost, isContinued }, stop, abandon) {
      if (state === undefined || !isContinued) {
        // What others have done meanwhile stands in the cluster alone, and the first run recalls it.
        known = emptyMemory;
        state = beginLoop(parts.queue, known);
        begunAt = parts.time.now();
      } else {
        // The run that the loss cut off was to ask UCL, maybe, and turns of the schedule have passed.
        parts.queue.add('start');
      }
      isLeading = true;
      try {
        state = await runLoop(loop, state, progress, AbortSignal.any([stop, lost]), AbortSignal.any([abandon, lost]));
        if (stop.aborted) await flush();
      } finally {
        isLeading = false;
        onEnd();
      }
    },
    known: () => known,
    leadingSince: () => (isLeading ? begunAt : undefined),
  };
}
