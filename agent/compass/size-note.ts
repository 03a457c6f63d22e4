import * as z from 'zod/mini';

/** Smaller pages that help, for the next life; absent: as large as the settings say. */
export interface PageSizes {
  readonly pageSize?: number;
  readonly nestedPageSize?: number;
}

const noteSchema = z.object({ pageSize: z.optional(z.int()), nestedPageSize: z.optional(z.int()) });

/** undefined: there is nothing to know. */
export function toSizeNote({ pageSize, nestedPageSize }: PageSizes): string | undefined {
  if (pageSize === undefined && nestedPageSize === undefined) return undefined;
  return JSON.stringify({ pageSize, nestedPageSize });
}

/** What a note tells; a broken one tells nothing. */
export function readSizeNote(note: string | undefined): PageSizes {
  try {
    const { pageSize, nestedPageSize } = noteSchema.safeParse(JSON.parse(note ?? '')).data ?? {};
    return { ...(pageSize !== undefined && { pageSize }), ...(nestedPageSize !== undefined && { nestedPageSize }) };
  } catch {
    return {};
  }
}
