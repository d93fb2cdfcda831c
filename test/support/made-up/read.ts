import { readFileSync } from 'node:fs';
import type { Conversation, Question, Turn } from '../../bench/quality/sets.ts';
import { lengthen } from './lengthen.ts';

/** The files beside this one, each a kind of memories. */
const kinds = ['turns', 'chats', 'facts', 'words', 'languages', 'updates'];
/** Later than all of them, and always the same: what is old stays as old. */
const ASKED_AT = '2026-01-15T12:00:00Z';

/**
 * Some 360 made-up memories of many kinds in one companion, and 200 questions; the group of a question is its kind.
 * They are read from text files. Their lines:
 *
 *     # name 2025-01-11 | topic; topic    a section, which is a conversation; its day, and what long messages are about
 *     Nora: text                          what somebody said
 *     user 1300: text                     the same in a message of about so many characters
 *     - [2025-01-06] text | person Ann    what nobody said, its day, and the entities it mentions
 *     ? 2 4 text                          a question, which the second and the fourth memory of the section answer
 */
export function readMadeUp(): Conversation {
  const parts = kinds.map(readKind);
  return {
    companion: 'made-up',
    validAt: ASKED_AT,
    turns: parts.flatMap(({ turns }) => turns),
    questions: parts.flatMap(({ questions }) => questions),
  };
}

/** Where a line stands. */
interface Place {
  session: string;
  turnNumber: number;
  day: string;
  topics: readonly string[];
}

function readKind(kind: string): { turns: Turn[]; questions: Question[] } {
  const turns: Turn[] = [];
  const questions: Question[] = [];
  let section = { session: '', first: 0, day: '', topics: [] as string[] };
  let sections = 0;
  for (const line of readFileSync(new URL(`${kind}.txt`, import.meta.url), 'utf8')
    .split('\n')
    .filter(Boolean)) {
    const [head = '', tail = ''] = line.split(' | ');
    const rest = tail.split('; ').filter(Boolean);
    if (line.startsWith('#')) {
      const day = /\d{4}-\d\d-\d\d/.exec(head)?.[0] ?? '';
      section = { session: `${kind}-${++sections}`, first: turns.length, day, topics: rest };
    } else if (line.startsWith('?')) {
      const [, places = '', text = ''] = /^\? (\d+(?: \d+)*) (.+)$/.exec(line) ?? [];
      const names = places.split(' ').map((place) => `${section.session}-${place}`);
      questions.push({ text, evidence: ['all', kind].map((group) => ({ group, names })) });
    } else {
      turns.push(turnOf(head, rest, { ...section, turnNumber: turns.length - section.first + 1 }));
    }
  }
  return { turns, questions };
}

function turnOf(head: string, rest: readonly string[], { session, turnNumber, day, topics }: Place): Turn {
  const name = `${session}-${turnNumber}`;
  const fact = /^- (?:\[(.+?)\] )?(.+)$/.exec(head);
  if (fact) {
    const entities = rest.map((each) => {
      const [type = '', ...words] = each.split(' ');
      return { type, name: words.join(' ') };
    });
    const validFrom = momentOf(fact[1] ?? day);
    return { name, type: 'FACT', content: fact[2] as string, validFrom, entities, session: null };
  }
  const [, speaker = '', length, said = ''] = /^(\w+)(?: (\d+))?: (.+)$/.exec(head) ?? [];
  return {
    name,
    content: length ? lengthen(speaker, said, Number(length), topics) : said,
    validFrom: momentOf(day),
    context: { conversationId: session, turnNumber, speaker },
    session,
  };
}

const momentOf = (day: string): string => `${day}T12:00:00Z`;
