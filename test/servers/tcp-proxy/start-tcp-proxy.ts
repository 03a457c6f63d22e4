import { connect, createServer, type Server, type Socket } from 'node:net';
import { type FullBacklog, holdPort } from './hold-port.ts';

/**
 * What lies between a client and its server, below TLS. A way that is not open loses no byte: like TCP, which sends again
 * what was not acknowledged, it delivers later, when it is open once more.
 *
 * - `silent`: connections are taken, and then nothing comes through, neither way, and no end either.
 * - `deaf`: what the client sends arrives; what the server answers does not.
 * - `dropping`: as if all packets were dropped. A new connection is never established.
 * - `trickling`: the server's answers come byte by byte, ten in a second.
 * - `closed`: connections are refused, and those that were open are reset.
 */
export type Way = 'open' | 'silent' | 'deaf' | 'dropping' | 'trickling' | 'closed';

export interface TcpProxy {
  readonly port: number;
  set(way: Way): Promise<void>;
  /**
   * All connections that are open now are dead without a sign, as after a firewall that forgot them: the server has hung
   * up, and its client is told nothing and hears nothing any more. New ones work. Gives their number.
   */
  forget(): number;
  /** Resets all connections that are open now. */
  reset(): void;
  /** How many connections were open when the way was set last, or were made since then. */
  struck(): number;
  stop(): Promise<void>;
}

const trickleMs = 100;

/** Starts a proxy on a port of 127.0.0.1 in front of another port there. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  let way: Way = 'open';
  let struck = 0;
  let held: FullBacklog | undefined;
  const pairs = new Set<Pair>();
  const server = createServer({ pauseOnConnect: true }, (client) => {
    struck += 1;
    const pair = new Pair(client, targetPort, () => way);
    pairs.add(pair);
    client.once('close', () => pairs.delete(pair));
  });
  const reset = () => {
    for (const pair of pairs) pair.reset();
  };
  const port = await listen(server, 0);
  const hold = async (next: Way) => {
    await held?.release();
    held = undefined;
    const isListening = next !== 'dropping' && next !== 'closed';
    if (!isListening && server.listening) server.close();
    if (isListening && !server.listening) await listen(server, port);
    if (next === 'dropping') held = await holdPort(port);
  };
  return {
    port,
    struck: () => struck,
    async set(next) {
      way = next;
      struck = pairs.size;
      for (const pair of pairs) {
        if (next === 'closed') pair.reset();
        else pair.flow();
      }
      await hold(next);
    },
    forget() {
      for (const pair of pairs) pair.forget();
      return pairs.size;
    },
    reset,
    async stop() {
      await held?.release();
      reset();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** One connection of a client, and the one to the server that stands for it. */
class Pair {
  readonly #client: Socket;
  readonly #way: () => Way;
  readonly #targetPort: number;
  #target: Socket | undefined;
  /** What came from the server and is still to be told byte by byte. */
  #waiting = Buffer.alloc(0);
  readonly #timer: NodeJS.Timeout;

  constructor(client: Socket, targetPort: number, way: () => Way) {
    this.#client = client;
    this.#targetPort = targetPort;
    this.#way = way;
    this.#timer = setInterval(() => this.#trickle(), trickleMs);
    client.on('error', () => undefined);
    client.once('close', () => {
      clearInterval(this.#timer);
      this.#target?.destroy();
    });
    client.on('data', (bytes) => this.#target?.write(bytes));
    client.on('end', () => this.#target?.end());
    this.flow();
  }

  /** Lets both directions run or rest, as the way now is. */
  flow(): void {
    const way = this.#way();
    const [isOutOpen, isBackOpen] = [way !== 'silent' && way !== 'dropping', way === 'open' || way === 'trickling'];
    if (isOutOpen) this.#target ??= this.#reach();
    if (isOutOpen) this.#client.resume();
    else this.#client.pause();
    if (isBackOpen) this.#target?.resume();
    else this.#target?.pause();
    if (way === 'open') this.#deliver(this.#waiting.length);
  }

  forget(): void {
    const target = this.#target;
    this.#target = undefined;
    // What the client still sends goes nowhere; nothing of its own end tells it so.
    target?.removeAllListeners().on('error', () => undefined);
    target?.destroy();
    this.#client.removeAllListeners('end');
    this.#client
      .removeAllListeners('data')
      .on('data', () => undefined)
      .resume();
    this.flow = () => undefined;
  }

  reset(): void {
    this.#client.resetAndDestroy();
  }

  #reach(): Socket {
    const target = connect(this.#targetPort, '127.0.0.1');
    target.on('error', () => this.#client.destroy());
    target.on('data', (bytes) => {
      this.#waiting = Buffer.concat([this.#waiting, bytes]);
      if (this.#way() === 'open') this.#deliver(this.#waiting.length);
    });
    target.on('end', () => this.#client.end());
    target.once('close', () => this.#client.destroySoon());
    return target;
  }

  #trickle(): void {
    if (this.#way() === 'trickling') this.#deliver(1);
  }

  #deliver(count: number): void {
    if (count === 0 || this.#waiting.length === 0) return;
    this.#client.write(this.#waiting.subarray(0, count));
    this.#waiting = this.#waiting.subarray(count);
  }
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A listening socket has no port.');
  return address.port;
}
