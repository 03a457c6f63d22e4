const width = 720;
const height = 260;
const left = 56;
const top = 44;
const plotWidth = width - left - 16;
const plotHeight = height - top - 32;
const maxPoints = 240;
/** Each is told from the others, and from a light and a dark page. */
const colours = ['#c2571a', '#2f7fd0', '#2a9d5c'];

export interface Plot {
  readonly title: string;
  /** Up to three; the values of each are as far apart in time as those of the others. */
  readonly lines: readonly { readonly name: string; readonly values: readonly number[] }[];
  /** The top of the axis; the largest value by default. */
  readonly most?: number;
  /** The end of the time, which begins at 0: `8 h`. */
  readonly end: string;
  /** Instants to be marked, as parts of the time: from 0 to 1. */
  readonly marks?: readonly number[];
}

/** Values over time, as an SVG. Where there are many, the most of each stretch is shown. */
export function renderPlot({ title, lines, end, marks = [], ...options }: Plot): string {
  const most = options.most ?? Math.max(1, ...lines.map(({ values }) => Math.max(...values)));
  const length = Math.max(1, ...lines.map(({ values }) => values.length));
  const stretch = Math.ceil(length / maxPoints);
  const toY = (value: number) => (top + plotHeight * (1 - value / most)).toFixed(1);
  const drawn = lines.map(({ values }, index) => {
    const points = toPeaks(values, stretch).map((value, at) => {
      return `${(left + (plotWidth * at * stretch) / length).toFixed(1)},${toY(value)}`;
    });
    return `<polyline fill="none" stroke="${colours[index % colours.length]}" stroke-width="1.5" points="${points.join(' ')}"/>`;
  });
  const legend = lines.map(
    ({ name }, index) =>
      `<text x="${left + index * 190}" y="36" fill="${colours[index % colours.length]}">${name}</text>`,
  );
  const ticks = marks.map((at) => {
    const x = (left + plotWidth * at).toFixed(1);
    return `<line class="axis" stroke-dasharray="2 3" x1="${x}" y1="${top}" x2="${x}" y2="${top + plotHeight}"/>`;
  });
  const [, unit = ''] = end.split(' ');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">
<style>text { font: 12px sans-serif } .ink { fill: #24292f } .axis { stroke: #8c959f } @media (prefers-color-scheme: dark) { .ink { fill: #e6edf3 } }</style>
<text class="ink" x="${left}" y="18">${title}</text>
${legend.join('\n')}
<line class="axis" x1="${left}" y1="${top + plotHeight}" x2="${left + plotWidth}" y2="${top + plotHeight}"/>
<line class="axis" x1="${left}" y1="${top}" x2="${left}" y2="${top + plotHeight}"/>
<text class="ink" x="${left - 6}" y="${top + 10}" text-anchor="end">${most}</text>
<text class="ink" x="${left - 6}" y="${top + plotHeight}" text-anchor="end">0</text>
<text class="ink" x="${left}" y="${height - 12}">0 ${unit}</text>
<text class="ink" x="${left + plotWidth}" y="${height - 12}" text-anchor="end">${end}</text>
${[...ticks, ...drawn].join('\n')}
</svg>
`;
}

function toPeaks(values: readonly number[], stretch: number): number[] {
  const peaks: number[] = [];
  for (let at = 0; at < values.length; at += stretch) peaks.push(Math.max(...values.slice(at, at + stretch)));
  return peaks;
}
