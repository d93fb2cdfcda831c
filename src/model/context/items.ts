import type { Item } from './fill.ts';
import { type ContextMemory, type Doubts, disputeLine, memoryLine } from './lines.ts';
import { type ContextMessage, messageLines, unitsOf } from './messages.ts';

/** About how many characters a line has beside what it says. */
const FRAME = 60;

const whose = {
  CONVERSATION: 'Of this conversation',
  USER: 'Of the user',
  COMPANION: 'Of the companion',
} as const;

/** Texts of working memory, each as a whole. */
export const workingMemoryItems = (
  rows: readonly { id: string; scope: keyof typeof whose; content: string }[],
): Item[] =>
  rows
    .filter(({ content }) => content.trim() !== '')
    .map(({ id, scope, content }, place) => ({
      size: content.length,
      place,
      keys: [id],
      say: () => ({ text: `### ${whose[scope]}\n${content.trim()}\n`, memories: [], messages: [] }),
    }));

function memoryItem(memory: ContextMemory, doubts: Doubts, place: number): Item {
  const { id, text } = memory;
  return {
    size: text.length + FRAME,
    place,
    keys: [id],
    say: () => ({ text: memoryLine(memory, doubts), memories: [id], messages: [] }),
  };
}

/** Answers of slots, by the names of these. */
export const factItems = (facts: readonly ContextMemory[], doubts: Doubts): Item[] =>
  facts.map((fact, place) => memoryItem(fact, doubts, place));

/** What is known of a user and a companion, what matters most first. */
export const profileItems = factItems;

/** Memories, best first; in the text they stand by when they came true. */
export function memoryItems(memories: readonly ContextMemory[], doubts: Doubts): Item[] {
  const inTime = memories.toSorted((a, b) => a.validFrom.getTime() - b.validFrom.getTime() || (a.id < b.id ? -1 : 1));
  const places = new Map(inTime.map(({ id }, place) => [id, place]));
  return memories.map((memory) => memoryItem(memory, doubts, places.get(memory.id) as number));
}

interface Dispute {
  id: string;
  memoryId: string;
  byId: string;
  reason: string | null;
}

/**
 * Contradictions: each says which memories contradict each other, and the one that has not been said. One is told where a
 * side has been; `said` are the memories that may be said elsewhere.
 */
export function disputeItems(
  disputes: readonly Dispute[],
  memories: ReadonlyMap<string, ContextMemory>,
  doubts: Doubts,
  mayBeSaid: ReadonlySet<string>,
): Item[] {
  return disputes.flatMap(({ id, memoryId, byId, reason }, place): Item[] => {
    const sides = [memoryId, byId].flatMap((side) => memories.get(side) ?? []);
    if (sides.length < 2) return [];
    const item: Item = {
      size: sides.reduce((sum, { text }) => sum + text.length / 2, FRAME),
      place,
      keys: [id],
      after: [memoryId, byId].filter((side) => mayBeSaid.has(side)),
      say: (said) => {
        const others = sides.filter((side) => !said.has(side.id));
        const lines = others.map((side) => memoryLine(side, doubts));
        const text = lines.join('') + disputeLine(memoryId, byId, reason);
        return { text, memories: others.map((side) => side.id), messages: [], also: [id] };
      },
    };
    return [item];
  });
}

/** Messages, oldest first, as items of a section that the newest begin, and how many more there are. */
export function messageItems(
  messages: readonly ContextMessage[],
  beyond: number,
): { items: Item[]; isUnbroken: true; beyond: number } {
  const units = unitsOf(messages);
  const inUnits = units.reduce((sum, unit) => sum + unit.length, 0);
  const items = units.toReversed().map((unit, index): Item => {
    const ids = unit.map(({ id }) => id);
    return {
      size: unit.reduce((sum, { size }) => sum + size + FRAME, 0),
      place: -index,
      keys: ids,
      say: (said) => ({
        text: unit.map((message) => messageLines(message, said)).join(''),
        memories: [],
        messages: ids,
        also: unit.flatMap(({ memory }) => memory?.id ?? []),
      }),
    };
  });
  return { items, isUnbroken: true, beyond: beyond + messages.length - inUnits };
}
