import stringWidth from 'string-width';
import { escapeMarkup } from './escape-markup.ts';

/** A part of a line in one style: the codes that `styleText` of Node writes (SGR, ECMA-48 section 8.3.117). */
interface Span {
  readonly text: string;
  readonly classes: readonly string[];
}

const classOfCode: Readonly<Record<string, string>> = { 1: 'bold', 31: 'bad', 32: 'good', 33: 'warning' };
const endOfCode: Readonly<Record<string, readonly string[]>> = { 0: [], 22: ['bold'], 39: ['bad', 'good', 'warning'] };

const columnPx = 8.4;
const rowPx = 20;
const marginPx = 20;
const barPx = 34;

const style = `
  .frame { fill: #15181c; stroke: #3b424b; }
  .bar { fill: #22272e; }
  text { font: 14px ui-monospace, 'SFMono-Regular', Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #d5dae0; white-space: pre; }
  .bold { font-weight: 700; }
  .good { fill: #5fc97e; }
  .bad { fill: #ff7b72; }
  .warning { fill: #e3b341; }
  .prompt { fill: #79b8ff; }
`;

/** What a terminal shows, as an SVG picture that is readable on light and on dark pages. `lines` may hold SGR codes. */
export function renderTerminal(title: string, lines: readonly string[]): string {
  const rows = lines.map(parseLine);
  const columns = Math.max(...rows.map((spans) => spans.reduce((sum, { text }) => sum + stringWidth(text), 0)));
  const width = Math.ceil(columns * columnPx + 2 * marginPx);
  const height = barPx + lines.length * rowPx + 2 * marginPx;
  const body = rows.map((spans, index) => {
    const y = barPx + marginPx + (index + 0.75) * rowPx;
    return `<text x="${marginPx}" y="${y}" xml:space="preserve">${spans.map(renderSpan).join('')}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escapeMarkup(title)}</title>
<style>${style}</style>
<rect class="frame" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
<path class="bar" d="M1 ${barPx} V8.5 A7.5 7.5 0 0 1 8.5 1 H${width - 8.5} A7.5 7.5 0 0 1 ${width - 1} 8.5 V${barPx} Z"/>
<text x="${marginPx}" y="23">${escapeMarkup(title)}</text>
${body.join('\n')}
</svg>
`;
}

function parseLine(line: string): Span[] {
  let classes: readonly string[] = line.startsWith('$ ') ? ['prompt'] : [];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the codes begin with one.
  return line.split(/(\u001b\[[0-9;]*m)/).flatMap((part) => {
    if (!part.startsWith('\u001b')) return part === '' ? [] : [{ text: part, classes }];
    for (const code of part.slice(2, -1).split(';')) classes = applyCode(classes, code);
    return [];
  });
}

function applyCode(classes: readonly string[], code: string): readonly string[] {
  if (code === '0' || code === '') return [];
  const begun = classOfCode[code];
  if (begun !== undefined) return [...classes, begun];
  const ended = endOfCode[code] ?? [];
  return classes.filter((name) => !ended.includes(name));
}

function renderSpan({ text, classes }: Span): string {
  const shown = escapeMarkup(text);
  return classes.length === 0 ? shown : `<tspan class="${classes.join(' ')}">${shown}</tspan>`;
}
