import type { Landscape, SimulatedSystem } from './landscape.ts';

/** How Director's answers can be wrong, beyond failing. */
export type Distortion =
  /** No system at all. */
  | 'empty'
  /** Every other system is left out, and the counts agree. */
  | 'short'
  /** Some systems come without their bundles, and an error each. */
  | 'partial'
  /** `auths` is null in all of them. */
  | 'no-auths'
  /** The total is one too many. */
  | 'miscounted'
  /** Another runtime is the viewer. */
  | 'other-runtime'
  /** One system leaves before the border of a page, and one comes behind it, while the pages are read. */
  | 'moving'
  /** The first system comes once more at the end, and the counts agree. */
  | 'twice'
  /** The total is one too few. */
  | 'undercounted'
  /** There is always one more page, and its cursor is empty. */
  | 'endless'
  /** There is always one more page, and it is the last one. */
  | 'circular';

export interface Page {
  readonly answer: object;
  /** Ids of the systems in it. */
  readonly ids: readonly string[];
  /** Of those, the ones that are not whole. */
  readonly broken: readonly string[];
  /** How many systems there are, by this page. */
  readonly total: number;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly isLie: boolean;
  /** Whether the agent can take it for the truth: right viewer, right count. */
  readonly isUsable: boolean;
  /** What is left out of the answer is not asked for: a look at which systems there are. */
  isIdsOnly: boolean;
}

const cursorPrefix = 'DpKtJ4j9jDq';

/** One page of the landscape, as Director gives it now. */
export function toPage(
  landscape: Landscape,
  variables: Readonly<Record<string, unknown>>,
  viewer: object,
  distortions: ReadonlySet<Distortion>,
  runtimeLabels: Readonly<Record<string, unknown>>,
): Page {
  const isLie = distortions.has('empty') || distortions.has('short');
  const listed = distort(landscape.present(), distortions);
  const first = Number(variables.first ?? 200);
  const offset = toOffset(variables.after);
  const slice = listed.slice(offset, offset + first);
  const isLast = offset + first >= listed.length;
  const total = count(listed, distortions);
  const broken = distortions.has('no-auths')
    ? slice.map(({ id }) => id)
    : distortions.has('partial')
      ? slice.filter((_, index) => index % 3 === 0).map(({ id }) => id)
      : [];
  const data = {
    viewer,
    ...(variables.withRuntime === true && { runtime: { labels: runtimeLabels } }),
    applicationsForRuntime: {
      data: slice.map((system) => toApplication(system, broken.includes(system.id), distortions)),
      pageInfo: isLast ? toEnd(offset, distortions) : { endCursor: toCursor(offset + first), hasNextPage: true },
      totalCount: total,
    },
  };
  const errors = distortions.has('partial')
    ? broken.map((id) => ({
        message: 'Internal Server Error',
        path: ['applicationsForRuntime', 'data', slice.findIndex((system) => system.id === id), 'bundles'],
        extensions: { error: 'InternalError', error_code: 10 },
      }))
    : [];
  const answer = errors.length === 0 ? { data } : { errors, data };
  return {
    answer,
    ids: slice.map(({ id }) => id),
    broken,
    total,
    isFirst: offset === 0,
    isLast,
    isLie,
    isUsable: !isContradictory(listed, distortions) && !distortions.has('other-runtime'),
    isIdsOnly: false,
  };
}

function distort(systems: SimulatedSystem[], distortions: ReadonlySet<Distortion>): SimulatedSystem[] {
  if (distortions.has('empty')) return [];
  const told = distortions.has('short') ? systems.filter((_, index) => index % 2 === 0) : systems;
  const [first] = told;
  return isTwice(distortions) && first !== undefined ? [...told, first] : told;
}

/** Where the list moves as well, the first one at its end may have been skipped before, so that it comes once. */
function isTwice(distortions: ReadonlySet<Distortion>): boolean {
  return distortions.has('twice') && !distortions.has('moving');
}

function count({ length }: readonly SimulatedSystem[], distortions: ReadonlySet<Distortion>): number {
  if (distortions.has('miscounted')) return length + 1;
  return distortions.has('undercounted') ? Math.max(length - 1, 0) : length;
}

/** What the last page says of the one behind it. */
function toEnd(offset: number, distortions: ReadonlySet<Distortion>): object {
  if (distortions.has('endless')) return { endCursor: '', hasNextPage: true };
  return distortions.has('circular')
    ? { endCursor: toCursor(offset), hasNextPage: true }
    : { endCursor: '', hasNextPage: false };
}

/** Whether the list cannot be what it says of itself. */
function isContradictory(listed: readonly SimulatedSystem[], distortions: ReadonlySet<Distortion>): boolean {
  const isOpen = distortions.has('endless') || distortions.has('circular');
  return (isTwice(distortions) && listed.length > 0) || isOpen || count(listed, distortions) !== listed.length;
}

function toApplication(system: SimulatedSystem, isBroken: boolean, distortions: ReadonlySet<Distortion>): object {
  const { id, name, description, bundles } = system;
  return {
    id,
    name,
    description,
    auths: isBroken && distortions.has('no-auths') ? null : [{ id: `auth-of-${id}` }],
    bundles: isBroken && distortions.has('partial') ? null : toList(bundles.map(toBundle)),
  };
}

function toBundle({ id, name, password, targetUrl }: SimulatedSystem['bundles'][number]): object {
  const credential = password === undefined ? null : { __typename: 'BasicCredentialData', username: 'user', password };
  return {
    id,
    name,
    description: null,
    instanceAuthRequestInputSchema: null,
    defaultInstanceAuth:
      credential === null
        ? null
        : { credential, additionalHeaders: null, additionalQueryParams: null, requestAuth: null },
    apiDefinitions: toList([{ id: `api-${id}`, name: `API of ${name}`, targetURL: targetUrl }]),
    eventDefinitions: toList([]),
  };
}

function toList(data: readonly object[]): object {
  return { data, pageInfo: { endCursor: '', hasNextPage: false }, totalCount: data.length };
}

function toCursor(offset: number): string {
  return Buffer.from(`${cursorPrefix}${offset}`).toString('base64');
}

/** How many systems stand before a page. */
export function toOffset(after: unknown): number {
  if (typeof after !== 'string' || after === '') return 0;
  return Number(Buffer.from(after, 'base64').toString().replace(cursorPrefix, ''));
}
