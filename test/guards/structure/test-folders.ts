/** What a folder of `test/` may import besides its own files. npm packages and modules of Node are free. */
export interface Allowance {
  /** Rooms of `agent/` whose code it may run; `'own'`: the one that it is named after. */
  runs?: readonly string[];
  /** Rooms of `agent/` of which it may import types; `'any'`: all. */
  types?: readonly string[] | 'any';
  /** Folders of `test/`: `servers` is all of them, `servers/ucl` is one. */
  test?: readonly string[];
  /** Files outside `agent/` and `test/`, from the top of the repository. */
  files?: readonly string[];
}

export interface Exception extends Allowance {
  /** Such as `programs/playground`. */
  folder: string;
  because: string;
}

export interface TestFolders {
  /** By the folders right under `test/`: a new folder inside one of them needs no entry. */
  kinds: Readonly<Record<string, Allowance>>;
  exceptions: readonly Exception[];
}

const kinds: TestFolders['kinds'] = {
  // Unit tests, one folder for each room of agent/: its code, the vocabulary that it speaks, and ports to be faked.
  rooms: { runs: ['own', 'domain', 'errors'], types: 'any', test: ['data', 'servers'] },
  // What the agent talks to. Written without its code: one mistake made in both would show in no test.
  servers: { test: ['servers', 'data/builders'] },
  // The delivered program as a process. What it does inside is nothing to them.
  suites: { test: ['servers', 'suites', 'programs/agent', 'data/situations'] },
  programs: { test: ['servers', 'programs/agent', 'data/situations'] },
  guards: { test: ['data/situations'] },
  // Hostile input for whatever reads what comes from outside, and the patterns that stand in the sources.
  fuzz: {
    runs: ['cli', 'compass', 'config', 'connection', 'domain', 'errors', 'kube', 'log', 'status', 'sync'],
    test: ['data/builders'],
  },
  // The agent itself in a world of memory and virtual time: its rooms up to the ports, and nothing of the other tests.
  simulation: {
    runs: ['assemble-agent.ts', 'compass', 'config', 'leadership', 'pace'],
    types: 'any',
    test: ['simulation'],
  },
  // Builders of values, and fakes of ports, one file each. Builders run no code of agent/, so that servers may use them.
  data: { types: 'any', test: ['data'] },
};

const exceptions: TestFolders['exceptions'] = [
  {
    folder: 'guards/docs',
    test: ['simulation', 'guards/structure'],
    because: 'compares a page with the mutations that it lists, and another with the table of rooms',
  },
  {
    folder: 'rooms/kube',
    runs: ['config', 'connection', 'time'],
    because:
      'opens the cluster as the program does: with the default settings, on the clock of the machine; and reads what version 0.1.0 decides by the record of pairing',
  },
  {
    folder: 'rooms/cli',
    runs: ['kube', 'time'],
    because: 'asks an API server as a person does, with rights of their own and on the clock of the machine',
  },
  { folder: 'rooms/sync', runs: ['compass'], because: 'plans from answers that were recorded, read as they come' },
  {
    folder: 'rooms/connection',
    runs: ['compass'],
    because: 'pairs with the embedded UCL through the real client',
  },
  {
    folder: 'rooms/metrics',
    runs: ['reconcile'],
    test: ['rooms/reconcile'],
    because: 'counts what real runs come to, on the doers that the tests of runs script',
  },
  {
    folder: 'suites/conformance',
    test: ['rooms/kube'],
    because: 'plays on both servers whatever the agent asks of one, without UCL',
  },
  {
    folder: 'suites/shipped',
    runs: ['config'],
    because: 'takes every setting of the table in turn',
  },
  {
    folder: 'suites/node',
    test: ['programs/archive', 'programs/bench'],
    because: 'writes figures into the page as the benchmark does, and packs the command line that people install',
  },
  {
    folder: 'suites/soak',
    test: ['programs/bench', 'programs/plot'],
    because: 'draws what it measured, and writes it into its page as the benchmark does',
  },
  {
    folder: 'suites/faults',
    test: ['programs/bench', 'programs/playground'],
    because:
      'compares the cluster with UCL as the playground does, and writes results into the page as the benchmark does',
  },
  {
    folder: 'programs/playground',
    runs: ['cli', 'kube', 'errors', 'time'],
    because:
      'looks into a cluster of the user with the kubeconfig rules, the messages and the command line of the agent',
  },
  {
    folder: 'programs/bench',
    runs: ['cli'],
    test: ['data/builders'],
    because:
      'reads its command line with what npm left of it as the agent does, and certifies a server for the least that an agent needs',
  },
  {
    folder: 'programs/fleet',
    runs: ['compass', 'config', 'pace'],
    test: ['programs/bench', 'programs/plot', 'simulation/time'],
    because:
      'runs the pace of many agents in virtual time, draws them, and writes figures into the page as the benchmark does',
  },
  {
    folder: 'data/fakes',
    runs: ['connection', 'errors'],
    test: ['servers/ucl'],
    because: 'a port that refuses does so with an AgentError, and keys and certificates are real ones',
  },
  {
    folder: 'guards/faults',
    test: ['suites/faults'],
    because: 'compares the page with the list of faults, and finds their tests',
  },
  { folder: 'guards/reasons', runs: ['errors'], because: 'renders the page from the table of reasons' },
  {
    folder: 'guards/docs',
    runs: ['cli', 'domain'],
    test: ['data/fakes', 'servers/cluster', 'suites/node'],
    because:
      'reads the roles as the comparison of rights reads them, computes the worked examples of names, prints the help of the commands, and has the list of commands that are run in a pod',
  },
  {
    folder: 'guards/graphql',
    runs: ['domain'],
    files: ['codegen.ts'],
    because: 'generates once more what is committed, and compares what is selected with the kinds of credentials',
  },
  {
    folder: 'guards/dashboard',
    runs: ['domain'],
    because: 'compares the annotations on offer with those that are read',
  },
  { folder: 'guards/manifests', runs: ['domain'], because: 'compares the status that the code knows with the CRD' },
  {
    folder: 'guards/metrics',
    runs: ['metrics'],
    test: ['servers/prometheus', 'rooms/metrics', 'guards/docs'],
    because: 'compares page, alerts and panels with the metrics that the code has',
  },
  { folder: 'guards/reference', runs: ['domain'], because: 'renders the page with the names of annotations' },
  { folder: 'guards/settings', runs: ['config'], because: 'renders the pages from the table of settings' },
];

/** Who may import what in `test/`, as a table. What no import needs is taken out again: a test finds that too. */
export const testFolders: TestFolders = { kinds, exceptions };
