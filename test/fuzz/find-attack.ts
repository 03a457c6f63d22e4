import fc from 'fast-check';
import { growsBeyondLinear } from './grows-beyond-linear.ts';

/** What stands at the end of a hostile text, so that a pattern fails after it has looked at all the rest. */
const ends = ['a', '\u0000', '\n!'];
const everyday = ['a', 'A', '0', '-', ' ', '\t', '\n', '.', '/', '"'];

/** A text that is repeated to make the pattern take more than linear time; undefined: none was found. */
export function findAttack(pattern: RegExp): string | undefined {
  return toPieces(pattern).find((piece) =>
    ends.some((end) => growsBeyondLinear((size) => apply(pattern, repeat(piece, size) + end))),
  );
}

function repeat(piece: string, size: number): string {
  return piece.repeat(Math.ceil(size / piece.length));
}

/** As the agent does it: one that is global is looked for again and again. */
function apply(pattern: RegExp, text: string): void {
  if (pattern.global) text.replace(pattern, '');
  else pattern.test(text);
}

/** The beginnings of texts that fit, and their single characters: whatever a pattern can be led on with. */
function toPieces(pattern: RegExp): string[] {
  const fitting = fc.sample(fc.stringMatching(withoutAssertions(pattern)), { seed: 1, numRuns: 4 });
  const starts = fitting.flatMap((text) => range(Math.min(text.length, 24)).map((last) => text.slice(0, last + 1)));
  const parted = starts.flatMap((start) => ['-', ' ', '.'].map((boundary) => start + boundary));
  return [...new Set([...everyday, ...fitting.join('').slice(0, 99).split(''), ...starts, ...parted])];
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}

/** What only looks around fits no character, and halves of characters cannot be made here. */
function withoutAssertions({ source, flags }: RegExp): RegExp {
  const bare = source
    .replace(/\\p\{Cs\}/g, '')
    .replace(/\(\?<?[=!](\\.|\[(\\.|[^\]])*\]|[^()\\[])*\)/g, '')
    .replace(/(^|[^\\])\\[bB]/g, '$1')
    .replace(/(^|[^\\[])[$^]/g, '$1');
  return new RegExp(bare, flags.replace(/[giy]/g, ''));
}
