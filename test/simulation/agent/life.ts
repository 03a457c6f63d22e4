import { type Candidate, toCandidate } from '../../../agent/leadership/decide-claim.ts';
import type { Timeline } from '../time/timeline.ts';

/** One life of the agent's process: from its start to its death or its orderly end. */
export interface Life {
  readonly agent: string;
  readonly number: number;
  isDead: boolean;
  /** Port calls that it has made. */
  calls: number;
  /** It dies at that call: before the call has its effect, or right after. */
  dies: { readonly atCall: number; readonly when: 'before' | 'after' } | undefined;
  /** Called once, when it dies. */
  onDeath: () => void;
  /** What its port calls listen to: Node keeps a signal that was made of others, and all behind it, while somebody listens. */
  readonly listening: Set<() => void>;
  /** Where the process is stopped (SIGSTOP): what is to happen in it once it goes on. */
  held: (() => void)[] | undefined;
}

/** As which it stands for election. */
export function candidateOf({ agent, number }: Life): Candidate {
  return toCandidate(agent, agent, String(number));
}

/** Lets something happen in the process: at once, or when it goes on. Nothing happens in a dead one. */
export function inProcess(life: Life, act: () => void): void {
  if (life.isDead) return;
  if (life.held === undefined) act();
  else life.held.push(act);
}

/** Stops the process where it stands; the world goes on around it. */
export function freeze(life: Life): void {
  life.held ??= [];
}

/** Lets it go on. What came meanwhile happens in the order in which it came. */
export function thaw(life: Life, timeline: Timeline): void {
  const held = life.held ?? [];
  life.held = undefined;
  for (const act of held) timeline.after(0, () => inProcess(life, act));
}

/** Listens to `signal` until it aborts, until the life ends, or until the function that this gives is called. */
export function listen(life: Pick<Life, 'listening'>, signal: AbortSignal, onAbort: () => void): () => void {
  const stop = () => {
    signal.removeEventListener('abort', act);
    life.listening.delete(stop);
  };
  const act = () => {
    stop();
    onAbort();
  };
  signal.addEventListener('abort', act);
  life.listening.add(stop);
  return stop;
}

/** Nothing of it happens any more. */
export function end(life: Life): void {
  life.isDead = true;
  for (const stop of life.listening) stop();
}

/** Kills the process: no port call of it returns any more. */
export function kill(life: Life): void {
  if (life.isDead) return;
  end(life);
  life.onDeath();
}

/** Counts a port call. `nothing`: the process died before it had its effect. */
export function beginCall(life: Life): 'go' | 'dies-after' | 'nothing' {
  if (life.isDead) return 'nothing';
  life.calls += 1;
  if (life.dies === undefined || life.calls < life.dies.atCall) return 'go';
  if (life.dies.when === 'after') return 'dies-after';
  kill(life);
  return 'nothing';
}
