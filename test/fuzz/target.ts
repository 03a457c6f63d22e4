import fc from 'fast-check';

/** Something that reads what comes from outside. */
export interface Target {
  readonly name: string;
  /** What it is given, as a value of its own making and as one that holds this text wherever it can. */
  readonly inputs: fc.Arbitrary<() => unknown>;
  readonly fromText: (text: string) => () => unknown;
}

/**
 * `read` gives all that may be shown of `input`. What it throws must be an AgentError, whose texts are shown as well.
 * Secrets stand where they are in real life, as {@link secret}.
 */
export function toTarget<T>(
  name: string,
  values: fc.Arbitrary<T>,
  fromText: (text: string) => T,
  read: (input: T) => unknown,
): Target {
  return {
    name,
    inputs: fc
      .oneof({ weight: 3, arbitrary: values }, { weight: 1, arbitrary: anyText.map(fromText) })
      .map((input) => () => read(input)),
    fromText: (text) => () => read(fromText(text)),
  };
}

/** A password and a token at once: it is long, and has the letters of a token. */
export const secret = `hunter2${'Ab3-'.repeat(19)}xyz`;

const hostilePieces = [
  '\u0000',
  '\u001b[2J',
  '\u009b',
  '\u202e',
  '\u200b',
  '\ud800',
  '\udfff',
  '\ufeff',
  '\u2028',
  '\r\n',
  '-----BEGIN CERTIFICATE-----',
  '-----END CERTIFICATE-----',
  '-----BEGIN RSA PRIVATE KEY-----',
  'eyJ',
  'ey-',
  'Bearer ',
  'token=',
  '"',
  "'",
  '\\',
  '\\u',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '://',
  '@',
  '%20',
  '=',
  '+',
  '/',
  '.',
  '#',
  ';',
  '-',
  '0',
  '__proto__',
  'constructor',
  'toString',
];

/** Texts of all characters, halves of characters among them, and of what steers parsers and terminals. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.array(fc.constantFrom(...hostilePieces), { maxLength: 12 }).map((pieces) => pieces.join('')),
  fc
    .tuple(fc.constantFrom(...hostilePieces), fc.integer({ min: 0, max: 300 }))
    .map(([piece, times]) => piece.repeat(times)),
);

/** Any value of JSON, with such texts in it, also for names. */
export const anyJson: fc.Arbitrary<unknown> = fc.anything({
  key: anyText,
  values: [anyText, fc.integer(), fc.double(), fc.boolean(), fc.constant(null)],
  maxDepth: 3,
  maxKeys: 5,
});

/** A value of its kind most of the time, and else whatever JSON has: what is nearly right goes furthest. */
export function nearly(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 12, arbitrary: value }, { weight: 1, arbitrary: anyJson });
}

/** An object with those fields, of which single ones may be missing or of another kind, and others there. */
export function almost(fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> {
  const present = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, nearly(value)]));
  const missing = fc.oneof(
    { weight: 9, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: fc.constantFrom(...Object.keys(fields)) },
  );
  return fc
    .tuple(fc.record(present), missing, fc.option(fc.tuple(anyText, anyJson), { freq: 9 }))
    .map(([record, name, other]) => {
      const entries = Object.entries(record).filter(([present]) => present !== name);
      return Object.fromEntries(other === null ? entries : [...entries, other]);
    });
}
