import type { CliEdge } from '../../../agent/cli/cli-edge.ts';

const unused = () => Promise.reject(new Error('The command line must not do anything here.'));

/** A process around the command line that does nothing: for its help, or with what a test puts in its place. */
export const idleCliEdge: CliEdge = {
  name: 'ucl-agent',
  version: '1.2.3',
  stdout: () => undefined,
  stderr: () => undefined,
  paint: (_, text) => text,
  isTerminal: false,
  clock: () => new Date(0),
  delay: unused,
  env: {},
  uniqueText: () => 'abc',
  signal: new AbortController().signal,
  tellDefect: unused,
  probe: unused,
  runAgent: unused,
  openCluster: unused,
  openAgentSide: unused,
};
