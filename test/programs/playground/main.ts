import { isAgentError } from '../../../agent/errors/agent-error.ts';
import { explain } from '../../../agent/errors/explain.ts';
import { parseOptions } from './parse-options.ts';
import { PlaygroundError } from './playground-error.ts';
import type { Screen } from './run-playground.ts';

/** The process of `npm run playground`: arguments, signals, streams and the exit code. */

const parsed = parseOptions(process.argv.slice(2));
if ('exitCode' in parsed) process.exit(parsed.exitCode);
const { options } = parsed;

const stop = new AbortController();
// npm sends the terminal's signal a second time; ending is bounded in time, so further ones change nothing.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort());
for (const stream of [process.stdout, process.stderr]) {
  // The terminal, or the reader of a pipe, may have gone before the end.
  stream.on('error', () => stop.abort());
}

const isJson = options.output === 'json';
const screen: Screen = {
  line: (text) => (isJson ? process.stderr : process.stdout).write(`${text}\n`),
  result: (result) => {
    if (isJson) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  },
};

try {
  // Help and wrong options need none of the servers.
  const { runPlayground } = await import('./run-playground.ts');
  process.exitCode = await runPlayground(options, screen, stop.signal);
} catch (error: unknown) {
  if (!(error instanceof PlaygroundError) && !isAgentError(error)) throw error;
  process.stderr.write(`${isAgentError(error) ? explain(error) : error.message}\n`);
  process.exitCode = 2;
}
