import { expect, test } from 'vitest';
import { renderFigures } from './render-figures.ts';

test('What was measured stands in two tables, in the same order whichever test came first', () => {
  const mebibyte = 1024 * 1024;
  const figures = [
    { what: 'Restart', durationMs: 5_840 },
    { what: 'Start', memory: { workingSet: 69.4 * mebibyte, anonymous: 66 * mebibyte } },
    { what: 'Delete', durationMs: 12_000 },
  ];
  const rendered = renderFigures(figures);
  expect(rendered).toContain('| Start | 69 | 66 |\n');
  expect(rendered.endsWith('| --- | --- |\n| Delete | 12.0 |\n| Restart | 5.8 |')).toBe(true);
  expect(renderFigures(figures.toReversed())).toBe(rendered);
});
