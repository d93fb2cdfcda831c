import { readFileSync } from 'node:fs';
import { readBeam, readLocomo } from '../quality/sets.ts';
import { Memories, type Written } from './memories.ts';

/** What was found of one text. */
export interface Outcome extends Written {
  /** What the set says of it: an update, a contradiction, or neither. */
  label: string;
}

interface FactsOfChat {
  chat: number;
  facts: { label: string; text: string }[];
}

const labels: Record<string, string> = { UPDATE: 'updates', CONTRADICTION: 'contradictions' };

/** Short facts, labelled where one updates or contradicts one before; each chat is a companion. */
export function writeFacts(file: string): Outcome[] {
  const chats = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as FactsOfChat);
  return chats.flatMap(({ facts }) => {
    const memories = new Memories();
    return facts.map(({ label, text }) => ({ ...memories.write(text), label: labels[label] ?? 'others' }));
  });
}

/** Turns of talks between two people, in which hardly anything contradicts anything. */
export const writeTurns = (file: string): Outcome[] =>
  readLocomo(file).flatMap(({ turns }) => {
    const memories = new Memories();
    return turns.map(({ content, context }) => ({
      ...memories.write(content, context?.speaker as string | undefined),
      label: 'turns',
    }));
  });

/** Of a question about a contradiction or an update: whether an earlier message of it is among the candidates of the last. */
export interface Partner {
  group: string;
  isFound: boolean;
}

const asksOfTwo = (group: string): boolean => /contradiction|update/.test(group);

/** Long messages of chats; a question names the messages that say something of one thing. */
export function writeMessages(file: string): Partner[] {
  return readBeam(file).flatMap(({ turns, questions }) => {
    const places = new Map(turns.map(({ name }, place) => [name, place]));
    const memories = new Memories();
    const written = turns.map(({ content }) => memories.write(content));
    return questions.flatMap(({ evidence }) =>
      evidence.flatMap(({ group, names }) => {
        const own = names.map((name) => places.get(name) ?? 0).sort((a, b) => a - b);
        const last = own.at(-1) as number;
        const earlier = own.filter((place) => place < last);
        if (!asksOfTwo(group) || own.length !== 2 || earlier.length === 0) return [];
        return [{ group, isFound: earlier.some((place) => written[last]?.candidates.includes(place)) }];
      }),
    );
  });
}
