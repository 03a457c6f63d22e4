import { type AgentOptions, type AgentProcess, startAgent } from './start-agent.ts';

/** What a restart gives the agent beside its own settings, until the next one. */
export type AgentChanges = Pick<AgentOptions, 'env' | 'nodeOptions'>;

/** The agent, which may be ended and started again without the playground ending by that. */
export interface RestartableAgent extends AgentProcess {
  /** Ends it, does something, and starts it again, also where that fails. */
  restart(between: () => Promise<void>, changes?: AgentChanges): Promise<void>;
}

export function startRestartableAgent(options: AgentOptions): RestartableAgent {
  let present = startAgent(options);
  const { promise: ended, resolve } = Promise.withResolvers<string>();
  const follow = (agent: AgentProcess) =>
    void agent.ended.then((how) => {
      if (agent === present && !isRestarting) resolve(how);
    });
  let isRestarting = false;
  follow(present);
  return {
    get pid() {
      return present.pid;
    },
    ended,
    readRssMiB: () => present.readRssMiB(),
    tell: (line) => present.tell(line),
    stop: () => present.stop(),
    async restart(between, changes = {}) {
      isRestarting = true;
      await present.stop();
      try {
        await between();
      } finally {
        present = startAgent({ ...options, ...changes });
        isRestarting = false;
        follow(present);
      }
    },
  };
}
