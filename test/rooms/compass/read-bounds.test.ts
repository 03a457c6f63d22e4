import { describe, expect, test } from 'vitest';
import { createCompass } from '../../../agent/compass/create-compass.ts';
import type { Director } from '../../../agent/connection/ports.ts';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import type { Time } from '../../../agent/time/time.ts';
import { anAccess } from '../../data/builders/an-access.ts';
import { buildCompassOptions } from '../../data/builders/build-compass-options.ts';
import { aSystemText, fill, toLandscapeText } from '../../data/builders/hostile-answers.ts';

const neverAborted = new AbortController().signal;
const mib = 2 ** 20;

interface Asked {
  readonly after: string;
  readonly first: number;
  readonly nestedFirst: number;
}

/** A Director that answers as the test says, and an agent with little room for what it says. */
function stage(
  answer: (asked: Asked, count: number) => string,
  { time, maxReadWeight = 4 * mib }: { time?: Time; maxReadWeight?: number } = {},
) {
  const asked: Asked[] = [];
  const notes: (string | undefined)[] = [];
  const memory = { note: undefined as string | undefined, isBroken: false };
  const open = (): Director => {
    const options = buildCompassOptions({
      limits: { maxAnswerWeight: mib, maxReadWeight },
      readMemory: {
        recall: async () => memory.note,
        keep: async (note) => {
          if (memory.isBroken) throw new AgentError('ClusterUnreachable', 'gone', { next: 'retry' });
          notes.push(note);
          memory.note = note;
        },
      },
      ...(time && { time }),
    });
    const { directors } = createCompass(options, () => ({
      async send({ body }) {
        const request: { variables: Asked } = JSON.parse(body);
        asked.push(request.variables);
        const text = answer(request.variables, asked.length);
        return {
          status: 200,
          headers: { 'content-type': 'application/json' },
          body: new Uint8Array(Buffer.from(text)),
        };
      },
      close: () => undefined,
    }));
    return directors.current(anAccess());
  };
  return { asked, notes, memory, open };
}

/** Page after page of such systems, without an end. */
const endless = (after: string, systems: number, promised: number) =>
  toLandscapeText(
    Array.from({ length: systems }, () => aSystemText()).join(','),
    '{}',
    promised,
    `"pageInfo":{"endCursor":"${Number(after || '0') + systems}","hasNextPage":true}`,
  );

/** `count` systems of that many bytes each, in pages as they are asked for. */
const landscapeOf = (count: number, bytes: number) => (position: Asked) => {
  const start = Number(position.after || '0');
  const end = Math.min(start + position.first, count);
  const systems = Array.from({ length: end - start }, (_, index) =>
    aSystemText(`id-${start + index}`).replace('"description":null', `"description":"${'x'.repeat(bytes)}"`),
  );
  const pageInfo = `"pageInfo":{"endCursor":"${end < count ? end : ''}","hasNextPage":${end < count}}`;
  return toLandscapeText(systems.join(','), '{}', count, pageInfo);
};

describe('a read of the landscape', () => {
  test('is not begun where the list promises more than there is room for', async () => {
    const { asked, open } = stage(({ after }) => endless(after, 200, 1_000_000_000));
    await expect(open().readLandscape(neverAborted)).rejects.toMatchObject({
      reason: 'AnswerTooLarge',
      next: 'wait',
      message: expect.stringContaining('promises 1000000000 systems'),
      remedy: expect.stringContaining('APP_MAX_HEAP_MIB'),
    });
    expect(asked).toHaveLength(1);
  });

  test('ends once its pages together are more than there is room for', async () => {
    const { asked, open } = stage(({ after }) => endless(after, 200, 40_000));
    await expect(open().readLandscape(neverAborted)).rejects.toMatchObject({
      reason: 'AnswerTooLarge',
      message: expect.stringContaining('does not fit into the memory of the agent'),
    });
    expect(asked.length).toBeLessThan(40);
  });

  test('counts what is kept of its pages, and not what they weigh while they are read', async () => {
    const ids = fill(500 * 10, '{"id":"x"}');
    const plain = landscapeOf(100, 0);
    const { open } = stage((position) => plain(position).replaceAll('"auths":[]', `"auths":[${ids}]`));
    const director = open();
    // Six MiB of answers by their weight, and room for four.
    expect((await director.readLandscape(neverAborted)).applications).toHaveLength(100);
    expect((await director.readLandscape(neverAborted)).applications).toHaveLength(100);
  });

  test('ends where the labels of the runtime alone are more than there is room for', async () => {
    const label = `{"a":"${'x'.repeat(300_000)}"}`;
    const { open } = stage(() => toLandscapeText('', label, 0), { maxReadWeight: mib / 2 });
    await expect(open().readLandscape(neverAborted)).rejects.toMatchObject({
      reason: 'AnswerTooLarge',
      message: expect.stringContaining('does not fit into the memory of the agent'),
    });
  });

  test('ends after half an hour, where each page has a single system', async () => {
    let instant = 0;
    const time: Time = { now: () => new Date(0), instant: () => instant, sleepUntil: async () => undefined };
    const { asked, open } = stage(
      ({ after }) => {
        instant += 60_000;
        return endless(after, 1, 40_000);
      },
      { time },
    );
    await expect(open().readLandscape(neverAborted)).rejects.toMatchObject({
      reason: 'AnswerTooLarge',
      message: expect.stringContaining('longer than half an hour'),
    });
    expect(asked).toHaveLength(31);
  });

  test('asks for smaller pages, then for fewer bundles, and fails where neither helps', async () => {
    const { asked, open } = stage(() => toLandscapeText(fill(mib, '{}')));
    await expect(open().readLandscape(neverAborted)).rejects.toMatchObject({ reason: 'AnswerTooLarge', next: 'wait' });
    const sizes = asked.map(({ first, nestedFirst }) => [first, nestedFirst]);
    expect(sizes.slice(0, 6)).toEqual([200, 100, 50, 25, 12, 10].map((first) => [first, 200]));
    expect(sizes.slice(6)).toEqual([100, 50, 25, 12, 10].map((nestedFirst) => [10, nestedFirst]));
  });

  test('reads a landscape in the pages that fit, and begins with them in the next life', async () => {
    const { asked, notes, memory, open } = stage(landscapeOf(100, 8_000));
    const first = open();
    expect((await first.readLandscape(neverAborted)).applications).toHaveLength(100);
    expect(memory.note).toBe('{"pageSize":50}');
    asked.length = 0;
    const restarted = open();
    await restarted.readLandscape(neverAborted);
    expect(asked.map((position) => position.first)).toEqual([50, 50]);
    expect(notes).toEqual(['{"pageSize":100}', '{"pageSize":50}']);
  });

  test('forgets the smaller pages once larger ones come through again', async () => {
    const { notes, memory, open } = stage(landscapeOf(3, 10));
    memory.note = '{"pageSize":100,"nestedPageSize":100}';
    const director = open();
    for (let reads = 0; reads < 4; reads += 1) await director.readLandscape(neverAborted);
    expect(notes).toEqual([undefined]);
  });

  test.each([undefined, '', '{', '7', '{"pageSize":"a"}', '{"pageSize":1e9}', '{"pageSize":300}'])(
    'begins with whole pages where it finds the note %j',
    async (note) => {
      const { asked, memory, open } = stage(landscapeOf(3, 10));
      memory.note = note;
      await open().readLandscape(neverAborted);
      expect(asked.map(({ first }) => first)).toEqual([200]);
    },
  );

  test('never begins with less than ten systems, whatever it finds', async () => {
    const { asked, memory, open } = stage(landscapeOf(3, 10));
    memory.note = '{"pageSize":-5}';
    await open().readLandscape(neverAborted);
    expect(asked.map(({ first }) => first)).toEqual([10]);
  });

  test('goes on where the size cannot be stored, and stores it with the next read', async () => {
    const { memory, open } = stage(landscapeOf(100, 8_000));
    memory.isBroken = true;
    const director = open();
    expect((await director.readLandscape(neverAborted)).applications).toHaveLength(100);
    memory.isBroken = false;
    await director.readLandscape(neverAborted);
    expect(memory.note).toBe('{"pageSize":50}');
  });
});
