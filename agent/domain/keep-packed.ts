/** Where a packed object has its text. */
const text = Symbol('text');

interface Packed {
  readonly [text]: string;
}

/** What was unpacked, for as long as whoever reads it waits for nothing: a plan looks at each object many times. */
const unpacked = new Map<Packed, object>();

/**
 * So many characters of text are unpacked at the same time. Of a landscape that is larger, which would fill the heap, only
 * the last few objects are: those die young, which costs least.
 */
const maxUnpacked = 12 * 2 ** 20;
const fewUnpacked = 2 ** 18;
let unpackedLength = 0;
let unpackedLimit = maxUnpacked;

const fields = new Map<string, PropertyDescriptor & ThisType<Packed>>();

/**
 * The same plain data to whoever reads, lists, compares or copies it, but kept as JSON, which takes half of the memory.
 * Each read unpacks it, so that it is for what is kept for long and seldom read.
 * @param plain Fields that are read often and stay as they are.
 */
export function keepPacked<T extends object>(data: T, plain: readonly (keyof T & string)[] = []): T {
  if (text in data) return data;
  const kept: Record<string, unknown> = {};
  for (const name of plain) kept[name] = data[name];
  Object.defineProperty(kept, text, { value: JSON.stringify(data) });
  for (const name of Object.keys(data))
    if (!Object.hasOwn(kept, name)) Object.defineProperty(kept, name, toField(name));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it has a getter for each field of the data
  return kept as T;
}

/** How many bytes the text of what is packed takes at the most; 0 for what is not. */
export function weighPacked(data: object): number {
  // A character may take two bytes.
  return text in data && typeof data[text] === 'string' ? data[text].length * 2 : 0;
}

/** One for each name, so that V8 has one shape for all objects of a kind. */
function toField(name: string): PropertyDescriptor {
  const field = fields.get(name) ?? {
    enumerable: true,
    get() {
      const value: unknown = Reflect.get(unpack(this), name);
      return value;
    },
  };
  fields.set(name, field);
  return field;
}

function unpack(kept: Packed): object {
  const known = unpacked.get(kept);
  if (known !== undefined) return known;
  if (unpacked.size === 0 && unpackedLimit === maxUnpacked) queueMicrotask(endTurn);
  unpackedLength += kept[text].length;
  if (unpackedLength > unpackedLimit) {
    forgetUnpacked();
    unpackedLimit = fewUnpacked;
  }
  const data: unknown = JSON.parse(kept[text]);
  if (typeof data !== 'object' || data === null) return kept;
  unpacked.set(kept, data);
  return data;
}

function forgetUnpacked(): void {
  unpacked.clear();
  unpackedLength = 0;
}

function endTurn(): void {
  forgetUnpacked();
  unpackedLimit = maxUnpacked;
}
