import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { generateHistory } from './history/generate-history.ts';
import { runHistory } from './history/run-history.ts';
import { searchSeeds } from './search/search-seeds.ts';
import { keepSteps } from './search/shrink.ts';
import { replayMutations, searchMutations } from './search/try-mutations.ts';

Error.stackTraceLimit = 0;

const help = `npm run test:simulation -- [options]
  --seeds <n>            how many histories to try (10000)
  --from <n>             the first seed (1)
  --workers <n>          how many at the same time (one for each core)
  --seed <n>[/<steps>]   one history, or only those of its steps, and all that happens in it
  --mutations [<name>]   looks for each mutation of the code, or that one; with --seeds and --from
  --agents <n>           how many agents share UCL and the cluster (1)
  --replay               tries each mutation with the seed that is recorded for it
`;

const { values, positionals } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '1' },
    workers: { type: 'string', default: String(availableParallelism()) },
    seed: { type: 'string' },
    'max-findings': { type: 'string', default: '5' },
    mutations: { type: 'boolean', default: false },
    agents: { type: 'string', default: '1' },
    replay: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const options = {
  from: Number(values.from),
  seeds: Number(values.seeds),
  workers: Number(values.workers),
  maxFindings: Number(values['max-findings']),
  agents: Number(values.agents),
};

if (values.help) process.stdout.write(help);
else if (values.seed !== undefined) await showHistory(values.seed);
else if (values.mutations) process.exitCode = (await searchMutations(options, positionals)) ? 0 : 1;
else if (values.replay) process.exitCode = (await replayMutations(options.workers)) ? 0 : 1;
else await search();

async function search(): Promise<void> {
  const startedAt = process.hrtime.bigint();
  const { tried, steps, events, virtualMs, findings, known } = await searchSeeds(options);
  const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
  const { from, agents } = options;
  process.stdout.write(
    `${tried} histories${agents === 1 ? '' : ` of ${agents} agents`} from seed ${from} in ${seconds.toFixed(0)} s: on average ${(steps / tried).toFixed(1)} steps, ${(events / tried).toFixed(0)} happenings and ${(virtualMs / tried / 3_600_000).toFixed(1)} hours; ${(events / seconds).toFixed(0)} happenings a second\n`,
  );
  for (const [line, seeds] of [...known].sort()) {
    process.stdout.write(`known: ${line}, ${seeds.length} times, first by seed ${Math.min(...seeds)}\n`);
  }
  for (const { invariant, message, command, steps: kept } of findings) {
    process.stdout.write(`\n${invariant}: ${message}\n${kept.map((step) => `  ${step}\n`).join('')}  ${command}\n`);
  }
  process.exitCode = findings.length > 0 ? 1 : 0;
}

async function showHistory(text: string): Promise<void> {
  const [seed, kept] = text.split('/');
  const history = generateHistory(Number(seed), options.agents);
  const chosen = kept === undefined ? history : keepSteps(history, kept.split('.').filter(Boolean).map(Number));
  process.stdout.write(`${JSON.stringify({ ...chosen.settings, steps: chosen.steps }, undefined, 1)}\n`);
  const { trace, violation } = await runHistory(chosen, { keepsTrace: true, agents: options.agents });
  for (const line of trace) process.stdout.write(`${line}\n`);
  process.stdout.write(
    `${violation === undefined ? 'As it should be' : `${violation.invariant}: ${violation.message}`}\n`,
  );
  process.exitCode = violation === undefined ? 0 : 1;
}
