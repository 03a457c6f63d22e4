import type { ApiDefinition, Bundle } from '../domain/landscape.ts';
import { normalizeName } from '../domain/names.ts';

export interface Problem {
  readonly reason: string;
  readonly message: string;
}

interface Named {
  readonly id: string;
  readonly name: string;
}

/**
 * Addresses of a system that Kyma's gateway cannot serve. It looks a call up by the normalised names in its path, refuses
 * one that fits several services, and calls the target as it is (docs/contracts/kubernetes.md#normalisation). They are
 * written all the same, as the Go agent does, and told. Pure.
 */
export function findUnservable(bundles: readonly Bundle[]): Problem[] {
  // A bundle without APIs has no address.
  const addressed = bundles.filter(({ apiDefinitions }) => apiDefinitions.length > 0);
  return [
    ...judgeNames('Bundle', addressed),
    ...addressed.flatMap(({ apiDefinitions }) => [
      ...judgeNames('API', apiDefinitions),
      ...apiDefinitions.flatMap((api) => judgeTarget(api)),
    ]),
  ];
}

function judgeNames(kind: string, items: readonly Named[]): Problem[] {
  const groups = Map.groupBy(items, ({ name }) => normalizeName(name));
  return [...groups].flatMap(([segment, [first, ...others]]) => {
    if (first === undefined) return [];
    if (segment === '') return [first, ...others].map((item) => withoutAddress(kind, item));
    return others.length === 0 ? [] : [withOneAddress(kind, segment, [first, ...others])];
  });
}

function withoutAddress(kind: string, item: Named): Problem {
  return toProblem(
    `${describe(kind, item)} has a name without letters or digits of the Latin alphabet, so the gateway has no address for it. Rename it in UCL.`,
  );
}

function withOneAddress(kind: string, segment: string, items: readonly Named[]): Problem {
  const names = items.map((item) => describe(kind, item)).join(' and ');
  return toProblem(
    `${names} have the same address "${segment}" at the gateway, which serves neither. Rename one in UCL.`,
  );
}

function judgeTarget(api: ApiDefinition): Problem[] {
  const isHttp = /^https?:\/\//i.test(api.targetUrl) && URL.canParse(api.targetUrl);
  return isHttp
    ? []
    : [toProblem(`${describe('API', api)} has no absolute http or https URL as its target. Correct it in UCL.`)];
}

function describe(kind: string, { id, name }: Named): string {
  return `${kind} "${name}" (${id})`;
}

function toProblem(message: string): Problem {
  return { reason: 'UnservableAddress', message };
}
