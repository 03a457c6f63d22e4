import { Writable } from 'node:stream';

/** Where a process writes: stdout or stderr. */
export interface OutputStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  /** Characters that wait for their reader. */
  readonly writableLength: number;
}

export type LogStream = Writable & { readonly isTTY: boolean };

/** What may wait for a reader that is slow; about an hour of an agent's log. */
const maxWaitingLength = 2 ** 20;

/**
 * The stream of a log that nothing can end. A line that stdout does not take (a full disk, a reader that is gone) goes to
 * stderr; one for which there is no room any more, since the reader has stopped reading, is counted and dropped. Both are
 * told on stderr once, and when it is over. The caller listens for the errors of both streams.
 */
export function createLogStream(
  stdout: OutputStream,
  stderr: Pick<OutputStream, 'write' | 'writableLength'>,
): LogStream {
  let trouble: string | undefined;
  let dropped = 0;

  const tell = (text: string) => {
    if (stderr.writableLength < maxWaitingLength) stderr.write(text);
  };
  const begin = (kind: string, sentence: string) => {
    if (trouble !== kind) tell(`${sentence}\n`);
    trouble = kind;
  };
  const end = () => {
    if (trouble === undefined) return;
    const lost = dropped === 0 ? '' : `; ${dropped} lines were dropped`;
    tell(`The log is written to stdout again${lost}.\n`);
    trouble = undefined;
    dropped = 0;
  };

  const stream = new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      done();
      if (stdout.writableLength > maxWaitingLength) {
        dropped += 1;
        begin('full', 'Nobody reads the log on stdout: its lines are dropped until somebody does.');
        return;
      }
      stdout.write(line, (error) => {
        if (error === null || error === undefined) return end();
        const code = 'code' in error ? String(error.code) : error.name;
        begin(code, `The log cannot be written to stdout (${code}): it goes to stderr until it can.`);
        tell(line);
      });
    },
  });
  return Object.assign(stream, { isTTY: stdout.isTTY === true });
}
