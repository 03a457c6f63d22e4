import { toShownText } from '../domain/to-shown-text.ts';
import { describeError } from './describe-error.ts';

/**
 * The redactor at the log's sink. It works on plain data and knows secrets in three ways: by the name of the field
 * they stand in, by their shape, and by having been told them. It is the last line of defence: rooms log allow-listed
 * facts in the first place.
 */
export interface Redactor {
  /** From now on hides this text wherever it stands, also in base64, URL and JSON encoding. */
  register(secret: string): void;
  /** A copy without secrets, of JSON-like data only: errors become what may be said of them, other objects their class. */
  redact(value: unknown): unknown;
}

export interface RedactorOptions {
  /** How many registered secrets are remembered; the oldest are forgotten first. */
  maxSecrets?: number;
}

const hidden = '[redacted]';

/** Shorter secrets are not looked for: they would stand in half of all words. */
const shortestSecret = 4;
const maxDepth = 8;
const maxItems = 200;
const maxValues = 5000;
const maxNameLength = 256;
const maxTextLength = 16_384;
/** Characters of one text, and of all that stand in one line: what is cut is not looked at. */
const maxReadLength = 4 * maxTextLength;

export function createRedactor({ maxSecrets = 4096 }: RedactorOptions = {}): Redactor {
  const registered = new Set<string>();
  const index = new Map<string, Set<string>>();

  function forget(secret: string): void {
    registered.delete(secret);
    for (const form of encodedForms(secret)) index.get(form.slice(0, shortestSecret))?.delete(form);
  }

  return {
    register(secret) {
      const text = secret.trim();
      if (text.length < shortestSecret || registered.has(text)) return;
      registered.add(text);
      for (const form of encodedForms(text)) {
        const start = form.slice(0, shortestSecret);
        const forms = index.get(start) ?? new Set();
        index.set(start, forms.add(form));
      }
      const [oldest] = registered;
      if (registered.size > maxSecrets && oldest !== undefined) forget(oldest);
    },
    redact(value) {
      const clean = (text: string) => redactText(hideRegistered(text, index));
      let charactersLeft = maxReadLength;
      const cleanText = (text: string) => {
        if (charactersLeft <= 0 && text !== '') return '[too much]';
        const read = text.slice(0, charactersLeft);
        charactersLeft -= read.length;
        return clean(read);
      };
      const cleanName = (name: string) => clean(name.slice(0, maxNameLength));
      return redactValue(value, { cleanText, cleanName, valuesLeft: maxValues }, 0);
    },
  };
}

/** Whether a field of this name holds a secret whatever its value looks like. */
export function isSecretName(name: string): boolean {
  const plain = name.replace(/[-_.\s]/g, '').toLowerCase();
  return (
    /(token|passw(or)?d|passphrase|secret|authorization|credential|cookie|privatekey|apikey|accesskey|pem)s?$/.test(
      plain,
    ) || /^(key|auth|pwd|clientkey|tlskey|jwt|bearer|basic|rawencoded)$/.test(plain)
  );
}

const shapes: readonly [RegExp, string][] = [
  // Also with \n written as two characters, and cut off before its end.
  [/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g, hidden],
  [/-----BEGIN [A-Z0-9 ]+-----[\s\S]*?(-----END [A-Z0-9 ]+-----|$)/g, '[PEM]'],
  // The same blocks in base64.
  [/LS0tLS1CRUdJTi[A-Za-z0-9+/=]+/g, hidden],
  // Not the words of a sentence, as in "Basic credentials".
  [
    /\b([Bb]earer|BEARER|[Bb]asic|BASIC|Negotiate)(\s+|%20)(?=\S{0,19}[A-Z0-9=]|\S{20})[A-Za-z0-9._~+/=:-]{4,}/g,
    `$1 ${hidden}`,
  ],
  // One-time tokens: base64url of 64 bytes (docs/contracts/compass.md#tokens), with and without padding, and their raw
  // JSON form.
  [/(?<![A-Za-z0-9_-])(?=[a-z0-9_-]*[A-Z])[A-Za-z0-9_-]{86}(==|%3D%3D|(?![A-Za-z0-9_=-]))/g, hidden],
  [/\beyJ[A-Za-z0-9+/=_-]{20,}/g, hidden],
  // User part of a URL.
  [/\b([a-z][a-z0-9+.-]{1,20}:\/\/)[^/\s@"'<>]+@/gi, `$1${hidden}@`],
  // name=value, name: value and "name":"value" within a text.
  [
    /((?:\b|_)(?:token|password|passwd|passphrase|(?:client_?)?secret|api_?key|private_?key|authorization|credentials?)\\?["']?\s*[=:]\s*)(\\?"[^"]*"|'[^']*'|[^\s,;&}\])"']+)/gi,
    `$1${hidden}`,
  ],
];

/** Looked through once from its beginning: a pattern of JWTs that can begin anywhere in it takes quadratic time. */
const dottedRun = /(?<![\w.-])[\w.-]{12,}/g;

/** Hides what stands from the first part on that begins as `{"` does in base64url and that another part follows. */
function hideWebToken(run: string): string {
  const parts = run.split('.');
  let start = 0;
  for (const [index, part] of parts.entries()) {
    const found = part.search(/\bey/);
    if (found >= 0 && part.length - found >= 8 && (parts[index + 1]?.length ?? 0) >= 4) {
      return run.slice(0, start + found) + hidden;
    }
    start += part.length + 1;
  }
  return run;
}

function redactText(text: string): string {
  let redacted = text.replace(dottedRun, hideWebToken);
  for (const [shape, replacement] of shapes) redacted = redacted.replace(shape, replacement);
  // A line break is written as two characters; frames of a stack are easier to read with it.
  const lines = redacted.split('\n').map((line) => toShownText(line, line.length));
  const shown = lines.join('\n');
  return shown.length > maxTextLength ? `${shown.slice(0, maxTextLength)}… (cut)` : shown;
}

interface Walk {
  cleanText: (text: string) => string;
  cleanName: (name: string) => string;
  /** Bounds the work on wide or cyclic data. */
  valuesLeft: number;
}

function redactValue(value: unknown, walk: Walk, depth: number): unknown {
  walk.valuesLeft -= 1;
  if (walk.valuesLeft < 0) return '[too much]';
  switch (typeof value) {
    case 'string':
      return walk.cleanText(value);
    case 'bigint':
      return String(value);
    case 'function':
    case 'symbol':
      return `[${typeof value}]`;
    case 'object':
      break;
    default:
      return value;
  }
  return value === null ? null : redactObject(value, walk, depth);
}

function redactObject(value: object, walk: Walk, depth: number): unknown {
  if (depth >= maxDepth) return '[too deep]';
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) {
    const items = value.slice(0, maxItems).map((item) => redactValue(item, walk, depth + 1));
    return value.length > maxItems ? [...items, `… ${value.length - maxItems} more`] : items;
  }
  if (value instanceof Error) return redactObject(describeError(value), walk, depth);
  if (!isPlain(value)) return `[${value.constructor.name}]`;

  const copy: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value).slice(0, maxItems)) {
    copy[walk.cleanName(name)] = hidesField(name, field) ? hidden : redactValue(field, walk, depth + 1);
  }
  return copy;
}

function hidesField(name: string, field: unknown): boolean {
  if (!isSecretName(name) || field === undefined || field === null || typeof field === 'boolean') return false;
  // A number under a plural is a count.
  return !(typeof field === 'number' && name.endsWith('s'));
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function hideRegistered(text: string, index: ReadonlyMap<string, ReadonlySet<string>>): string {
  if (index.size === 0) return text;
  let result = '';
  let copied = 0;
  let position = 0;
  while (position < text.length) {
    const found = longestAt(text, position, index);
    if (found === undefined) {
      position += 1;
    } else {
      result += text.slice(copied, position) + hidden;
      position += found.length;
      copied = position;
    }
  }
  return result + text.slice(copied);
}

function longestAt(
  text: string,
  position: number,
  index: ReadonlyMap<string, ReadonlySet<string>>,
): string | undefined {
  let longest: string | undefined;
  for (const form of index.get(text.slice(position, position + shortestSecret)) ?? []) {
    if (form.length > (longest?.length ?? 0) && text.startsWith(form, position)) longest = form;
  }
  return longest;
}

/** The texts by which a secret may appear. Within base64 of something longer it has three forms, one for each offset. */
function encodedForms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const forms = [
    secret,
    encodeURIComponent(secret.toWellFormed()),
    new URLSearchParams({ '': secret }).toString().slice(1),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString('base64'),
    bytes.toString('base64url'),
  ];
  if (bytes.length >= 8) {
    for (const offset of [0, 1, 2]) {
      const shifted = Buffer.concat([Buffer.alloc(offset), bytes]);
      const whole = shifted.subarray(0, shifted.length - (shifted.length % 3)).toString('base64');
      // The first group mixes with what stands before.
      forms.push(whole.slice(offset === 0 ? 0 : 4));
    }
  }
  return forms;
}
