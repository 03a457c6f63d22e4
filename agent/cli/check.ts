import * as z from 'zod/mini';

const checkSchema = z.object({
  name: z.string(),
  verdict: z.enum(['ok', 'warning', 'failed', 'unknown']),
  message: z.string(),
  /** There where something is to be done. */
  remedy: z.exactOptional(z.string()),
});

/** The document of `doctor --output json`. */
export const checksSchema = z.object({ checks: z.array(checkSchema) });

/** What `doctor` found of one thing. */
export type Check = Readonly<z.infer<typeof checkSchema>>;
