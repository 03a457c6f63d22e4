import { expect, test } from 'vitest';
import { Headers as OwnHeaders } from '../../../agent/compass/headers.ts';

const tell = (headers: Headers | OwnHeaders, name: string) => [headers.has(name), headers.get(name), [...headers]];

test.each([
  [{ 'Content-Type': 'application/json' }, 'content-type'],
  [{ 'Connector-Token': ' \r\ntoken\t\n' }, 'connector-TOKEN'],
  [{ 'x-empty': '' }, 'x-empty'],
  [{ 'x-other': 'a' }, 'x-missing'],
])('headers of %j tell the same as those of Node', (from, name) => {
  expect(tell(new OwnHeaders(from), name)).toEqual(tell(new Headers(from), name));
  expect(tell(new OwnHeaders(new Headers(from)), name)).toEqual(tell(new Headers(from), name));
});

test('a value that is set again takes the place of the first', () => {
  const headers = new OwnHeaders({ accept: 'a' });
  headers.set('Accept', 'b');
  expect([...headers]).toEqual([['accept', 'b']]);
});

test.each([{ 'no name': 'a' }, { 'x-line': 'a\nb' }, { 'x-letter': 'μ' }])('%j is refused', (from) => {
  expect(() => new Headers(from)).toThrow(TypeError);
  expect(() => new OwnHeaders(from)).toThrow(TypeError);
});
