import type { CliEdge, ClusterChoice } from './cli-edge.ts';

/** What a command is made with. */
export interface CommandContext {
  readonly edge: CliEdge;
  /** To be asked when the command runs: the options may stand behind its name. */
  readonly choose: () => ClusterChoice;
  /** Sets the exit code. */
  readonly finish: (exitCode: number) => void;
}
