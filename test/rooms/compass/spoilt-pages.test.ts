import { describe, expect, it } from 'vitest';
import type { Landscape } from '../../../agent/domain/landscape.ts';
import type { Fault } from '../../servers/ucl/faults.ts';
import {
  type LandscapeAnswer,
  neverAborted,
  type PairedUcl,
  rewriteLandscape,
  usePairedUcl,
} from './use-paired-ucl.ts';

let ucl: PairedUcl;

usePairedUcl((paired) => {
  ucl = paired;
});

const schema = '{"type":"object"}';
/** Director cannot write this down, and with it the whole answer fails. */
const oddSchema = 'odd \u007f character';
const internalError = { message: 'Internal Server Error [errorID=x]', extensions: { error_code: 10 } };

/** Systems with a bundle each; one of them in the middle. Gives its id. */
function registerAround(count: number, odd: { instanceAuthRequestInputSchema?: string } = {}): string {
  const healthy = { name: 'bundle', instanceAuthRequestInputSchema: schema };
  ucl.registerSystems(count, [healthy]);
  const ids = [...ucl.applicationIds].sort();
  const culprit = String(ids[Math.floor(count / 3)]);
  if (odd.instanceAuthRequestInputSchema === undefined) return culprit;
  ucl.landscape.addBundle(culprit, { name: 'odd', ...odd });
  return culprit;
}

function spoil(change: (answer: LandscapeAnswer) => unknown, culprit?: string): Fault {
  return {
    on: 'director',
    operation: 'applicationsForRuntime',
    times: Number.POSITIVE_INFINITY,
    effect: rewriteLandscape((answer) => {
      const systems = answer.data.applicationsForRuntime.data;
      const isConcerned = systems.some(({ id, auths }) => auths !== undefined && (culprit ?? id) === id);
      return isConcerned ? change(answer) : answer;
    }),
  };
}

/** What a nested list that fails makes of the page: no system has its bundles. */
function withoutBundles({ data }: LandscapeAnswer) {
  const systems = data.applicationsForRuntime.data;
  for (const system of systems) system.bundles = null;
  const errors = systems.map((_, index) => ({
    ...internalError,
    path: ['applicationsForRuntime', 'data', index, 'bundles'],
  }));
  return { errors, data };
}

const withoutData = () => ({ errors: [internalError], data: null });

function unreadSchemas({ applications }: Landscape): string[] {
  return applications.flatMap(({ id, bundles }) =>
    bundles.some(({ instanceAuthRequestInputSchema }) => instanceAuthRequestInputSchema === undefined) ? [id] : [],
  );
}

async function countRequests(read: () => Promise<unknown>): Promise<number> {
  ucl.requests.clear();
  await read();
  return ucl.requests.count();
}

describe('a page that an odd input schema breaks', () => {
  it('costs the schemas of that system alone, and the next reads few requests', async () => {
    const culprit = registerAround(40, { instanceAuthRequestInputSchema: oddSchema });
    const director = ucl.director({ pageSize: 200 });
    const first = await director.readLandscape(neverAborted);
    expect(first.gaps).toEqual([]);
    expect(new Set(first.applications.map(({ id }) => id))).toEqual(new Set(ucl.applicationIds));
    expect(unreadSchemas(first)).toEqual([culprit]);
    expect(ucl.requests.count()).toBeLessThanOrEqual(14);
    // The systems before it, it, the same without schemas, and the systems behind it.
    expect(await countRequests(() => director.readLandscape(neverAborted))).toBe(4);
  });

  it('is a page like any other once that is corrected', async () => {
    const culprit = registerAround(40, { instanceAuthRequestInputSchema: oddSchema });
    const director = ucl.director({ pageSize: 200 });
    await director.readLandscape(neverAborted);
    const odd = ucl.landscape.application(culprit).bundles.find(({ name }) => name === 'odd');
    ucl.landscape.deleteBundle(String(odd?.id));
    expect(unreadSchemas(await director.readLandscape(neverAborted))).toEqual([]);
    expect(await countRequests(() => director.readLandscape(neverAborted))).toBe(1);
  });

  it('costs one schema where Director says which one it is', async () => {
    ucl.registerSystems(3, [
      { name: 'one', instanceAuthRequestInputSchema: schema },
      { name: 'two', instanceAuthRequestInputSchema: schema },
    ]);
    const path = ['applicationsForRuntime', 'data', 1, 'bundles', 'data', 0, 'instanceAuthRequestInputSchema'];
    ucl.faults.add(spoil((answer) => ({ errors: [{ ...internalError, path }], ...answer })));
    const { applications, gaps } = await ucl.director().readLandscape(neverAborted);
    const schemas = applications.flatMap(({ bundles }) =>
      bundles.map((bundle) => bundle.instanceAuthRequestInputSchema),
    );
    expect([schemas.filter((read) => read === undefined).length, schemas.length, gaps]).toEqual([1, 6, []]);
    expect(ucl.requests.count()).toBe(1);
  });
});

describe('a page of which one system cannot be read', () => {
  it.each([
    ['all of them come without their bundles', withoutBundles, 'Director answered: Internal Server Error'],
    ['nothing comes at all', withoutData, 'was answered with an error'],
  ])('is halved until that one is alone, where %s', async (_, change, problem) => {
    const culprit = registerAround(40);
    ucl.faults.add(spoil(change, culprit));
    const director = ucl.director({ pageSize: 200 });
    const { applications, gaps, runtimeLabels } = await director.readLandscape(neverAborted);
    expect(applications).toHaveLength(39);
    expect(gaps).toEqual([
      { applicationId: culprit, name: expect.stringMatching(/^mp-system-/), message: expect.stringContaining(problem) },
    ]);
    expect(runtimeLabels).toHaveProperty('isNormalized');
    expect(ucl.requests.count()).toBeLessThanOrEqual(16);
    expect(await countRequests(() => director.readLandscape(neverAborted))).toBeLessThanOrEqual(5);
  });

  it('is found where it is the first, of which the labels of the runtime come too', async () => {
    registerAround(5);
    const culprit = String([...ucl.applicationIds].sort()[0]);
    ucl.faults.add(spoil(withoutData, culprit));
    const { gaps, runtimeLabels } = await ucl.director().readLandscape(neverAborted);
    expect(gaps.map(({ applicationId }) => applicationId)).toEqual([culprit]);
    expect(runtimeLabels).toHaveProperty('isNormalized');
  });

  it('is not believed when the list changes between its halves', async () => {
    const culprit = registerAround(20);
    ucl.faults.add(spoil(withoutBundles, culprit));
    let requests = 0;
    ucl.faults.add({
      on: 'director',
      operation: 'applicationsForRuntime',
      times: Number.POSITIVE_INFINITY,
      effect: {
        movingLandscape: () => {
          requests += 1;
          if (requests === 4) ucl.registerSystems(1);
        },
      },
    });
    const { applications } = await ucl.director().readLandscape(neverAborted);
    expect(applications).toHaveLength(20);
  });
});

describe('an outage of a part of UCL', () => {
  it('leaves gaps where the systems come without their bundles, and is not looked into with every read', async () => {
    registerAround(40);
    const fault = ucl.faults.add(spoil((answer) => withoutBundles(answer)));
    const director = ucl.director({ pageSize: 200 });
    const { applications, gaps } = await director.readLandscape(neverAborted);
    expect([applications.length, gaps.length]).toEqual([0, 40]);
    expect(ucl.requests.count()).toBeLessThanOrEqual(14);
    expect(await countRequests(() => director.readLandscape(neverAborted))).toBe(1);
    fault.remove();
    expect((await director.readLandscape(neverAborted)).gaps).toEqual([]);
  });

  it('fails the read where nothing but names comes', async () => {
    registerAround(40);
    ucl.faults.add(spoil(withoutData));
    const director = ucl.director({ pageSize: 200 });
    await expect(director.readLandscape(neverAborted)).rejects.toMatchObject({ reason: 'CompassUnreachable' });
    expect(ucl.requests.count()).toBeLessThanOrEqual(20);
    const again = director.readLandscape(neverAborted).catch(() => undefined);
    expect(await countRequests(() => again)).toBe(3);
  });
});
