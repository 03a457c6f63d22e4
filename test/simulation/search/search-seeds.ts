import { Worker } from 'node:worker_threads';
import type { Finding, SeedOutcome } from './try-seed.ts';

export interface SearchOptions {
  readonly from: number;
  readonly seeds: number;
  readonly workers: number;
  /** It ends when so many violations are found that nobody knows. */
  readonly maxFindings: number;
  /** How many agents share UCL and the cluster. */
  readonly agents: number;
}

export interface SearchResult {
  readonly tried: number;
  readonly steps: number;
  readonly events: number;
  readonly virtualMs: number;
  readonly findings: readonly Finding[];
  /** Seeds whose violation is known, by its issue and line. */
  readonly known: ReadonlyMap<string, readonly number[]>;
}

/** A part of the seeds, for one worker. */
export interface Part {
  readonly seed: number;
  readonly end: number;
  readonly stride: number;
  readonly agents: number;
}

/** A history leaves next to nothing behind: the more fits, the less has to be copied. */
const resourceLimits = { maxYoungGenerationSizeMb: 192 };

/** Tries seeds on several workers. */
export async function searchSeeds(options: SearchOptions): Promise<SearchResult> {
  const { from, seeds, workers, maxFindings, agents } = options;
  const total = { tried: 0, steps: 0, events: 0, virtualMs: 0 };
  const findings: Finding[] = [];
  const known = new Map<string, number[]>();
  const parts = Array.from({ length: workers }, (_, index) => ({
    seed: from + index,
    end: from + seeds,
    stride: workers,
    agents,
  }));
  const program = new URL('search-worker.ts', import.meta.url);
  const running = parts.map((part) => new Worker(program, { workerData: part, resourceLimits }));
  const take = (outcome: SeedOutcome) => {
    total.tried += 1;
    total.steps += outcome.steps;
    total.events += outcome.events;
    total.virtualMs += outcome.virtualMs;
    if (outcome.known !== undefined) known.set(outcome.known, [...(known.get(outcome.known) ?? []), outcome.seed]);
    if (outcome.finding !== undefined) findings.push(outcome.finding);
    if (findings.length >= maxFindings) for (const worker of running) void worker.terminate();
  };
  await Promise.all(
    running.map(
      (worker) =>
        new Promise<void>((resolve, reject) => {
          worker.on('message', take);
          worker.on('error', reject);
          worker.on('exit', () => resolve());
        }),
    ),
  );
  return { ...total, findings, known };
}
