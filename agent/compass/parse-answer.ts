/** What is wrong with an answer that cannot be read at all. */
export const notJson = 'it is not JSON as GraphQL has it';

/** An escape of one half of a character; only where there is one can a text hold a half alone. */
const halfCharacter = /\\u[dD][89a-fA-F]/;

/**
 * Reads an answer's JSON. Half characters, which neither UTF-8 nor the API server can hold, become U+FFFD: what is written
 * would else come back as another text, and be written again in each sync. Throws a SyntaxError.
 */
export function parseAnswer(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return halfCharacter.test(text) ? toWellFormed(value) : value;
}

function toWellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(toWellFormed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name.toWellFormed(), toWellFormed(field)]));
}
