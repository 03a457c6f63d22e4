/** One page of one of Director's lists. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly totalCount: number;
  readonly hasNextPage: boolean;
  readonly endCursor: string;
}

/** Thrown inside this room when a list changed while it was read; cursors are offsets, so it must be read anew. */
export class ListMoved extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = 'ListMoved';
  }
}

/**
 * Reads a list to its end, beginning with the page `first`. Throws {@link ListMoved} unless every id came once and the
 * number of items is what each page gave as total (docs/contracts/compass.md#paging).
 * @param checkPromise Is told what the list promises, and throws where that is too much.
 */
export async function readToEnd<T extends { readonly id: string }>(
  first: Page<T>,
  fetchNext: (after: string) => Promise<Page<T>>,
  checkPromise: (items: number) => void,
): Promise<T[]> {
  checkPromise(first.totalCount);
  const items = new Map<string, T>();
  const cursors = new Set<string>();
  let page = first;
  for (;;) {
    for (const item of page.items) {
      if (items.has(item.id)) throw new ListMoved('an item came twice');
      items.set(item.id, item);
    }
    if (items.size > first.totalCount) throw new ListMoved('there are more items than the total');
    if (page.totalCount !== first.totalCount) throw new ListMoved('the total changed between pages');
    if (!page.hasNextPage) break;
    if (page.endCursor === '' || cursors.has(page.endCursor)) throw new ListMoved('a page led nowhere');
    // An empty page has nothing after it, whatever it says; else a list could go on for ever.
    if (page.items.length === 0) throw new ListMoved('an empty page promised more');
    cursors.add(page.endCursor);
    page = await fetchNext(page.endCursor);
  }
  if (items.size !== first.totalCount) throw new ListMoved('the number of items is not the total');
  return [...items.values()];
}
