/** One series of Prometheus' text format with its value. */
export interface Series {
  /** As it stands there: `_bucket`, `_sum` and `_count` of a histogram apart. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What Prometheus reads of a scrape. */
export interface Scrape {
  /** `gauge`, `counter` or `histogram` by the name of the family. */
  readonly types: ReadonlyMap<string, string>;
  readonly series: readonly Series[];
}

const sampleLine = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"(?:,|$)/g;

/**
 * Reads the text format, as https://prometheus.io/docs/instrumenting/exposition_formats/ has it.
 * @throws Error for a line that is none of it, and for a series without a type or that comes twice.
 */
export function parseMetrics(text: string): Scrape {
  const types = new Map<string, string>();
  const series: Series[] = [];
  const seen = new Set<string>();
  if (!text.endsWith('\n')) throw new Error('The text does not end with a line feed.');
  for (const line of text.split('\n')) {
    const [, family, type] = /^# TYPE (\S+) (gauge|counter|histogram|summary)$/.exec(line) ?? [];
    if (family !== undefined && type !== undefined) types.set(family, type);
    if (line === '' || line.startsWith('# ')) continue;
    const [, name, labels = '', value] = sampleLine.exec(line) ?? [];
    if (name === undefined || value === undefined || labels.replaceAll(label, '') !== '') {
      throw new Error(`No line of the text format: ${line}`);
    }
    const key = line.slice(0, line.lastIndexOf(' '));
    if (seen.has(key)) throw new Error(`A series that comes twice: ${key}`);
    seen.add(key);
    if (!types.has(name) && !types.has(name.replace(/_(?:bucket|sum|count)$/, ''))) {
      throw new Error(`A series without a type: ${name}`);
    }
    series.push({
      name,
      labels: Object.fromEntries([...labels.matchAll(label)].map(([, key = '', text = '']) => [key, text])),
      value: Number(value),
    });
  }
  return { types, series };
}
