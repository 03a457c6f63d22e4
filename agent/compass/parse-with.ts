import type * as z from 'zod/mini';
import { toShownText } from '../domain/to-shown-text.ts';

/** The outcome of reading an answer; the problem names places and kinds, never values. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/** Reads `value` by `schema`; `at` is where it stands in the answer. */
export function parseWith<T>(schema: z.ZodMiniType<T>, value: unknown, at: readonly PropertyKey[] = []): Parsed<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const issue = parsed.error.issues[0];
  // zod's own message is left out: some kinds of it quote the value.
  const place = issue === undefined ? '' : toShownText([...at, ...issue.path].map(String).join('.'), 120);
  return { ok: false, problem: `\`${place}\` is missing or of the wrong kind` };
}
