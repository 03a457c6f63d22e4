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
}

/** Kills the process: no port call of it returns any more. */
export function kill(life: Life): void {
  if (life.isDead) return;
  life.isDead = true;
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
