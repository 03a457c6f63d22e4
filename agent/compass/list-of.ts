import * as z from 'zod/mini';

/**
 * An array that is read item by item up to the first that does not fit. zod itself reads all of them and keeps what is
 * wrong with each: the memory for a few MB of `{},` ended the process.
 */
export function listOf<T>(item: z.ZodMiniType<T>) {
  return z.pipe(
    z.array(z.unknown()),
    z.transform((values, context) => {
      const read: T[] = [];
      for (const [index, value] of values.entries()) {
        const parsed = item.safeParse(value);
        if (!parsed.success) return refuse(context, index, parsed.error);
        read.push(parsed.data);
      }
      return read;
    }),
  );
}

/** An object with any names, read in the same manner. */
export function recordOf<T>(field: z.ZodMiniType<T>) {
  return z.pipe(
    z.record(z.string(), z.unknown()),
    z.transform((values, context) => {
      const read: [string, T][] = [];
      for (const [name, value] of Object.entries(values)) {
        const parsed = field.safeParse(value);
        if (!parsed.success) return refuse(context, name, parsed.error);
        read.push([name, parsed.data]);
      }
      return Object.fromEntries(read);
    }),
  );
}

function refuse(context: z.core.ParsePayload, at: string | number, { issues: [first] }: z.core.$ZodError): never {
  context.issues.push({ code: 'custom', input: undefined, path: [at, ...(first?.path ?? [])] });
  return z.NEVER;
}
