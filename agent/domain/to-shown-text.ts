/** Control characters, C1 included, and the separators of lines and paragraphs. */
const steering = /[\p{Cc}\p{Zl}\p{Zp}]+/gu;
/** What has no shape of its own: it turns the direction of text, joins or splits words unseen, or is half a character. */
const unseen = /(?:[\p{Cf}\p{Cs}\u115f\u1160\u3164\uffa0]|\u034f)+/gu;
/** What JSON does not write as an escape by itself; the line breaks of its own form stay. */
const unescaped = /[\u007f-\u009f\u2028\u2029]/gu;

/**
 * A text from outside as it may be shown, at most `maxLength` characters of it: nothing in it steers a terminal, is
 * invisible or turns the direction of what stands beside it (https://www.unicode.org/reports/tr36/). For messages and
 * lists alone: data is kept as it came.
 */
export function toShownText(text: string, maxLength: number): string {
  // Cut first: what is not shown costs nothing.
  const clean = text.slice(0, maxLength).replace(steering, ' ').replace(unseen, '\ufffd');
  // Half a character at the end would be shown as a broken one.
  return text.length > maxLength ? `${clean.slice(0, maxLength - 3).replace(/[\ud800-\udbff]$/, '')}...` : clean;
}

/** JSON in which every character is shown as it is; whoever reads it gets the same value. */
export function toShownJson(value: object, indent?: number): string {
  return escapeUnseen(JSON.stringify(value, undefined, indent));
}

/** What would not be shown as an escape, as JSON and the double quotes of YAML read it. */
export function escapeUnseen(text: string): string {
  return text.replace(unescaped, toEscapes).replace(unseen, toEscapes);
}

function toEscapes(found: string): string {
  return found.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
