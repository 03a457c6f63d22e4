import { isDeepStrictEqual } from 'node:util';
import { expect, test, vi } from 'vitest';
import { keepPacked, weighPacked } from '../../../agent/domain/keep-packed.ts';

const data = { id: 'one', metadata: { name: 'shop', labels: { app: 'shop' } }, spec: { services: [{ id: 'a' }] } };

test('what is packed reads, compares, copies and prints like the data themselves', () => {
  const kept = keepPacked(data, ['id']);
  expect(kept).not.toBe(data);
  expect(kept.metadata.labels.app).toBe('shop');
  expect(isDeepStrictEqual(kept, data)).toBe(true);
  expect({ ...kept, id: 'two' }).toStrictEqual({ ...data, id: 'two' });
  expect(JSON.stringify(kept)).toBe(JSON.stringify(data));
  const { id: _, ...rest } = kept;
  expect(rest).toStrictEqual({ metadata: data.metadata, spec: data.spec });
});

test('what is packed already stays the same object', () => {
  const kept = keepPacked(data);
  expect(keepPacked(kept)).toBe(kept);
});

test('two objects of the same fields keep to their own data', () => {
  const [one, two] = [keepPacked({ name: 'one' }), keepPacked({ name: 'two' })];
  expect([one.name, two.name]).toEqual(['one', 'two']);
});

test('plain fields are read without unpacking, and the others once until the reader waits', async () => {
  const parse = vi.spyOn(JSON, 'parse');
  const kept = keepPacked(data, ['id']);
  expect(kept.id).toBe('one');
  expect(parse).not.toHaveBeenCalled();
  expect(kept.metadata).toBe(kept.metadata);
  expect(kept.spec.services).toHaveLength(1);
  expect(parse).toHaveBeenCalledTimes(1);
  await Promise.resolve();
  expect(kept.metadata.name).toBe('shop');
  expect(parse).toHaveBeenCalledTimes(2);
});

test('of more than fits nothing but the last objects stays unpacked until the reader waits', async () => {
  const parse = vi.spyOn(JSON, 'parse');
  const large = Array.from({ length: 30 }, (_, index) => keepPacked({ index, text: 'x'.repeat(2 ** 19) }));
  const readAll = () => large.map(({ index }) => index);
  expect(readAll()).toEqual(large.map((_, index) => index));
  expect(parse).toHaveBeenCalledTimes(30);
  expect(readAll()).toEqual(large.map((_, index) => index));
  expect(parse).toHaveBeenCalledTimes(60);
  const last = large.at(-1);
  expect(last?.text).toBe(last?.text);
  expect(parse).toHaveBeenCalledTimes(60);
  await Promise.resolve();
  const few = large.slice(0, 10);
  parse.mockClear();
  for (const { index } of [...few, ...few]) expect(few[index]?.text.length).toBe(2 ** 19);
  expect(parse).toHaveBeenCalledTimes(10);
});

test('what is packed weighs its text, and what is not weighs nothing', () => {
  expect(weighPacked(keepPacked({ a: 1 }))).toBe('{"a":1}'.length * 2);
  expect(weighPacked({ a: 1 })).toBe(0);
});
