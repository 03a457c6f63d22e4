import type { CliEdge } from './cli-edge.ts';
import { exitCodes } from './exit-codes.ts';

/** Says that there is nothing to look at; gives the exit code. */
export function tellNoConnection(edge: Pick<CliEdge, 'stderr'>): number {
  edge.stderr(
    'There is no CompassConnection in this cluster: the agent has not run yet, or has found no configuration Secret. See its log.\n',
  );
  return exitCodes.notReady;
}
