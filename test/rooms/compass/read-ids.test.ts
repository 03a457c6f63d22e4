import { beforeEach, describe, expect, it } from 'vitest';
import type { DirectorAccess } from '../../../agent/compass/ask-director.ts';
import { CompassError } from '../../../agent/compass/compass-error.ts';
import type { GraphqlAnswer, GraphqlTransport } from '../../../agent/compass/graphql-transport.ts';
import { readIds, readNames } from '../../../agent/compass/read-ids.ts';

const never = new AbortController().signal;
const runtimeId = '5b0c7d3e-1111-4222-8333-944445555666';

/** A Director that gives its ids in pages; the list may be another one with each request. */
class ScriptedDirector {
  ids: string[] = [];
  limit = Number.POSITIVE_INFINITY;
  refusal = invalidData();
  viewerId = runtimeId;
  readonly asked: number[] = [];
  onRequest: (request: number) => void = () => undefined;

  readonly access: DirectorAccess = {
    runtimeId,
    nestedPageSize: 200,
    // Only what reading ids needs of it.
    transport: {
      api: 'director',
      host: 'director.example.com',
      send: async (_document: unknown, variables: object) =>
        this.#answer(variables as { after: string; first: number }),
      failureOf: (operation: string) => new Error(`failure of ${operation}`),
      close: () => undefined,
    } as GraphqlTransport,
  };

  #answer({ after, first }: { after: string; first: number }): GraphqlAnswer {
    this.asked.push(first);
    this.onRequest(this.asked.length);
    if (first > this.limit) throw this.refusal;
    const start = Number(after || '0');
    const data = this.ids.slice(start, start + first).map((id) => ({ id, name: `name-of-${id}` }));
    const hasNextPage = start + first < this.ids.length;
    const pageInfo = { endCursor: hasNextPage ? String(start + first) : '', hasNextPage };
    return {
      errors: [],
      weight: 0,
      data: {
        viewer: { id: this.viewerId, type: 'RUNTIME' },
        applicationsForRuntime: { data, pageInfo, totalCount: this.ids.length },
      },
    };
  }
}

function invalidData(): CompassError {
  const error = { message: 'Invalid data', code: 22, path: [] };
  const facts = { kind: 'answer', status: 200, bodyEmpty: false, errors: [error], retryAfterMs: undefined } as const;
  return new CompassError('InvalidAnswer', 'Invalid data', { next: 'retry' }, facts);
}

function tooLarge(): CompassError {
  const facts = { kind: 'transport', cause: 'too-large', errno: undefined, sent: true } as const;
  return new CompassError('AnswerTooLarge', 'too large', { next: 'wait' }, facts);
}

describe('the names of the systems', () => {
  it('are read in one request, or by pages where that is refused', async () => {
    const director = new ScriptedDirector();
    director.ids = Array.from({ length: 250 }, (_, index) => `id-${index}`);
    const names = new Map(director.ids.map((id) => [id, `name-of-${id}`]));
    expect(await readNames(director.access, never)).toEqual(names);
    expect(director.asked).toEqual([100_000]);
    director.limit = 200;
    expect(await readNames(director.access, never)).toEqual(names);
  });
});

describe('the ids of the systems', () => {
  let director: ScriptedDirector;
  beforeEach(() => {
    director = new ScriptedDirector();
    director.ids = Array.from({ length: 450 }, (_, index) => `id-${index}`);
  });
  const read = () => readIds(director.access, never);

  it('are read in one request', async () => {
    expect(await read()).toEqual(new Set(director.ids));
    expect(director.asked).toEqual([100_000]);
  });

  it.each([
    ['Director refuses to give them at once', invalidData()],
    ['all at once are more than the agent takes', tooLarge()],
  ])('are read twice by pages where %s', async (_, refusal) => {
    director.limit = 200;
    director.refusal = refusal;
    expect(await read()).toEqual(new Set(director.ids));
    expect(director.asked).toEqual([100_000, 200, 200, 200, 200, 200, 200]);
  });

  it('are not believed where one system left before a border and another came behind it meanwhile', async () => {
    director.limit = 200;
    director.onRequest = (request) => {
      if (request === 3) director.ids = [...director.ids.slice(1), 'id-new'];
    };
    await expect(read()).rejects.toMatchObject({ reason: 'LandscapeMoving' });
  });

  it('are not believed where the total changes', async () => {
    director.limit = 200;
    director.onRequest = (request) => {
      if (request === 3) director.ids = director.ids.slice(1);
    };
    await expect(read()).rejects.toMatchObject({ reason: 'LandscapeMoving' });
  });

  it('are those of this runtime, or none', async () => {
    director.viewerId = 'another';
    await expect(read()).rejects.toMatchObject({ reason: 'RuntimeMismatch' });
  });
});
