import type { LandscapePage } from './parse-director.ts';
import { ListMoved } from './read-to-end.ts';

/** Some of the systems, by where they stand in the list. */
export interface Part {
  readonly after: string;
  readonly count: number;
}

/** What one request for some systems came to. */
export type PartAnswer =
  | { readonly kind: 'whole'; readonly page: LandscapePage }
  /** Something in one of them spoils what Director says of all of them; `page` where it says anything. */
  | { readonly kind: 'spoilt'; readonly page: LandscapePage | undefined };

export interface PartSource {
  /** Throws what a request throws, unless it is the content that spoils the answer. */
  ask(part: Part): Promise<PartAnswer>;
  /** What can be had of spoilt systems all the same: each says what is missing of it. Throws what a request throws. */
  rescue(part: Part): Promise<LandscapePage>;
}

/** More of them in one read are no odd data but an outage of a part of UCL. */
const maxCulprits = 3;

export interface IsolatedPage {
  readonly page: LandscapePage;
  /** Places of the systems that spoil a page, counted from its first. */
  readonly culprits: readonly number[];
}

class TooManyCulprits extends Error {}

/**
 * Halves a part that something in it spoils until the culprit is alone, so that the others are read whole. Gives undefined
 * where there are too many of them. Throws what a request throws, and ListMoved.
 */
export async function isolatePage(spoilt: Part, source: PartSource): Promise<IsolatedPage | undefined> {
  const culprits: number[] = [];

  const halve = async ({ after, count }: Part, start: number): Promise<LandscapePage> => {
    const size = Math.ceil(count / 2);
    const first = await settle({ after, count: size }, start);
    const { hasNextPage, endCursor } = first.page.applications;
    if (!hasNextPage || size === count) return first.page;
    const rest = { after: endCursor, count: count - size };
    // What spoils the whole is in the second half where it is not in the first: that need not be asked for as a whole.
    const isKnown = first.isWhole && rest.count > 1;
    const second = isKnown ? await halve(rest, start + size) : (await settle(rest, start + size)).page;
    return join(first.page, second);
  };

  const settle = async (part: Part, start: number): Promise<{ page: LandscapePage; isWhole: boolean }> => {
    const answer = await source.ask(part);
    if (answer.kind === 'whole') return { page: answer.page, isWhole: true };
    if (part.count > 1) return { page: await halve(part, start), isWhole: false };
    culprits.push(start);
    if (culprits.length > maxCulprits) throw new TooManyCulprits();
    return { page: answer.page ?? (await source.rescue(part)), isWhole: false };
  };

  try {
    const page = spoilt.count > 1 ? await halve(spoilt, 0) : (await settle(spoilt, 0)).page;
    return { page, culprits };
  } catch (error: unknown) {
    if (error instanceof TooManyCulprits) return undefined;
    throw error;
  }
}

function join(left: LandscapePage, right: LandscapePage): LandscapePage {
  if (left.applications.totalCount !== right.applications.totalCount) {
    throw new ListMoved('the total changed between the halves of a page');
  }
  const items = [...left.applications.items, ...right.applications.items];
  return { runtimeLabels: left.runtimeLabels, applications: { ...right.applications, items } };
}
