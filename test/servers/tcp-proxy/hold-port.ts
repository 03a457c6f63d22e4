import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A port behind which nobody answers. */
export interface FullBacklog {
  release(): Promise<void>;
}

const program = `
const server = require('node:net').createServer();
server.listen({ port: Number(process.argv[1]), host: '127.0.0.1', backlog: 1 }, () => console.log('listening'));
`;
const answerMs = 150;

/**
 * Listens on a port of 127.0.0.1 in a process that is then stopped, and fills the queue of what it would have to accept:
 * the kernel drops each further packet that asks for a connection, as a firewall does.
 */
export async function holdPort(port: number): Promise<FullBacklog> {
  const child = spawn(process.execPath, ['-e', program, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGSTOP');
  const fillers: Socket[] = [];
  while (await isAnswered(port, fillers));
  return {
    async release() {
      for (const filler of fillers) filler.destroy();
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

function isAnswered(port: number, fillers: Socket[]): Promise<boolean> {
  return new Promise((resolve) => {
    const filler = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
    fillers.push(filler);
    setTimeout(() => resolve(false), answerMs);
  });
}
