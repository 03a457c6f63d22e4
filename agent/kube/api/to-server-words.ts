import { toShownText } from '../../domain/to-shown-text.ts';

/** What a Status says: its message, and the causes in its details. */
export interface SpokenStatus {
  readonly message: string;
  readonly causes: readonly { readonly field: string; readonly reason: string; readonly message: string }[];
}

const maxLength = 300;
/** More than is ever shown, so that a huge message costs nothing. */
const maxReadLength = 20 * maxLength;
/** Shorter values are cut only where they stand in quotes: they would stand in half of all words. */
const minPlainLength = 4;
const cut = '[cut]';

/** Value that a rule of the API server quotes, as `k8s.io/apimachinery` writes it: text in quotes, or JSON. */
const quotedValue =
  /((?:Invalid|Duplicate|Unsupported|Too long|Too many)[\w ]{0,20}: )(?:"(?:[^"\\]|\\.)*(?:"|$)|[[{].*?(?=: |$))/g;
/** What the decoder of the API server quotes of the body around an error. */
const decoderContext = /,? ?error found in #\d+ byte of [\s\S]*/;
const pem = /-----BEGIN [\s\S]*/;
const longWord = /[A-Za-z0-9+/_=-]{40,}/g;
const userOfUrl = /\b([a-z][a-z0-9+.-]{1,20}:\/\/)[^/\s@"'<>]{1,1000}@/gi;

/**
 * The server's own words as a clause of at most 300 characters. Messages quote what was sent: whatever stands in
 * `secrets` (the values of the request) is cut out, and with `quotesSecrets` also what the server quotes as a value.
 */
export function toServerWords(
  { message, causes }: SpokenStatus,
  { secrets, quotesSecrets }: { readonly secrets: readonly string[]; readonly quotesSecrets: boolean },
): string {
  const told = causes
    .map(({ field, reason, message: why }) =>
      [field, why === '' ? reason : why].filter((part) => part !== '').join(': '),
    )
    .filter((text, index) => !message.includes(causes[index]?.message || text));
  const said = [message, ...told].filter((text) => text !== '').join('; ');
  const safe = cutSecrets(said, secrets)
    .slice(0, maxReadLength)
    .replace(pem, cut)
    .replace(userOfUrl, `$1${cut}@`)
    .replace(longWord, (word) => (/[A-Z]/.test(word) && /\d/.test(word) ? cut : word));
  const unquoted = quotesSecrets ? safe.replace(decoderContext, '').replace(quotedValue, `$1${cut}`) : safe;
  return toShownText(unquoted.replace(/\s+/g, ' ').trim().replace(/\.$/, ''), maxLength);
}

function cutSecrets(text: string, secrets: readonly string[]): string {
  // The longest first: one may be part of another.
  const longestFirst = [...new Set(secrets)].filter((secret) => secret !== '').sort((a, b) => b.length - a.length);
  return longestFirst.reduce((rest, secret) => {
    const quoted = JSON.stringify(secret);
    const unquoted = rest.replaceAll(quoted, `"${cut}"`);
    if (secret.length < minPlainLength) return unquoted;
    return unquoted.replaceAll(secret, cut).replaceAll(quoted.slice(1, -1), cut);
  }, text);
}
