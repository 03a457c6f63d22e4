import { describe, expect, it, test, vi } from 'vitest';
import { findList } from '../../../agent/compass/find-list.ts';
import { Recognised, toSystemDigest } from '../../../agent/compass/known-systems.ts';
import { parseAnswer } from '../../../agent/compass/parse-answer.ts';
import { parseLandscapeAnswer } from '../../../agent/compass/parse-landscape-answer.ts';
import { aSystem } from '../../data/builders/landscape.ts';

const none = () => undefined;
const systems = [
  { id: 'one', name: 'shop ","}]', bundles: { data: [{ id: 'b' }, { id: 'a', text: '\\"' }] } },
  { id: 'two', name: 'caf\u00e9', description: null },
];
const toAnswer = (data: unknown, more: object = {}) =>
  JSON.stringify(
    { ...more, data: { runtime: { labels: { a: '}' } }, applicationsForRuntime: { totalCount: 2, data } } },
    undefined,
    1,
  );

/** The answer with what was found out taken off. */
function withoutDigests(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer, (name, value) => (name === 'recognised' ? undefined : value)));
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
    expect(withoutDigests(parseLandscapeAnswer(text, none))).toEqual(parseAnswer(text));
  });

  it('has a digest for each new system, and of a known one nothing but its name', () => {
    const known = aSystem('two');
    const find = vi.fn((id: string) => (id === 'two' ? known : undefined));
    expect(parseLandscapeAnswer(toAnswer(systems), find)).toMatchObject({
      data: {
        applicationsForRuntime: {
          data: [
            { ...systems[0], recognised: new Recognised(toSystemDigest(systems[0]) ?? '', undefined) },
            { id: 'two', name: 'caf\u00e9', recognised: new Recognised(toSystemDigest(systems[1]) ?? '', known) },
          ],
        },
      },
    });
    expect(find.mock.calls).toEqual(systems.map((system) => [system.id, toSystemDigest(system)]));
  });

  it('is read whole where errors belong to it', () => {
    const find = vi.fn(none);
    parseLandscapeAnswer(toAnswer(systems, { errors: [{ message: 'a' }] }), find);
    expect(find).not.toHaveBeenCalled();
  });

  it.each([
    '',
    '{"data":{"applicationsForRuntime":{"data":[{"id":"one"},]}}}',
    '{"data":{"applicationsForRuntime":{"data":[{"id":"one"}{"id":"two"}]}}}',
    '{"data":{"applicationsForRuntime":{"data":[{"id":"one"]}}}}',
    '{"data":{"applicationsForRuntime":{"data":[{"id":"one"}]',
    '{"data":{"applicationsForRuntime":{"data":[{"id":one}]}}}',
    '{"data":{"applicationsForRuntime":{"data":[{"id":"one\n"}]}}}',
  ])('is refused where it is no JSON: %s', (text) => {
    expect(() => parseLandscapeAnswer(text, none)).toThrow(SyntaxError);
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
