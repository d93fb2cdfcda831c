import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** A memory that is written, under a name of its own in its set. */
export interface Turn {
  name: string;
  /** EXPERIENCE unless it says. */
  type?: string;
  content: string;
  validFrom?: string;
  context?: Record<string, unknown>;
  entities?: readonly { type: string; name: string }[];
  /** What follows what: a turn follows the one before of the same session; null: it stands alone. */
  session: string | null;
}

/** A question, and the names of the turns that answer it: all of them under `all`, and by group. */
export interface Question {
  text: string;
  evidence: readonly { group: string; names: readonly string[] }[];
}

/** Turns that are written one after another into one companion, and what is asked of it. */
export interface Conversation {
  /** Key of its companion; conversations may share one. */
  companion: string;
  /** The moment it is asked at; unless it says, now. */
  validAt?: string;
  turns: readonly Turn[];
  questions: readonly Question[];
}

interface LocomoConversation {
  id: string;
  turns: { dia_id: string; session: number; datetime: string; speaker: string; text: string; caption?: string }[];
  qa: { question: string; category: number; evidence: string[] }[];
}

interface BeamChat {
  id: string;
  turns: { id: number; role: string; session: number; text: string }[];
  qa: { question: string; category: string; evidence: number[] }[];
}

const categories = ['', 'multi-hop', 'temporal', 'open-domain', 'single-hop', 'adversarial'];
/** LoCoMo's questions whose answer is not there: its headline leaves them out. */
const ADVERSARIAL = 5;
/** The most characters of a message of BEAM that are written. */
const MAX_MESSAGE = 90_000;

/** The lines of a JSON Lines file, which may be compressed. */
function readLines<T>(file: string): T[] {
  const bytes = readFileSync(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

const said = ({ text, caption }: LocomoConversation['turns'][number]): string =>
  text + (caption ? ` [shares ${caption}]` : '');

/** The names that are turns, each once. */
const known = (evidence: readonly string[], turns: readonly { dia_id: string }[]): string[] => {
  const names = new Set(turns.map(({ dia_id }) => dia_id));
  return [...new Set(evidence)].filter((name) => names.has(name));
};

/** LoCoMo: each turn a memory. */
export const readLocomo = (file: string): Conversation[] =>
  readLines<LocomoConversation>(file).map(({ id, turns, qa }) => ({
    companion: id,
    turns: turns.map((turn, index) => ({
      name: turn.dia_id,
      content: said(turn),
      validFrom: `${turn.datetime}Z`,
      session: `${turn.session}`,
      context: {
        conversationId: `${id}-session-${turn.session}`,
        turnNumber: index,
        speaker: turn.speaker,
        source: turn.dia_id,
      },
    })),
    questions: qa.map(({ question, category, evidence }) => {
      const names = known(evidence, turns);
      const group = categories[category] as string;
      const all = category === ADVERSARIAL ? [] : [{ group: 'all', names }];
      return { text: question, evidence: [...all, { group, names }] };
    }),
  }));

/** The same in one companion. */
export const together = (conversations: readonly Conversation[]): Conversation[] =>
  conversations.map(({ companion, turns, questions }) => {
    const of = (name: string) => `${companion} ${name}`;
    return {
      companion: 'together',
      turns: turns.map((turn) => ({ ...turn, name: of(turn.name), session: of(turn.session ?? '') })),
      questions: questions.map((question) => ({
        ...question,
        evidence: question.evidence.map(({ group, names }) => ({ group, names: names.map(of) })),
      })),
    };
  });

/**
 * LoCoMo with every second session merged into one memory, once the odd and once the even ones: long memories among
 * short ones, of which neither may bury the other. `long` are the questions that only long ones answer, `short` those
 * that only short ones do. Nobody is named as a speaker, in contexts or in questions: that would favour the short.
 */
export const readMixed = (file: string): Conversation[] =>
  readLines<LocomoConversation>(file).flatMap((conversation) => [mixed(conversation, 0), mixed(conversation, 1)]);

function mixed({ id, turns, qa }: LocomoConversation, parity: number): Conversation {
  const isLong = ({ session }: { session: number }) => session % 2 === parity;
  const nameOf = (turn: LocomoConversation['turns'][number]) =>
    isLong(turn) ? `session-${turn.session}` : turn.dia_id;
  const namesOf = new Map(turns.map((turn) => [turn.dia_id, nameOf(turn)]));
  const long = new Set(turns.filter(isLong).map(nameOf));
  const groups = Map.groupBy(turns, nameOf);
  const speakers = [...new Set(turns.map(({ speaker }) => speaker))];
  const anyName = new RegExp(String.raw`\b(?:${speakers.join('|')})(?:['’]s)?\b`, 'gi');
  return {
    companion: `${id}-${parity}`,
    turns: [...groups].map(([name, [first, ...rest]]) => {
      const turn = first as LocomoConversation['turns'][number];
      return {
        name,
        content: [turn, ...rest].map(said).join('\n'),
        validFrom: `${turn.datetime}Z`,
        session: isLong(turn) ? null : `${turn.session}`,
        context: { conversationId: `${id}-session-${turn.session}`, source: name },
      };
    }),
    questions: qa
      .filter(({ category }) => category !== ADVERSARIAL)
      .map(({ question, evidence }) => {
        const names = [...new Set(known(evidence, turns).map((name) => namesOf.get(name) as string))];
        const inLong = names.filter((name) => long.has(name));
        const inShort = names.filter((name) => !long.has(name));
        return {
          text: question.replaceAll(anyName, ' '),
          evidence: [
            { group: 'all', names },
            { group: 'long', names: inShort.length > 0 ? [] : inLong },
            { group: 'short', names: inLong.length > 0 ? [] : inShort },
          ],
        };
      }),
  };
}

/** BEAM: each message of a chat with an assistant a memory. */
export const readBeam = (file: string): Conversation[] =>
  readLines<BeamChat>(file).map(({ id, turns, qa }) => ({
    companion: `beam-${id}`,
    turns: turns.map(({ id: turn, role, session, text }) => ({
      name: `${turn}`,
      content: text.trim().slice(0, MAX_MESSAGE) || '(empty)',
      session: `${session}`,
      context: { conversationId: `${id}-session-${session}`, turnNumber: turn, speaker: role, source: `${turn}` },
    })),
    questions: qa.map(({ question, category, evidence }) => {
      const names = [...new Set(evidence.map(String))];
      return {
        text: question,
        evidence: [
          { group: 'all', names },
          { group: category.replaceAll('_', ' '), names },
        ],
      };
    }),
  }));

/** Pairs of a memory and a question that share no word, all in one companion; a third part names the language. */
export function readParaphrases(file: string): Conversation[] {
  const pairs = JSON.parse(readFileSync(file, 'utf8')) as [string, string, string?][];
  const name = (index: number) => `pair-${index}`;
  return [
    {
      companion: 'paraphrases',
      turns: pairs.map(([content], index) => ({ name: name(index), content, session: null })),
      questions: pairs.map(([, text, language = 'English'], index) => ({
        text,
        evidence: ['all', language].map((group) => ({ group, names: [name(index)] })),
      })),
    },
  ];
}
