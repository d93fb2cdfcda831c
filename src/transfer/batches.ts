import type { SaidLine } from './format/file.ts';
import type { Item, Numbered } from './format/items.ts';

/** The most that one transaction takes. */
export const ITEMS = 500;
const BYTES = 1_000_000;
/** Companions, and conversations: each has statements of its own. */
const PARENTS = 50;

export interface Batch {
  items: readonly Numbered[];
  /** The last line that is imported with it, and how many bytes of the file then are. */
  upTo: number;
  end: number;
}

/** Gathers what lines say. The items of one line can be more than a batch takes, and then continue in the next. */
export async function* batches(lines: AsyncIterable<SaidLine>): AsyncGenerator<Batch> {
  let items: Numbered[] = [];
  let parents = new Set<string>();
  let [begin, end, upTo] = [0, 0, 0];
  const take = (): Batch => {
    const batch = { items, upTo, end };
    items = [];
    parents = new Set();
    begin = end;
    return batch;
  };
  for await (const line of lines) {
    for (const item of line.items) {
      if (items.length === ITEMS || parents.size === PARENTS) yield take();
      items.push({ line: line.number, item });
      const parent = parentOf(item);
      if (parent !== undefined) parents.add(parent);
    }
    upTo = line.number;
    end = line.end;
    if (end - begin >= BYTES) yield take();
  }
  if (items.length > 0) yield take();
}

function parentOf(item: Item): string | undefined {
  switch (item.kind) {
    case 'companion':
      return item.key;
    case 'entity':
    case 'memory':
      return item.companion;
    case 'conversation':
      return JSON.stringify([item.companion, item.externalId]);
    case 'message':
    case 'turn':
      return JSON.stringify([item.companion, item.conversation]);
    default:
      return undefined;
  }
}
