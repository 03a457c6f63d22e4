import type { AgentSide } from './agent-side.ts';
import type { ClusterView } from './cluster-view.ts';
import type { Probe } from './probe-address.ts';

/** What the commands need of the process and of the other rooms. */
export interface CliEdge {
  /** How a person calls the program, for its help. */
  name: string;
  version: string;
  /** Results; texts end with a line break. */
  stdout: (text: string) => void;
  /** Problems and progress. */
  stderr: (text: string) => void;
  /** Colours a part of a result; leaves it as it is where stdout is no terminal, or nobody wants colours. */
  paint: Paint;
  /** Whether stdout is one. */
  isTerminal: boolean;
  clock: () => Date;
  delay: (durationMs: number, signal: AbortSignal) => Promise<void>;
  /** The environment, as far as npm tells in it what it did with the command line. */
  env: Readonly<Record<string, string | undefined>>;
  /** A text that never repeats. */
  uniqueText: () => string;
  /** Aborts when the person gives up. */
  signal: AbortSignal;
  /** Tells what nobody foresaw, without what a foreign message may carry. */
  tellDefect: (error: unknown) => Promise<void>;
  /** Whether an address of UCL can be reached from here. */
  probe: (url: URL) => Promise<Probe>;
  /** Runs the agent until it is told to stop; gives the exit code. */
  runAgent: (options: ClusterChoice) => Promise<number>;
  /** Its failures are told to the person who calls: what they lack, and not what the agent lacks. */
  openCluster: (options: ClusterChoice) => Promise<ClusterView>;
  /** What the agent sees, by the settings in this environment. */
  openAgentSide: (options: ClusterChoice) => Promise<AgentSide>;
}

/** Which cluster is meant, and as whom. */
export interface ClusterChoice {
  kubeconfigFile?: string;
  /** Otherwise the current one. */
  context?: string;
}

export type Tone = 'good' | 'bad' | 'warning' | 'heading';
export type Paint = (tone: Tone, text: string) => string;
