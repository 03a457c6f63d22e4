import { createSocket } from 'node:dgram';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** What is answered to who asks for the address of a name: 127.0.0.1, that there is none, that the server is out of order, or nothing. */
export type NameAnswer = 'answer' | 'unknown' | 'failure' | 'silence';

export interface NameServer {
  set(answer: NameAnswer): void;
  /** How many questions there were so far. */
  asked(): number;
  /** The command, changed so that it resolves names by this server alone. It has to be run as root, on Linux. */
  inItsNetwork(command: readonly string[]): string[];
  stop(): Promise<void>;
}

// The port is that of DNS, which /etc/resolv.conf cannot change; so the address is one that no other server has.
const address = '127.0.0.153';
const port = 53;
const headerBytes = 12;
const typeA = 1;
const codes = { answer: 0, unknown: 3, failure: 2, silence: 0 };

/** Starts a name server on loopback that has one address for all names. */
export async function startNameServer(): Promise<NameServer> {
  let answer: NameAnswer = 'answer';
  let count = 0;
  const socket = createSocket('udp4');
  socket.on('message', (question, from) => {
    count += 1;
    if (answer !== 'silence') socket.send(toReply(question, answer), from.port, from.address);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, address, resolve);
  });
  const folder = await mkdtemp(path.join(tmpdir(), 'name-server-'));
  const files = {
    'resolv.conf': `nameserver ${address}\noptions timeout:2 attempts:2\n`,
    'nsswitch.conf': 'hosts: dns\n',
    hosts: '',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
  const mounts = Object.keys(files).map((name) => `mount --bind ${path.join(folder, name)} /etc/${name}`);
  return {
    set: (next) => {
      answer = next;
    },
    asked: () => count,
    inItsNetwork: (command) => ['unshare', '--mount', 'sh', '-ec', `${mounts.join('; ')}; exec "$@"`, 'sh', ...command],
    async stop() {
      await new Promise<void>((resolve) => socket.close(() => resolve()));
      await rm(folder, { recursive: true });
    },
  };
}

/** RFC 1035, section 4: the header and the question come back, and with them the address where one was asked for. */
function toReply(message: Buffer, answer: NameAnswer): Buffer {
  const end = message.indexOf(0, headerBytes) + 5;
  const question = message.subarray(headerBytes, end);
  const hasAddress = answer === 'answer' && question.readUInt16BE(question.length - 4) === typeA;
  const header = Buffer.alloc(headerBytes);
  message.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8180 | codes[answer], 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(hasAddress ? 1 : 0, 6);
  // The name of the question, type A, class IN, to be kept for no time, four bytes.
  const record = Buffer.from([0xc0, headerBytes, 0, typeA, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1]);
  return Buffer.concat([header, question, ...(hasAddress ? [record] : [])]);
}
