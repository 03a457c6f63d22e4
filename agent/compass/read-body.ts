import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { TransportError } from './wire-failure.ts';

const firstBytes = 65_536;

/**
 * The bytes of a stream in one piece. Each chunk is copied as it comes: whatever waits for the end becomes old, and the
 * garbage collector frees old memory outside of its heap late. Throws TransportError `too-large` beyond `maxBytes`, and
 * what the stream fails with.
 */
export async function readBody(stream: Readable, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  let bytes = new Uint8Array(new ArrayBuffer(firstBytes));
  let length = 0;
  stream.on('data', (chunk: Uint8Array) => {
    const end = length + chunk.length;
    if (end > maxBytes) {
      stream.destroy(new TransportError({ kind: 'transport', cause: 'too-large', errno: undefined, sent: true }));
      return;
    }
    // It moves the bytes, and leaves nothing behind.
    if (end > bytes.length) bytes = new Uint8Array(bytes.buffer.transfer(Math.max(end, 2 * bytes.length)));
    bytes.set(chunk, length);
    length = end;
  });
  await finished(stream);
  return new Uint8Array(bytes.buffer.transfer(length));
}
