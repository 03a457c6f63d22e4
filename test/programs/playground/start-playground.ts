import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

export interface PlaygroundRun {
  /** Resolves when stdout holds the text. Rejects when the process ends before. */
  seen(text: string): Promise<void>;
  /** What stdout holds so far. */
  printed(): string;
  interrupt(): void;
  /** SIGKILL: no time for anything. */
  crash(): void;
  pid: number;
  /** Process id of the agent, as the playground told it. */
  agentPid(): number;
  /** Resolves when the process has ended. */
  ended: Promise<{ code: number | null; stdout: string; stderr: string; leftFiles: string[] }>;
}

/** Runs the command as a process of its own, with a folder of its own for temporary files. */
export function startPlayground(...args: string[]): PlaygroundRun {
  const folder = mkdtempSync(join(tmpdir(), 'playground-test-'));
  const programs = mkdtempSync(join(tmpdir(), 'playground-programs-'));
  // The playground prints commands of kubectl only where there is one.
  writeFileSync(join(programs, 'kubectl'), '#!/bin/sh\n', { mode: 0o755 });
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], {
    env: {
      ...{ ...process.env, PATH: [programs, process.env.PATH].join(delimiter), TMPDIR: folder },
      APP_PRUNE_POLICY: 'nonsense of the shell',
    },
  });
  let [stdout, stderr] = ['', ''];
  const watchers = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const watcher of watchers) watcher();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    seen: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (stdout.includes(text)) resolve();
        };
        watchers.add(look);
        look();
        void closed.then(() => reject(new Error(`Ended without "${text}":\n${stdout}${stderr}`)));
      }),
    printed: () => stdout,
    interrupt: () => child.kill('SIGINT'),
    crash: () => child.kill('SIGKILL'),
    pid: child.pid ?? 0,
    agentPid: () => Number(/process of its own \((\d+)\)/.exec(stdout)?.[1]),
    ended: closed.then(async (code) => {
      const leftFiles = (await readdir(folder)).filter((name) => !name.startsWith('node-compile-cache'));
      await rm(folder, { recursive: true });
      await rm(programs, { recursive: true });
      return { code, stdout, stderr, leftFiles };
    }),
  };
}
