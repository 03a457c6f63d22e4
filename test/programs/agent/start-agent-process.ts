import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
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
  /** Writes a line to its stdin, for what a test has loaded into it; the agent itself reads nothing there. */
  tell(line: string): void;
  /** SIGSTOP: the process does nothing until it is let go on, and does not know that it did not. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** Nobody reads what the process writes from now on: its pipes are closed. */
  stopReading(): void;
  /** SIGTERM, and what came of it. */
  stop(): Promise<AgentExit>;
  /** SIGKILL: the process has no time for anything. */
  kill(): Promise<AgentExit>;
}

/** Starts `ucl-agent run` with this environment and no other variables but PATH. */
export function startAgentProcess(program: string, env: Readonly<Record<string, string>>): AgentProcess {
  return startProcess([process.execPath, program, 'run'], env);
}

/** Starts a command that ends in the agent, with this environment and no other variables but PATH. */
export function startProcess(command: readonly string[], env: Readonly<Record<string, string>>): AgentProcess {
  const [file = '', ...args] = command;
  // A command that looks for `node` finds this one.
  const searched = [path.dirname(process.execPath), process.env.PATH].join(path.delimiter);
  const child = spawn(file, args, { env: { PATH: searched, ...env }, stdio: 'pipe' });
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
    tell: (line) => child.stdin.write(`${line}\n`),
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    stopReading() {
      child.stdout.destroy();
      child.stderr.destroy();
    },
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
