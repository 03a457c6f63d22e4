import { expect, test } from 'vitest';
import { renderTerminal } from './render-terminal.ts';

const good = (text: string) => `\u001b[32m${text}\u001b[39m`;
const bold = (text: string) => `\u001b[1m${text}\u001b[22m`;

test('A picture holds each line, with its colours and without the codes', () => {
  const picture = renderTerminal('status', [
    '$ status',
    `Ready ${good('True')} <all>`,
    bold(`Conditions ${good('!')}`),
  ]);
  expect(picture).toContain('<tspan class="prompt">$ status</tspan>');
  expect(picture).toContain('>Ready <tspan class="good">True</tspan> &lt;all&gt;</text>');
  expect(picture).toContain('<tspan class="bold">Conditions </tspan><tspan class="bold good">!</tspan>');
  expect(picture).not.toContain('\u001b');
});

test('A picture is as wide as its longest line takes on a terminal', () => {
  const widthOf = (line: string) => Number(/width="(\d+)"/.exec(renderTerminal('', [line]))?.[1]);
  expect(widthOf('東京')).toBe(widthOf('four'));
  expect(widthOf(good('four'))).toBe(widthOf('four'));
});
