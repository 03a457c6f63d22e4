import type { Figures } from './run-scenario.ts';

const width = 720;
const height = 260;
const left = 56;
const top = 44;
const plotWidth = width - left - 16;
const plotHeight = height - top - 32;
const maxPoints = 240;
/** Each is told from the others, and from a light and a dark page. */
const colours = ['#c2571a', '#2f7fd0', '#2a9d5c'];

/** The calls in 30 s of several fleets over time, as an SVG. Where there are many, the most of each stretch is shown. */
export function renderPlot(title: string, fleets: readonly Figures[]): string {
  const most = Math.max(1, ...fleets.map(({ peak }) => peak));
  const length = Math.max(1, ...fleets.map(({ loads }) => loads.length));
  const stretch = Math.ceil(length / maxPoints);
  const toY = (calls: number) => (top + plotHeight * (1 - calls / most)).toFixed(1);
  const lines = fleets.map(({ loads }, index) => {
    const points = toPeaks(
      loads.map(({ calls }) => calls),
      stretch,
    ).map((calls, at) => {
      return `${(left + (plotWidth * at * stretch) / length).toFixed(1)},${toY(calls)}`;
    });
    return `<polyline fill="none" stroke="${colours[index % colours.length]}" stroke-width="1.5" points="${points.join(' ')}"/>`;
  });
  const legend = fleets.map(
    ({ variant }, index) =>
      `<text x="${left + index * 190}" y="36" fill="${colours[index % colours.length]}">${variant}</text>`,
  );
  const hours = (length * 30) / 3_600;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">
<style>text { font: 12px sans-serif } .ink { fill: #24292f } .axis { stroke: #8c959f } @media (prefers-color-scheme: dark) { .ink { fill: #e6edf3 } }</style>
<text class="ink" x="${left}" y="18">${title}</text>
${legend.join('\n')}
<line class="axis" x1="${left}" y1="${top + plotHeight}" x2="${left + plotWidth}" y2="${top + plotHeight}"/>
<line class="axis" x1="${left}" y1="${top}" x2="${left}" y2="${top + plotHeight}"/>
<text class="ink" x="${left - 6}" y="${top + 10}" text-anchor="end">${most}</text>
<text class="ink" x="${left - 6}" y="${top + plotHeight}" text-anchor="end">0</text>
<text class="ink" x="${left}" y="${height - 12}">0 h</text>
<text class="ink" x="${left + plotWidth}" y="${height - 12}" text-anchor="end">${hours.toFixed(0)} h</text>
${lines.join('\n')}
</svg>
`;
}

function toPeaks(values: readonly number[], stretch: number): number[] {
  const peaks: number[] = [];
  for (let at = 0; at < values.length; at += stretch) peaks.push(Math.max(...values.slice(at, at + stretch)));
  return peaks;
}
