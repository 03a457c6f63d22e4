import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { createLogStream } from '../../../agent/log/create-log-stream.ts';
import { createLogger } from '../../../agent/log/create-logger.ts';

/** An output whose writes end as the test says. */
function createOutput() {
  const written: string[] = [];
  const waiting: (() => void)[] = [];
  const state: { error: Error | undefined; stuck: boolean } = { error: undefined, stuck: false };
  const stream = new Writable({
    decodeStrings: false,
    // A stream that has failed once is failed for ever; stdout of Node is not.
    autoDestroy: false,
    write(chunk: string, _encoding, done) {
      const end = () => {
        written.push(chunk);
        done();
      };
      if (state.stuck) waiting.push(end);
      else end();
    },
  });
  const output = Object.assign(Object.create(stream), {
    write(text: string, callback: (error: Error | null | undefined) => void = () => undefined) {
      if (state.error === undefined) return stream.write(text, 'utf8', callback);
      queueMicrotask(() => callback(state.error));
      return false;
    },
  });
  const release = () => {
    state.stuck = false;
    for (const end of waiting.splice(0)) end();
  };
  return { written, state, output, release };
}

const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('a line goes to stdout, and to stderr while stdout takes none; both turns are told once', async () => {
  const [out, err] = [createOutput(), createOutput()];
  const log = createLogStream(out.output, err.output);
  log.write('one\n');
  await settle();
  out.state.error = full;
  for (const line of ['two\n', 'three\n']) log.write(line);
  await settle();
  out.state.error = undefined;
  for (const line of ['four\n', 'five\n']) log.write(line);
  await settle();
  expect(out.written).toEqual(['one\n', 'four\n', 'five\n']);
  expect(err.written).toEqual([
    'The log cannot be written to stdout (ENOSPC): it goes to stderr until it can.\n',
    'two\n',
    'three\n',
    'The log is written to stdout again.\n',
  ]);
});

test('nothing piles up before a reader that has stopped reading: lines are dropped, counted and told', async () => {
  const [out, err] = [createOutput(), createOutput()];
  out.state.stuck = true;
  const log = createLogStream(out.output, err.output);
  const line = `${'x'.repeat(99_999)}\n`;
  for (let count = 0; count < 100; count += 1) log.write(line);
  await settle();
  expect(out.output.writableLength).toBeLessThan(1_200_000);
  expect(err.written).toEqual(['Nobody reads the log on stdout: its lines are dropped until somebody does.\n']);
  out.release();
  await settle();
  const dropped = 100 - out.written.length;
  expect(dropped).toBeGreaterThan(80);
  expect(err.written[1]).toBe(`The log is written to stdout again; ${dropped} lines were dropped.\n`);
  log.write('next\n');
  await settle();
  expect(out.written.at(-1)).toBe('next\n');
  expect(err.written).toHaveLength(2);
});

test('stderr that nobody reads is left alone as well', async () => {
  const [out, err] = [createOutput(), createOutput()];
  err.state.stuck = true;
  out.state.error = full;
  const log = createLogStream(out.output, err.output);
  for (let count = 0; count < 100; count += 1) log.write(`${'x'.repeat(99_999)}\n`);
  await settle();
  expect(err.output.writableLength).toBeLessThan(1_200_000);
});

test('is a terminal where stdout is one, and a logger writes to it', async () => {
  const out = createOutput();
  expect(createLogStream(out.output, createOutput().output).isTTY).toBe(false);
  const stream = createLogStream(Object.assign(out.output, { isTTY: true }), createOutput().output);
  expect(stream.isTTY).toBe(true);
  createLogger({ level: 'info', format: 'json', stream, clock: () => new Date(0) }).info('hello');
  await settle();
  expect(out.written).toEqual(['{"time":"1970-01-01T00:00:00.000Z","level":"info","message":"hello"}\n']);
});
