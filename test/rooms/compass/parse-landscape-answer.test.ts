import { describe, expect, it, test, vi } from 'vitest';
import { findList } from '../../../agent/compass/find-list.ts';
import { toSystemDigest } from '../../../agent/compass/known-systems.ts';
import { parseAnswer } from '../../../agent/compass/parse-answer.ts';
import { openLandscapePage, parseSystems } from '../../../agent/compass/parse-director.ts';
import { parseLandscapeAnswer, SystemText } from '../../../agent/compass/parse-landscape-answer.ts';
import { aSystem } from '../../data/builders/landscape.ts';

const systems = [
  { id: 'one', name: 'shop ","}]', bundles: { data: [{ id: 'b' }, { id: 'a', text: '\\"' }] } },
  { id: 'two', name: 'caf\u00e9', description: null },
];
const toAnswer = (data: unknown, more: object = {}) =>
  JSON.stringify(
    {
      ...more,
      data: {
        runtime: { labels: { a: '}' } },
        applicationsForRuntime: { totalCount: 2, data, pageInfo: { endCursor: '', hasNextPage: false } },
      },
    },
    undefined,
    1,
  );

/** The answer with its systems read. */
function readWhole(text: string): unknown {
  return JSON.parse(
    JSON.stringify(parseLandscapeAnswer(text), (_, value: unknown) => {
      if (!(value instanceof SystemText)) return value;
      const system = value.read();
      if (!system.ok) throw new SyntaxError(system.problem);
      return system.value;
    }),
  );
}

/** The systems of that answer, as they stand in the page before they are read. */
function openSystems(text: string): readonly unknown[] {
  const answer = parseLandscapeAnswer(text) as { data: unknown };
  const page = openLandscapePage(answer.data, true);
  if (!page.ok) throw new Error(page.problem);
  return page.value.systems;
}

describe('a page of the landscape', () => {
  it.each([
    toAnswer(systems),
    toAnswer([]),
    toAnswer([1, null]),
    toAnswer(null),
    toAnswer(systems, { errors: [{ message: 'a' }] }),
    '{"data":{"applicationsForRuntime":{"data":[{"id":"one"}],"data":[{"id":"two"}]}}}',
    '{"data":{"applicationsForRuntime":null}}',
    '[]',
    '"data"',
    '{"data":{"applicationsForRuntime":{"data":[{"id":"\\ud800"}]}}}',
  ])('reads as the same data when it is read system by system: %s', (text) => {
    expect(readWhole(text)).toEqual(parseAnswer(text));
  });

  it('is opened without reading its systems', () => {
    expect(openSystems(toAnswer(systems))).toEqual([expect.any(SystemText), expect.any(SystemText)]);
  });

  it('has a digest for each new system, and of a known one nothing but its name', () => {
    const known = aSystem('two');
    const find = vi.fn((id: string) => (id === 'two' ? known : undefined));
    expect(parseSystems(openSystems(toAnswer(systems)), find)).toMatchObject({
      value: [
        { id: 'one', name: 'shop ","}]', content: { ok: false }, digest: toSystemDigest(systems[0]) },
        { id: 'two', name: 'caf\u00e9', content: { ok: true, known }, digest: toSystemDigest(systems[1]) },
      ],
    });
    expect(find.mock.calls).toEqual(systems.map((system) => [system.id, toSystemDigest(system)]));
  });

  it('is read whole where errors belong to it', () => {
    expect(openSystems(toAnswer(systems, { errors: [{ message: 'a' }] }))).toEqual(systems);
  });

  it('names the place of what is wrong in a system, as in any other answer', () => {
    const places = [{ id: 'one', name: 'shop' }, { id: '' }];
    expect(parseSystems(openSystems(toAnswer(places)))).toEqual({
      ok: false,
      problem: '`applicationsForRuntime.data.1.id` is missing or of the wrong kind',
    });
  });

  it.each([
    '',
    '{"data":{"applicationsForRuntime":{"data":[{"id":"one"},]}}}',
    '{"data":{"applicationsForRuntime":{"data":[{"id":"one"}{"id":"two"}]}}}',
    '{"data":{"applicationsForRuntime":{"data":[{"id":"one"}]}}}}',
    '{"data":{"applicationsForRuntime":{"data":[{"id":"one"}]',
    '{"data":{"applicationsForRuntime":{"data":[{"id":one}]}}}',
    '{"data":{"applicationsForRuntime":{"data":[{"id":"one\n"}]}}}',
  ])('is refused where it is no JSON: %s', (text) => {
    expect(() => readWhole(text)).toThrow(SyntaxError);
  });
});

test('a list is found behind fields of every kind', () => {
  const text = '{ "a" : "\\\\" , "b":[1,{"list":[]}], "c":-1.5e3,"d":null, "e" : { "list" :\t[ {"x":"]"} ,\n{} ] } }';
  const place = findList(text, ['e', 'list']);
  expect(place?.items.map(([start, end]) => text.slice(start, end))).toEqual(['{"x":"]"}', '{}']);
  expect(text.slice(place?.start, place?.end)).toBe('[ {"x":"]"} ,\n{} ]');
  expect(findList(text, ['b', 'list'])).toBeUndefined();
  expect(findList(text, ['f'])).toBeUndefined();
});
