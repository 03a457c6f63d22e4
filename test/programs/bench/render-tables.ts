import { cpus } from 'node:os';
import { listWrites } from './judge-requests.ts';
import type { FloorFigure } from './measure-floor.ts';
import type { SizeFigures } from './measure-size.ts';

/** The figures as Markdown: where they come from, the start, the unchanged sync, one change, the requests. */
export function renderTables(figures: readonly SizeFigures[], command: string): string {
  const first = cpus()[0];
  const syncs = figures[0]?.syncs ?? 0;
  return [
    `Measured with \`${command}\` on ${cpus().length} cores (${first?.model.trim() ?? 'unknown'}), Node ${process.versions.node}.`,
    'From the start of the process in an empty cluster to `Synchronized`, with a 4096-bit key:',
    renderStarts(figures),
    `A sync that changes nothing, ${syncs} in a row:`,
    renderSyncs(figures),
    'Syncs in which one system changed, each time another one:',
    renderChanges(figures),
    ...(figures.length > 1 ? [growthTitle, renderGrowth(figures)] : []),
    'Requests by kind:',
    table(
      ['Systems', 'During', 'UCL', 'Kubernetes API'],
      figures.flatMap(({ systems, bundles, syncs: count, start, unchanged, changed }) => [
        [`${systems} x ${bundles}`, 'start', list(start.requests.compass, 1), list(start.requests.kubernetes, 1)],
        ['', 'one unchanged sync', list(unchanged.requests.compass, count), list(unchanged.requests.kubernetes, count)],
        [
          '',
          'one sync with a change',
          list(changed.requests.compass, changed.changes),
          list(changed.requests.kubernetes, changed.changes),
        ],
      ]),
    ),
  ].join('\n\n');
}

function renderStarts(figures: readonly SizeFigures[]): string {
  return table(
    [
      'Systems',
      'Start, ms',
      'of it first sync, ms',
      'of that reading UCL, ms',
      'Bare client, ms',
      'First sync : bare',
      'Writing : bare',
      'CPU, ms',
      'Peak RSS, MiB',
    ],
    figures.map(({ systems, bundles, start }) => [
      `${systems} x ${bundles}`,
      whole(start.startMs),
      whole(start.firstSyncMs),
      whole(start.readMs),
      whole(start.floorMs),
      start.ratio.toFixed(2),
      start.writingRatio.toFixed(2),
      whole(start.cpuMs),
      whole(start.peakRssMiB),
    ]),
  );
}

function renderSyncs(figures: readonly SizeFigures[]): string {
  return table(
    [
      'Systems',
      'Median, ms',
      '95 %, ms',
      'CPU each, ms',
      'Peak RSS after all, MiB',
      'Anonymous, MiB: after a tenth, after all',
      'Landscape requests each',
      'Writes each',
    ],
    figures.map(({ systems, bundles, syncs: count, unchanged }) => [
      `${systems} x ${bundles}`,
      whole(unchanged.syncMs),
      whole(unchanged.p95Ms),
      whole(unchanged.cpuMs),
      whole(unchanged.peakRssMiB),
      `${whole(unchanged.earlyMiB)}, ${whole(unchanged.anonymousMiB)}`,
      share(unchanged.requests.compass.applicationsForRuntime ?? 0, count),
      writesOf(unchanged.requests.kubernetes, count),
    ]),
  );
}

function renderChanges(figures: readonly SizeFigures[]): string {
  return table(
    [
      'Systems',
      'Syncs',
      'From asking until it shows: median, ms',
      'worst, ms',
      'From the last page until it shows: median, ms',
      'worst, ms',
      'Landscape requests each',
      'Writes each',
    ],
    figures.map(({ systems, bundles, changed: { changes, sinceAsked, sinceLastPage, requests } }) => [
      `${systems} x ${bundles}`,
      String(changes),
      whole(sinceAsked.medianMs),
      whole(sinceAsked.worstMs),
      whole(sinceLastPage.medianMs),
      whole(sinceLastPage.worstMs),
      share(requests.compass.applicationsForRuntime ?? 0, changes),
      writesOf(requests.kubernetes, changes),
    ]),
  );
}

const growthTitle = 'What one more system takes, between each size and the next:';

function renderGrowth(figures: readonly SizeFigures[]): string {
  const rows = figures.slice(1).flatMap((larger, index) => {
    const smaller = figures[index];
    if (smaller === undefined || smaller.systems === larger.systems) return [];
    const perSystem = (read: (figures: SizeFigures) => number) =>
      ((read(larger) - read(smaller)) / (larger.systems - smaller.systems)).toFixed(2);
    return [
      [
        `${smaller.systems} to ${larger.systems}`,
        perSystem(({ start }) => start.firstSyncMs),
        perSystem(({ unchanged }) => unchanged.syncMs),
        perSystem(({ unchanged }) => unchanged.cpuMs),
        perSystem(({ unchanged }) => unchanged.anonymousMiB * 1024),
      ],
    ];
  });
  return table(
    ['Systems', 'First sync, ms', 'Unchanged sync, ms', 'CPU of it, ms', 'Anonymous memory after all, KiB'],
    rows,
  );
}

/** What Node and the packages take before the agent does anything. */
export function renderFloor(figures: readonly FloorFigure[]): string {
  const alone = figures[0]?.anonymousMiB ?? Number.NaN;
  return [
    'The floor, in anonymous memory: Node with what the agent uses of a package, and nothing else.',
    table(
      ['Loaded', 'MiB', 'more than Node alone, MiB'],
      figures.map(({ what, anonymousMiB }) => [what, anonymousMiB.toFixed(1), (anonymousMiB - alone).toFixed(1)]),
    ),
  ].join('\n\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function writesOf(kubernetes: Readonly<Record<string, number>>, syncs: number): string {
  return list(Object.fromEntries(listWrites(kubernetes)), syncs);
}

function list(requests: Readonly<Record<string, number>>, runs: number): string {
  const entries = Object.entries(requests).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? 'none' : entries.map(([kind, count]) => `${share(count, runs)} ${kind}`).join(', ');
}

function share(count: number, runs: number): string {
  return String(Math.round((count / runs) * 100) / 100);
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}
