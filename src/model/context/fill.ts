import { begins, type ContextSectionKind, headings, sharesOf } from './sections.ts';

/** What an item says, and of what: by their keys. */
export interface Said {
  /** Whole lines: it begins with what is neither white space nor a slash, and ends with an end of line. */
  text: string;
  memories: readonly string[];
  messages: readonly string[];
  /** Further keys of what need not be said again. */
  also?: readonly string[];
}

/** Something that is said as a whole or not at all. */
export interface Item {
  /** About how many characters it has. The order in which items are taken depends on these numbers, not on tokens. */
  size: number;
  /** Where it stands in the text of its section: lowest first. */
  place: number;
  /** The keys of what it says: where all have been said, it says nothing new. */
  keys: readonly string[];
  /** It makes sense only where one of these keys has been said; empty: by itself. */
  after?: readonly string[];
  /** What it says where these keys have been said already. */
  say(said: ReadonlySet<string>): Said;
}

/** Items of a section, those that are to be taken first first. */
export interface Candidates {
  kind: ContextSectionKind;
  items: readonly Item[];
  /** Where the first that does not fit ends it: what comes after would follow on nothing. */
  isUnbroken?: boolean;
  /** How many things there are beyond the items. */
  beyond?: number;
}

/** A section as it was filled. */
export interface Section {
  kind: ContextSectionKind;
  text: string;
  tokens: number;
  memories: string[];
  messages: string[];
  /** How many things did not fit. */
  omitted: number;
}

/** Counts tokens; undefined: more than `most`. */
export type Count = (text: string, most: number) => Promise<number | undefined>;

/** A section takes no more once so many items did not fit: what comes next matters less, and counting takes time. */
const MISSES = 3;

interface Placed {
  item: Item;
  /** Of its section. */
  index: number;
  /** When it is its turn. */
  turn: number;
}

/**
 * Fills sections, most important first, with at most so many tokens. Items are taken in an order that does not depend on
 * the budget, each section's in proportion to its share: what has said all leaves its room to the others. One that does
 * not fit is passed over.
 *
 * The more tokens there may be, the more there are: with one more, the same is taken up to the first item that fits only
 * now, and that leaves no room. This holds as long as what is done depends on nothing but what was taken before.
 */
export async function fill(given: readonly Candidates[], maxTokens: number, count: Count): Promise<Section[]> {
  const said = new Set<string>();
  const sections = given.map(({ kind, isUnbroken, beyond = 0 }) => ({
    kind,
    taken: [] as (Said & { place: number })[],
    tokens: 0,
    omitted: beyond,
    misses: isUnbroken ? MISSES - 1 : 0,
  }));
  let left = maxTokens;
  for (const { item, index } of inOrder(given)) {
    const section = sections[index] as (typeof sections)[number];
    if (item.after?.length && !item.after.some((key) => said.has(key))) continue;
    if (item.keys.every((key) => said.has(key))) continue;
    const isClosed = section.misses >= MISSES || left <= 0;
    const says = isClosed ? undefined : item.say(said);
    const heading = section.taken.length === 0 ? headings[section.kind] : '';
    const tokens = says && (await count(heading + says.text, left));
    if (!says || tokens === undefined) {
      section.misses++;
      section.omitted += item.keys.length;
      continue;
    }
    left -= tokens;
    section.tokens += tokens;
    section.taken.push({ ...says, place: item.place });
    for (const key of [...says.memories, ...says.messages, ...(says.also ?? [])]) said.add(key);
  }
  return sections.map(({ kind, taken, tokens, omitted }) => {
    const lines = taken.sort((a, b) => a.place - b.place);
    return {
      kind,
      text: lines.length > 0 ? headings[kind] + lines.map(({ text }) => text).join('') : '',
      tokens,
      memories: lines.flatMap(({ memories }) => memories),
      messages: lines.flatMap(({ messages }) => messages),
      omitted,
    };
  });
}

/** Working memory comes first, then the last words of the conversation, then all in proportion to their shares. */
function turnAt(before: number, share: number): number {
  if (share === Number.POSITIVE_INFINITY) return -2;
  return before < 0 ? -1 : before / share;
}

/** All items, in the order in which they are taken. */
function inOrder(given: readonly Candidates[]): Placed[] {
  const shares = sharesOf(given.map(({ kind }) => kind));
  const placed: Placed[] = [];
  for (const [index, { kind, items }] of given.entries()) {
    let before = begins[kind] ?? 0;
    for (const item of items) {
      placed.push({ item, index, turn: turnAt(before, shares.get(kind) as number) });
      before += item.size;
    }
  }
  const turnOf = new Map<string, number>();
  for (const { item, turn } of placed) {
    if (item.after?.length) continue;
    for (const key of item.keys) turnOf.set(key, Math.min(turn, turnOf.get(key) ?? Number.POSITIVE_INFINITY));
  }
  for (const each of placed) {
    const turns = (each.item.after ?? []).flatMap((key) => turnOf.get(key) ?? []);
    if (turns.length > 0) each.turn = Math.max(each.turn, Math.min(...turns));
  }
  const isLater = ({ item }: Placed) => Number((item.after?.length ?? 0) > 0);
  return placed.sort((a, b) => a.turn - b.turn || isLater(a) - isLater(b) || a.index - b.index);
}
