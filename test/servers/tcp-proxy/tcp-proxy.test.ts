import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startTcpProxy, type TcpProxy } from './start-tcp-proxy.ts';

let server: Server;
let proxy: TcpProxy;
let received: string[];
const clients: Socket[] = [];

/** The server notes what it gets and answers it in capitals. */
beforeEach(async () => {
  received = [];
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      received.push(bytes.toString());
      socket.write(bytes.toString().toUpperCase());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy = await startTcpProxy(addressOf(server));
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy.stop();
  await new Promise((resolve) => server.close(resolve));
});

function open() {
  let text = '';
  let isEnded = false;
  const socket = connect(proxy.port, '127.0.0.1').on('error', () => undefined);
  const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  void gone.then(() => {
    isEnded = true;
  });
  socket.on('data', (bytes) => {
    text += bytes.toString();
  });
  clients.push(socket);
  const hears = async (wanted: string) => {
    while (text !== wanted) await once(socket, 'data');
  };
  return { socket, heard: () => text, hears, ended: () => isEnded, gone };
}

/** A round trip through the server past the proxy: by then, whatever could pass has passed. */
async function roundTrip(): Promise<void> {
  const other = await startTcpProxy(addressOf(server));
  const socket = connect(other.port, '127.0.0.1');
  socket.write('trip');
  await once(socket, 'data');
  socket.destroy();
  await other.stop();
  received = received.filter((text) => text !== 'trip');
}

function addressOf(listening: Server): number {
  const address = listening.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

it('passes bytes both ways while it is open', async () => {
  const { socket, hears } = open();
  socket.write('one');
  await hears('ONE');
});

it('lets nothing through while it is silent, and delivers it afterwards', async () => {
  const { socket, heard, hears, ended } = open();
  socket.write('one');
  await hears('ONE');
  await proxy.set('silent');
  socket.write('two');
  const fresh = open();
  await once(fresh.socket, 'connect');
  fresh.socket.write('three');
  await roundTrip();
  expect([received, heard(), ended(), fresh.ended()]).toEqual([['one'], 'ONE', false, false]);
  expect(proxy.struck()).toBe(2);
  await proxy.set('open');
  await Promise.all([hears('ONETWO'), fresh.hears('THREE')]);
});

it('delivers requests and keeps the answers while it is deaf', async () => {
  const { socket, heard, hears } = open();
  socket.write('one');
  await hears('ONE');
  await proxy.set('deaf');
  socket.write('two');
  while (received.length < 2) await roundTrip();
  expect(heard()).toBe('ONE');
  await proxy.set('open');
  await hears('ONETWO');
});

it('establishes no connection while it drops packets, and does afterwards', async () => {
  const { socket, hears, ended } = open();
  socket.write('one');
  await hears('ONE');
  await proxy.set('dropping');
  socket.write('two');
  const fresh = open();
  await roundTrip();
  expect([received, ended(), fresh.socket.connecting, fresh.ended()]).toEqual([['one'], false, true, false]);
  await proxy.set('open');
  await hears('ONETWO');
  const last = open();
  last.socket.write('three');
  await last.hears('THREE');
});

it('tells an answer byte by byte while it trickles', async () => {
  await proxy.set('trickling');
  const { socket, heard, hears } = open();
  socket.write('answer');
  await once(socket, 'data');
  expect(heard()).toBe('A');
  await proxy.set('open');
  await hears('ANSWER');
});

it('refuses and resets while it is closed', async () => {
  const { socket, hears, gone } = open();
  socket.write('one');
  await hears('ONE');
  await proxy.set('closed');
  await gone;
  const fresh = open();
  await fresh.gone;
  expect(received).toEqual(['one']);
  await proxy.set('open');
  const last = open();
  last.socket.write('two');
  await last.hears('TWO');
});

it('forgets connections without a sign to their client, while new ones work', async () => {
  const { socket, heard, hears, ended } = open();
  socket.write('one');
  await hears('ONE');
  expect(proxy.forget()).toBe(1);
  socket.write('two');
  const fresh = open();
  fresh.socket.write('three');
  await fresh.hears('THREE');
  expect([received, heard(), ended()]).toEqual([['one', 'three'], 'ONE', false]);
});
