import type { RecallOrder } from './enumeration.ts';

/** The most memories of a list that are put into another order than that of their scores. */
export const MAX_ARRANGED = 50;
/** So many at a time are sorted by time, the best first. */
export const TOGETHER = 10;
/** Multiplies a score for each memory of the same conversation that was placed before. */
export const SAME_CONVERSATION = 0.9;
/** Multiplies a score if a memory with nearly the same words was placed before. */
export const SAME_WORDS = 0.5;
/** Two texts have nearly the same words if at least this part of their words is in both. */
export const NEARLY_SAME = 0.8;

/** What decides the place of a memory in a list. */
export interface Arrangeable {
  id: string;
  score: number;
  /** `context.conversationId`. */
  conversation: string | null;
  /** When it became true. */
  validFrom: Date;
  /** What it says, at least the beginning. */
  said: string;
}

/** A memory in its place. */
export interface Placed {
  id: string;
  /** What its score was multiplied by to find its place. */
  variety: number;
}

interface Waiting {
  item: Arrangeable;
  conversation: string;
  isRepeated: boolean;
}

/**
 * The first {@link MAX_ARRANGED} memories of a list in the order of VARIETY or TIME; `items` are the best first. The
 * next memory is always the one with the highest score times variety. Variety falls with each memory of the same
 * conversation that was placed before, and once more if one with nearly the same words was. For TIME, each
 * {@link TOGETHER} of this order are sorted by `validFrom`. `isRanked`: a reranker ordered the list, and its order takes
 * the place of VARIETY.
 */
export function arrange(items: readonly Arrangeable[], order: RecallOrder, isRanked: boolean): Placed[] {
  const taken = isRanked ? items.slice(0, MAX_ARRANGED).map((item) => ({ item, variety: 1 })) : take(items);
  if (order !== 'TIME') return taken.map(({ item, variety }) => ({ id: item.id, variety }));
  const tens = Array.from({ length: Math.ceil(taken.length / TOGETHER) }, (_, ten) =>
    taken.slice(ten * TOGETHER, (ten + 1) * TOGETHER).sort((a, b) => inTime(a.item, b.item)),
  );
  return tens.flat().map(({ item, variety }) => ({ id: item.id, variety }));
}

function take(items: readonly Arrangeable[]): { item: Arrangeable; variety: number }[] {
  const waiting = items.map((item): Waiting => ({ item, conversation: conversationOf(item), isRepeated: false }));
  const taken: { item: Arrangeable; variety: number; words: ReadonlySet<string> }[] = [];
  const counts = new Map<string, number>();
  while (waiting.length > 0 && taken.length < MAX_ARRANGED) {
    const [next, place] = bestOf(waiting, counts);
    const words = wordsOf(next.item.said);
    if (!next.isRepeated && taken.some((other) => areNearlySame(words, other.words))) {
      next.isRepeated = true;
      continue;
    }
    waiting.splice(place, 1);
    taken.push({ item: next.item, variety: varietyOf(next, counts), words });
    counts.set(next.conversation, (counts.get(next.conversation) ?? 0) + 1);
  }
  return taken;
}

/** The one to place next, and its index; the first among equals. */
function bestOf(waiting: readonly Waiting[], counts: ReadonlyMap<string, number>): [Waiting, number] {
  const values = waiting.map((each) => each.item.score * varietyOf(each, counts));
  const place = values.reduce((best, value, index) => (value > (values[best] as number) ? index : best), 0);
  return [waiting[place] as Waiting, place];
}

/** What multiplies the score; 1 for scores up to 0, which would rise. */
function varietyOf({ item, conversation, isRepeated }: Waiting, counts: ReadonlyMap<string, number>): number {
  if (item.score <= 0) return 1;
  return SAME_CONVERSATION ** (counts.get(conversation) ?? 0) * (isRepeated ? SAME_WORDS : 1);
}

/** Its conversation, or without one, the day in UTC on which it became true. */
const conversationOf = ({ conversation, validFrom }: Arrangeable): string =>
  conversation === null ? `day ${Math.floor(Number(validFrom) / 86_400_000)}` : `conversation ${conversation}`;

const wordsOf = (text: string): ReadonlySet<string> =>
  new Set(
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}\p{M}]+/gu) ?? [],
  );

function areNearlySame(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  const [few, more] = one.size < other.size ? [one, other] : [other, one];
  if (few.size < NEARLY_SAME * more.size) return false;
  const both = few.intersection(more).size;
  return both >= NEARLY_SAME * (few.size + more.size - both);
}

const inTime = (a: Arrangeable, b: Arrangeable): number =>
  Number(a.validFrom) - Number(b.validFrom) || (a.id < b.id ? -1 : 1);
