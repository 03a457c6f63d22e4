import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFetch } from '../../../agent/compass/create-fetch.ts';
import { readBody } from '../../../agent/compass/read-body.ts';

const limit = 2 ** 20;

describe('the body of an answer', () => {
  it('is in one piece what came in many', async () => {
    const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 70_000, size: 'max' }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(pieces, async (chunks) => {
        const body = await readBody(Readable.from(chunks, { objectMode: false }), limit);
        expect(Buffer.compare(body, Buffer.concat(chunks))).toBe(0);
        expect(body.buffer.byteLength).toBe(body.length);
      }),
      { numRuns: 30 },
    );
  });

  it('may be as large as the limit and no larger', async () => {
    const chunks = (last: number) => [Buffer.alloc(limit - 10), Buffer.alloc(last)];
    expect((await readBody(Readable.from(chunks(10)), limit)).length).toBe(limit);
    const source = Readable.from(chunks(11));
    await expect(readBody(source, limit)).rejects.toMatchObject({ failure: { cause: 'too-large' } });
    expect(source.destroyed).toBe(true);
  });

  it('fails as its stream fails', async () => {
    const cut = new Error('cut');
    const chunks = async function* () {
      yield Buffer.from('{"data"');
      throw cut;
    };
    await expect(readBody(Readable.from(chunks()), limit)).rejects.toBe(cut);
  });

  it('leaves no bytes behind once it is read as text', async () => {
    const body = new Uint8Array(Buffer.from('{"data":{}}'));
    const exchange = { send: async () => ({ status: 200, headers: {}, body }), close: () => undefined };
    const answer = await createFetch(exchange, limit, () => undefined)('https://compass.test');
    expect(await answer.text()).toBe('{"data":{}}');
    expect(body.buffer.detached).toBe(true);
  });

  it('keeps the memory that it shares with others', async () => {
    const shared = new Uint8Array(Buffer.from('{"data":{}} and more'));
    const body = shared.subarray(0, 11);
    const exchange = { send: async () => ({ status: 200, headers: {}, body }), close: () => undefined };
    expect(await (await createFetch(exchange, limit, () => undefined)('https://compass.test')).text()).toBe(
      '{"data":{}}',
    );
    expect(Buffer.from(shared).toString()).toBe('{"data":{}} and more');
  });
});
