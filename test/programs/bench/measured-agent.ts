import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { z } from 'zod';

/** What the kernel has counted for a process since it started. */
export interface Usage {
  /** User and system time. */
  readonly cpuMs: number;
  /** Largest resident size so far. */
  readonly peakRssMiB: number;
  /** What is resident now and stands in no file: what Kubernetes counts beside the shared pages of the program. */
  readonly anonymousMiB: number;
}

/** Reading UCL and writing to the cluster, in milliseconds, and how much of it was the read. */
export type SyncTimes = Readonly<Pick<z.infer<typeof syncLine>, 'durationMs' | 'readMs'>>;

/** The built agent as a process. */
export interface MeasuredAgent {
  /** `performance.now()` of the start. */
  readonly startedAt: number;
  usage(): Promise<Usage>;
  /** How long the first sync took by the agent's own account; undefined: it has not said so. */
  firstSync(): SyncTimes | undefined;
  /** Rejects when the process ends before it is told to. */
  readonly unexpectedEnd: Promise<never>;
  stop(): Promise<void>;
}

/** Linux counts in hundredths of a second for every architecture's user space. */
const tickMs = 10;
const lastLinesKept = 20;
const syncLine = z.object({ message: z.literal('Synchronised'), durationMs: z.number(), readMs: z.number() });

/** Starts `ucl-agent run` with this environment and no other variables but PATH. */
export function startMeasuredAgent(program: string, env: Readonly<Record<string, string>>): MeasuredAgent {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [program, 'run'], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} cannot be started.`);
  let firstSync: SyncTimes | undefined;
  let isStopping = false;
  const lastLines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      firstSync ??= readSyncTimes(line);
      if (lastLines.push(line) > lastLinesKept) lastLines.shift();
    });
  }
  const exited = once(child, 'exit');
  const unexpectedEnd = exited.then(() => {
    if (isStopping) return new Promise<never>(() => undefined);
    throw new Error(`The agent has ended by itself:\n${lastLines.join('\n')}`);
  });
  return {
    startedAt,
    usage: () => readUsage(pid),
    firstSync: () => firstSync,
    unexpectedEnd,
    async stop() {
      isStopping = true;
      child.kill('SIGTERM');
      await exited;
    },
  };
}

function readSyncTimes(line: string): SyncTimes | undefined {
  if (!line.includes('"Synchronised"')) return undefined;
  const parsed = syncLine.safeParse(JSON.parse(line));
  return parsed.success ? parsed.data : undefined;
}

async function readUsage(pid: number): Promise<Usage> {
  const [stat, status] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile(`/proc/${pid}/status`, 'utf8'),
  ]);
  // The second field, the program's name, may hold spaces and parentheses; utime and stime are the 14th and 15th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  const readMiB = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
  return { cpuMs: ticks * tickMs, peakRssMiB: readMiB('VmHWM'), anonymousMiB: readMiB('RssAnon') };
}
