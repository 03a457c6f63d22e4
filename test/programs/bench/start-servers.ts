import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import {
  type Counts,
  counts,
  lastPageAnswer,
  type Ready,
  ready,
  type ServerCommand,
  tokenAnswer,
} from './server-messages.ts';

/** UCL with a generated landscape, and a Kubernetes API with nothing in it; both in a process of their own. */
export interface Servers extends Ready {
  /** A fresh one-time token for the runtime. */
  issueToken(): Promise<string>;
  /** Forgets the requests so far. */
  forget(): Promise<void>;
  /** What the agent has asked since. */
  count(): Promise<Counts>;
  /** Gives the system of this number, from 0, another description in UCL. */
  describe(system: number, description: string): Promise<void>;
  /** When UCL began to send the last page of the landscape, in milliseconds since 1970. */
  lastPageAt(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts them; rejects when their process ends before they are ready, after it has said why on stderr. */
export async function startServers(kind: 'embedded' | 'real', systems: number, bundles: number): Promise<Servers> {
  const child = fork(
    path.join(import.meta.dirname, 'server-process.ts'),
    [kind, String(systems), String(bundles)],
    // stdout belongs to the result.
    { stdio: ['ignore', 2, 2, 'ipc'] },
  );
  const exited = once(child, 'exit');
  const next = (): Promise<unknown> =>
    Promise.race([
      once(child, 'message').then(([message]: unknown[]) => message),
      exited.then(() => {
        throw new Error('The process with the servers has ended.');
      }),
    ]);
  const ask = (command: ServerCommand): Promise<unknown> => {
    const answer = next();
    child.send(command);
    return answer;
  };
  return {
    ...ready.parse(await next()),
    issueToken: async () => tokenAnswer.parse(await ask('token')).token,
    forget: async () => void (await ask('forget')),
    count: async () => counts.parse(await ask('count')),
    describe: async (system, description) => void (await ask({ describe: system, description })),
    lastPageAt: async () => lastPageAnswer.parse(await ask('last-page')).sentAt,
    async stop() {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
