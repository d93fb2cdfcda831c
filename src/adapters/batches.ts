// How much one request takes.

/** So many messages, or memories, one request takes. */
export const MOST_ITEMS = 500;
/** Half of the bytes that it takes: the rest is room for what stands around the contents. */
export const MOST_BYTES = 8 * 2 ** 20;
/** The most items of a page. */
export const PAGE = 100;

const encoder = new TextEncoder();
/** Bytes of a text in UTF-8. */
export const utf8Of = (text: string): Uint8Array<ArrayBuffer> => encoder.encode(text);
/** Bytes of a value as JSON. */
export const bytesOf = (value: unknown): number => utf8Of(JSON.stringify(value) ?? 'null').length;

/** What items come to, and the most that those of one batch may. */
type Measure<Item> = readonly [of: (item: Item) => number, most: number];

/** Items in batches, in order, of which none comes to more than it may; an item that does by itself is one alone. */
export function batchesOf<Item>(items: readonly Item[], measures: readonly Measure<Item>[]): Item[][] {
  const batches: Item[][] = [];
  let sums: number[] = [];
  for (const item of items) {
    const sizes = measures.map(([of]) => of(item));
    const more = sizes.map((size, n) => (sums[n] ?? 0) + size);
    const last = batches.at(-1);
    if (last && measures.every(([, most], n) => (more[n] as number) <= most)) {
      last.push(item);
      sums = more;
    } else {
      batches.push([item]);
      sums = sizes;
    }
  }
  return batches;
}

/** Items in batches of at most so many. */
export const chunked = <Item>(items: readonly Item[], most: number): Item[][] => batchesOf(items, [[() => 1, most]]);
