import { createServer } from 'node:https';
import { parentPort, workerData } from 'node:worker_threads';

/** What the thread is given. */
export interface AnsweringThread {
  readonly tls: { readonly key: string; readonly cert: string };
  /** Where it counts the requests that have come whole. */
  readonly seen: Int32Array<SharedArrayBuffer>;
}

/**
 * A program for a thread: a TLS server that answers everything by empty data, also while the thread that asks is busy. It
 * posts its port.
 */
const { tls, seen }: AnsweringThread = workerData;
const server = createServer(tls, (request, response) => {
  request.resume().on('end', () => {
    Atomics.add(seen, 0, 1);
    Atomics.notify(seen, 0);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":{}}');
  });
});
server.listen(0, '127.0.0.1', () => parentPort?.postMessage(server.address()));
