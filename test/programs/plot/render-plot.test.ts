import { describe, expect, test } from 'vitest';
import { renderPlot } from './render-plot.ts';

const readPoints = (svg: string) => [...svg.matchAll(/points="([^"]*)"/g)].map(([, points]) => points);

describe('A plot', () => {
  test('has each line in its own colour, from the bottom of the axis to its top', () => {
    const lines = [
      { name: 'files', values: [0, 10] },
      { name: 'sockets', values: [5, 5] },
    ];
    const svg = renderPlot({ title: 'Open', lines, end: '30 min' });
    expect(readPoints(svg)).toEqual(['56.0,228.0 380.0,44.0', '56.0,136.0 380.0,136.0']);
    expect(new Set(svg.match(/stroke="#\w+"/g)).size).toBe(2);
    expect(svg).toMatch(/>10<[\s\S]*>0 min<[\s\S]*>30 min</);
  });

  test('marks instants by lines from top to bottom', () => {
    const svg = renderPlot({ title: 'Open', lines: [{ name: 'files', values: [1] }], end: '8 h', marks: [0.5] });
    expect(svg).toContain('x1="380.0" y1="44" x2="380.0" y2="228"');
  });
});
