import type { Scrape } from '../../servers/prometheus/parse-metrics.ts';

/** Labels that Prometheus adds to every series of a pod, and the bound of a bucket. */
const added = ['namespace', 'pod', 'le'];

const metric = /\b(?:ucl_agent|process|nodejs)_\w+/g;
const selector = /\b((?:ucl_agent|process|nodejs)_\w+)\{([^}]*)\}/g;

/**
 * What an expression asks for that no scrape holds: a metric, or a label of one; one sentence each, and one where it asks
 * for no metric at all.
 * @param labels those of the agent's own metrics, by name.
 */
export function findUnknownMetrics(
  expression: string,
  types: Scrape['types'],
  labels: ReadonlyMap<string, readonly string[]>,
): string[] {
  const names = expression.match(metric) ?? [];
  if (names.length === 0) return [`no metric in ${expression}`];
  const unknown = names.filter((name) => !types.has(toFamily(name, types))).map((name) => `no metric ${name}`);
  const misread = [...expression.matchAll(selector)].flatMap(([, name = '', matchers = '']) => {
    const known = [...(labels.get(toFamily(name, types)) ?? []), ...added];
    const asked = [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label);
    return asked.filter((label) => !known.includes(label)).map((label) => `no label ${label} of ${name}`);
  });
  return [...unknown, ...misread];
}

/** A histogram is asked for by its parts, and by them alone. */
function toFamily(name: string, types: Scrape['types']): string {
  const family = name.replace(/_(?:bucket|sum|count)$/, '');
  if (types.get(family) === 'histogram') return family === name ? `${name} (a histogram as a whole)` : family;
  return name;
}
