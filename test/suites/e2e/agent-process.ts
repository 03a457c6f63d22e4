import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';

/** One line of the agent's log, with whatever fields it has. */
const logLine = z.looseObject({ message: z.string(), level: z.string() });
export type LogLine = z.infer<typeof logLine>;

export interface AgentExit {
  /** null when a signal ended the process. */
  readonly code: number | null;
  readonly afterMs: number;
}

/** The agent as a process of its own, as it runs in production. */
export interface AgentProcess {
  /** Port of `/healthz` and `/readyz`, once the agent has said it; undefined before. */
  healthPort(): number | undefined;
  /** Everything that the process has written so far. */
  output(): string;
  lines(): LogLine[];
  hasEnded(): boolean;
  /** SIGTERM, and what came of it. */
  stop(): Promise<AgentExit>;
  /** SIGKILL: the process has no time for anything. */
  kill(): Promise<AgentExit>;
}

/** Starts `ucl-agent run` with this environment and no other variables but PATH. */
export function startAgentProcess(program: string, env: Readonly<Record<string, string>>): AgentProcess {
  const child = spawn(process.execPath, [program, 'run'], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => written.push(line));
  }
  const exited = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  const lines = () => written.flatMap(parseLine);
  return {
    healthPort: () => {
      const port: unknown = lines().find((line) => 'healthPort' in line)?.healthPort;
      return typeof port === 'number' ? port : undefined;
    },
    output: () => written.join('\n'),
    lines,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    stop: () => end(child, 'SIGTERM', exited),
    kill: () => end(child, 'SIGKILL', exited),
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals, exited: Promise<number | null>): Promise<AgentExit> {
  const since = performance.now();
  child.kill(signal);
  return { code: await exited, afterMs: performance.now() - since };
}

function parseLine(line: string): LogLine[] {
  try {
    const parsed = logLine.safeParse(JSON.parse(line));
    return parsed.success ? [parsed.data] : [];
  } catch {
    return [];
  }
}
