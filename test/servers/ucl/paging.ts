import { internalError, invalidData } from './director-error.ts';

const cursorPrefix = 'DpKtJ4j9jDq';

/** The arguments of a paged field; `first` has a schema default and is null only when the client says so. */
export interface PageArguments {
  first?: number | null | undefined;
  after?: string | null | undefined;
}

/** One page as the Director answers it (docs/contracts/compass.md#paging). */
export interface Page<T> {
  data: T[];
  pageInfo: { startCursor: string; endCursor: string; hasNextPage: boolean };
  totalCount: number;
}

/** Checks `first` of a nested list, which takes 1 to 200. Throws a `DirectorError`. */
export function checkNestedPageSize(first: number): void {
  if (first < 1 || first > 200) throw invalidData('page size must be between 1 and 200');
}

/** Checks `first` of `applicationsForRuntime`, which has no maximum. Throws a `DirectorError`. */
export function checkRootPageSize(first: number): void {
  if (first < 1) throw invalidData('page size cannot be smaller than 1');
}

/** `first`, refused when the client sent an explicit null. Throws a `DirectorError`. */
export function requireFirst(args: PageArguments): number {
  if (args.first === null || args.first === undefined) throw invalidData("missing required parameter 'first'");
  return args.first;
}

/**
 * Cuts one page out of a complete, ordered list. Throws a `DirectorError` for a bad cursor; `context` is
 * what the Director puts before its text.
 */
export function cutPage<T>(all: readonly T[], first: number, after: string | null | undefined, context = ''): Page<T> {
  const offset = decodeCursor(after ?? '', context);
  const end = offset + first;
  const hasNextPage = all.length > end;
  return {
    data: all.slice(offset, end),
    pageInfo: { startCursor: after ?? '', endCursor: hasNextPage ? encodeCursor(end) : '', hasNextPage },
    totalCount: all.length,
  };
}

function encodeCursor(offset: number): string {
  return Buffer.from(`${cursorPrefix}${offset}`).toString('base64');
}

/** The offset in a cursor; the prefix is optional on input, "" is the start. Throws a `DirectorError`. */
export function decodeCursor(cursor: string, context = ''): number {
  if (cursor === '') return 0;
  const fail = (why: string) => internalError(`${context}while decoding page cursor: cursor is not correct: ${why}`);
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(cursor)) {
    throw fail(`illegal base64 data at input byte ${Math.max(0, cursor.search(/[^A-Za-z0-9+/]/))}`);
  }
  const text = Buffer.from(cursor, 'base64').toString();
  const offset = text.startsWith(cursorPrefix) ? text.slice(cursorPrefix.length) : text;
  if (!/^[+-]?\d+$/.test(offset)) throw fail(`strconv.Atoi: parsing ${JSON.stringify(offset)}: invalid syntax`);
  if (Number(offset) < 0) throw invalidData('cursor is not correct');
  return Number(offset);
}
