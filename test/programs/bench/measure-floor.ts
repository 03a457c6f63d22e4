import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import path from 'node:path';
import { promisify } from 'node:util';
import { decideHeapFlags } from '../../../agent/cli/decide-heap-flags.ts';
import { createCertificateAuthority, loopback } from '../../data/builders/create-certificate-authority.ts';
import { listUsedExports, type UsedExports } from './list-used-exports.ts';
import { median } from './statistics.ts';

/** Anonymous memory of a process of Node that has loaded something, and does nothing more. */
export interface FloorFigure {
  readonly what: string;
  readonly anonymousMiB: number;
}

const run = promisify(execFile);
const root = path.join(import.meta.dirname, '../../..');
/** Below the project, so that its packages are found. */
const cacheFolder = path.join(root, 'node_modules/.cache');
/** Those with which the agent starts itself anew where nobody limits it. */
const flags =
  decideHeapFlags({ execArgv: [], nodeOptions: '', requestedMiB: undefined, memoryLimitBytes: undefined }) ?? [];
const env = {
  PATH: process.env.PATH ?? '',
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '32768',
  MALLOC_TRIM_THRESHOLD_: '65536',
};
const tries = 3;

/** Long enough for what a start leaves behind to be collected and given back. */
const tellMemory = `import { readFileSync } from 'node:fs';
setTimeout(() => {
  console.log(/^RssAnon:\\s+(\\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  process.exit();
}, 500);
`;

/**
 * What an agent cannot go below: Node alone, with each of its packages, with all of them, and after one answer over TLS
 * with a client certificate. Of a package only what the agent uses is bundled, as in the agent's own bundle.
 */
export async function measureFloor(): Promise<FloorFigure[]> {
  const used = await listUsedExports(path.join(root, 'agent'));
  const folder = await mkdtemp(path.join(cacheFolder, 'floor-'));
  const measure = async (what: string, packages: readonly UsedExports[], act = ''): Promise<FloorFigure> => {
    const anonymousMiB = await measureEntry(folder, [...packages.map(toImport), act, tellMemory].join('\n'));
    return { what, anonymousMiB };
  };
  try {
    const figures = [await measure('Node alone', [])];
    for (const one of used) figures.push(await measure(one.name, [one]));
    figures.push(await measure('all packages', used));
    return [...figures, await withMtlsServer((act) => measure('all packages, and one answer over mTLS', used, act))];
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measureEntry(folder: string, source: string): Promise<number> {
  const entry = path.join(folder, 'entry.ts');
  await writeFile(entry, source);
  await run(process.execPath, [path.join(root, 'build.ts'), folder, entry]);
  const measured: number[] = [];
  for (let count = 0; count < tries; count += 1) {
    const { stdout } = await run(process.execPath, [...flags, path.join(folder, 'ucl-agent.js')], { env });
    measured.push(Number(stdout) / 1024);
  }
  return median(measured);
}

function toImport({ specifiers }: UsedExports, index: number): string {
  return specifiers
    .map(({ specifier, exports }, part) => {
      const alias = `used${index}_${part}`;
      const kept = exports.map((name) => `${alias}.${name}`).join(', ');
      return `import * as ${alias} from '${specifier}';\nglobalThis.${alias} = [${kept}];`;
    })
    .join('\n');
}

/** A server that wants a client certificate, and what a client does to get one answer from it. */
async function withMtlsServer<T>(use: (act: string) => Promise<T>): Promise<T> {
  const authority = await createCertificateAuthority({ name: 'CN=Floor' });
  const server = await authority.issue(loopback);
  const client = await authority.issue({ subject: 'CN=client', use: 'client' });
  const listener = createServer({ ...server, ca: authority.cert, requestCert: true }, (_, answer) => answer.end('{}'));
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  const { port } = address;
  try {
    return await use(`import axios from 'axios';
import { Agent } from 'node:https';
const httpsAgent = new Agent({ ...${JSON.stringify(client)}, ca: ${JSON.stringify(authority.cert)}, keepAlive: true });
await axios.get('https://127.0.0.1:${port}/', { httpsAgent });`);
  } finally {
    listener.closeAllConnections();
    listener.close();
  }
}
