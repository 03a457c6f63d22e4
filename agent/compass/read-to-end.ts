/** What a page says of its list, whatever its items are. */
export interface PageHead {
  readonly totalCount: number;
  readonly hasNextPage: boolean;
  readonly endCursor: string;
}

/** One page of one of Director's lists. */
export interface Page<T> extends PageHead {
  readonly items: readonly T[];
}

/** Where a page of a list begins. */
export interface Position {
  readonly after: string;
  /** How many items stand before it. */
  readonly offset: number;
}

/** Thrown inside this room when a list changed while it was read; cursors are offsets, so it must be read anew. */
export class ListMoved extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = 'ListMoved';
  }
}

/**
 * A list that is read page by page. It throws {@link ListMoved} unless every id comes once and the number of items is what
 * each page gives as total (docs/contracts/compass.md#paging).
 */
export class ListInPages<T extends { readonly id: string }> {
  readonly #checkPromise: (items: number) => void;
  readonly #cursors = new Set<string>();
  readonly #items = new Map<string, T>();
  #totalCount: number | undefined;
  #count = 0;

  /** @param checkPromise Is told what the list promises, and throws where that is too much. */
  constructor(checkPromise: (items: number) => void) {
    this.#checkPromise = checkPromise;
  }

  get items(): T[] {
    return [...this.#items.values()];
  }

  /** Gives where the page after this one begins; undefined: this one, of `count` items, is the last. */
  follow({ totalCount, hasNextPage, endCursor }: PageHead, count: number): Position | undefined {
    if (this.#totalCount === undefined) this.#checkPromise(totalCount);
    this.#totalCount ??= totalCount;
    this.#count += count;
    if (totalCount !== this.#totalCount) throw new ListMoved('the total changed between pages');
    if (this.#count > totalCount) throw new ListMoved('there are more items than the total');
    if (!hasNextPage) {
      if (this.#count !== totalCount) throw new ListMoved('the number of items is not the total');
      return undefined;
    }
    if (endCursor === '' || this.#cursors.has(endCursor)) throw new ListMoved('a page led nowhere');
    // An empty page has nothing after it, whatever it says; else a list could go on for ever.
    if (count === 0) throw new ListMoved('an empty page promised more');
    this.#cursors.add(endCursor);
    return { after: endCursor, offset: this.#count };
  }

  /** Takes in the items of a page that was followed. */
  take(items: readonly T[]): void {
    for (const item of items) {
      if (this.#items.has(item.id)) throw new ListMoved('an item came twice');
      this.#items.set(item.id, item);
    }
  }
}

/** Reads a list to its end, beginning with the page `first`. Throws what {@link ListInPages} throws. */
export async function readToEnd<T extends { readonly id: string }>(
  first: Page<T>,
  fetchNext: (after: string) => Promise<Page<T>>,
  checkPromise: (items: number) => void,
): Promise<T[]> {
  const list = new ListInPages<T>(checkPromise);
  let page = first;
  for (;;) {
    const next = list.follow(page, page.items.length);
    list.take(page.items);
    if (next === undefined) return list.items;
    page = await fetchNext(next.after);
  }
}
