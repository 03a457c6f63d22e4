import { cpus } from 'node:os';
import { renderPlot } from '../../programs/plot/render-plot.ts';
import { isFlat, judgeGrowth } from './judge-growth.ts';
import { type Deed, type DeedKind, deedNames, type Sample } from './soak-record.ts';

interface SoakResult {
  readonly samples: readonly Sample[];
  readonly deeds: readonly Deed[];
}

const mebibyte = 1024 * 1024;
const restarts: readonly DeedKind[] = ['ucl', 'kube-apiserver', 'etcd', 'kubelet'];

/** What was done, and what the agent took for it, as tables. */
export function renderSoak({ samples, deeds }: SoakResult): string {
  const last = samples.at(-1);
  const minutes = Math.round((last?.atMs ?? 0) / 60_000);
  const model = cpus()[0]?.model ?? 'unknown';
  const syncs = ((last?.syncs ?? 0) - (samples[0]?.syncs ?? 0)).toLocaleString('en-US');
  const counts = Object.entries(deedNames).map(
    ([kind, name]) => `| ${name} | ${deeds.filter(({ what }) => what === kind).length} |`,
  );
  const growth = judgeGrowth(samples).map((each) => {
    const numbers = [each.early, each.late, each.most].map((value) => format(value)).join(' | ');
    return `| ${each.name} | ${numbers} | ${isFlat(each) ? 'yes' : 'no'} |`;
  });
  return [
    `Measured with \`npm run soak\` in ${minutes} minutes on ${cpus().length} cores (${model}), with ${samples.length} samples.`,
    '',
    '| What was done | How often |',
    '| --- | --- |',
    `| Syncs | ${syncs} |`,
    ...counts,
    '',
    '| What the agent took | Second quarter, median | Last quarter, median | At most | Flat |',
    '| --- | --- | --- | --- | --- |',
    ...growth,
    '',
    '![Memory of the container](soak/memory.svg)',
    '',
    '![Open handles and watches](soak/handles.svg)',
    '',
    '![Log](soak/log.svg)',
  ].join('\n');
}

/** The plots of the page by name, each an SVG. Dashed lines are restarts of servers. */
export function toPlots({ samples, deeds }: SoakResult): Map<string, string> {
  const lastsMs = Math.max(1, samples.at(-1)?.atMs ?? 0);
  const end = `${Math.round(lastsMs / 60_000)} min`;
  const marks = deeds.filter(({ what }) => restarts.includes(what)).map(({ atMs }) => Math.min(1, atMs / lastsMs));
  const line = (name: string, read: (sample: Sample) => number) => ({ name, values: samples.map(read) });
  const most = (value: number) => Math.ceil(value * 1.1);
  const plot = (title: string, lines: readonly { name: string; values: number[] }[]) =>
    renderPlot({ title, lines, end, marks, most: most(Math.max(...lines.flatMap(({ values }) => values))) });
  return new Map([
    [
      'memory',
      plot('Memory of the container, MiB', [
        line('working set', ({ workingSet }) => Number((workingSet / mebibyte).toFixed(1))),
        line('anonymous', ({ anonymous }) => Number((anonymous / mebibyte).toFixed(1))),
      ]),
    ],
    [
      'handles',
      plot('Open handles of the process, and watches of the API server', [
        line('handles', ({ handles }) => handles),
        line('of them sockets', ({ sockets }) => sockets),
        line('watches', ({ watches }) => watches),
      ]),
    ],
    ['log', plot('Log, KiB since the start', [line('written', ({ logBytes }) => Math.round(logBytes / 1024))])],
  ]);
}

function format(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(1);
}
