import { renderPlot } from '../plot/render-plot.ts';
import type { Figures } from './run-scenario.ts';

/** The calls in 30 s of several fleets over time, as an SVG. */
export function toPlot(title: string, fleets: readonly Figures[]): string {
  const length = Math.max(1, ...fleets.map(({ loads }) => loads.length));
  return renderPlot({
    title,
    lines: fleets.map(({ variant, loads }) => ({ name: variant, values: loads.map(({ calls }) => calls) })),
    most: Math.max(1, ...fleets.map(({ peak }) => peak)),
    end: `${((length * 30) / 3_600).toFixed(0)} h`,
  });
}
