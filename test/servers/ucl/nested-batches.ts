import type { GraphQLResolveInfo } from 'graphql';
import type { PageArguments } from './paging.ts';

/** A nested list that waits for the arguments of its batch. */
interface WaitingList {
  parent: string;
  args: PageArguments;
  /** Another field of the same parent was started before it. */
  isPreceded: boolean;
  resolve: (args: PageArguments) => void;
}

/**
 * The Director collects the nested lists of one name and reads them together, with the arguments of the first that its
 * batch got (docs/contracts/compass.md#dataloader-trap). Which one that is, is left to the scheduler of Go: this
 * follows the order that was seen most of the time.
 */
export class NestedBatches {
  /** By parent: the first of its fields that the Director starts on its own. */
  readonly #startedFirst = new Map<string, string>();
  readonly #waiting = new Map<string, WaitingList[]>();

  /** Notes that a field was started which the Director resolves in a goroutine. */
  noteStart(info: GraphQLResolveInfo): void {
    const parent = parentOf(info);
    if (!this.#startedFirst.has(parent)) this.#startedFirst.set(parent, info.fieldName);
  }

  /** Resolves, when all lists of that name which are asked for at the same time are known, to what counts for them. */
  join(info: GraphQLResolveInfo, args: PageArguments): Promise<PageArguments> {
    const parent = parentOf(info);
    const isPreceded = this.#startedFirst.get(parent) !== info.fieldName;
    return new Promise((resolve) => {
      const batch = this.#waiting.get(info.fieldName) ?? [];
      if (batch.length === 0) {
        this.#waiting.set(info.fieldName, batch);
        setImmediate(() => this.#end(info.fieldName));
      }
      batch.push({ parent, args, isPreceded, resolve });
    });
  }

  #end(name: string): void {
    const batch = this.#waiting.get(name) ?? [];
    this.#waiting.delete(name);
    const args = findLeader(batch)?.args ?? {};
    for (const { resolve } of batch) resolve(args);
  }
}

/** Of several parents the last is reached first; of its lists the first, unless another field holds that up. */
function findLeader(batch: readonly WaitingList[]): WaitingList | undefined {
  const ofLastParent = batch.filter(({ parent }) => parent === batch.at(-1)?.parent);
  return ofLastParent[0]?.isPreceded === true ? ofLastParent.at(-1) : ofLastParent[0];
}

function parentOf({ path }: GraphQLResolveInfo): string {
  const keys: (string | number)[] = [];
  for (let step = path.prev; step !== undefined; step = step.prev) keys.unshift(step.key);
  return keys.join('.');
}
