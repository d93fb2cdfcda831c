import { sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, fields, type RowOf, recordset, typed, under } from '../../db/typed-sql.ts';
import { SHORT } from '../../model/recall/length.ts';
import { memories } from '../../tables/memory.ts';
import { lengthSql } from './sources.ts';

const m = under(memories, 'm');

/** The part of a long content that fits a question best. */
export interface Excerpt {
  text: string;
  /** Where it begins in the content and where it ends, in UTF-16 code units: `content.slice(from, until)` is it. */
  from: number;
  until: number;
}

/** Which memory, and the terms of the question that it has, the rarest first. */
export interface Excerpted {
  id: string;
  lexemes: readonly string[];
}

/** How many of its terms decide which part it is. */
const MAX_LEXEMES = 12;
/** How many words a part has. */
const MOST_WORDS = 60;
const LEAST_WORDS = 30;
/** So many characters at most: words may be long, or few between what is none. */
const MOST_CHARACTERS = 600;
/**
 * Where the part that PostgreSQL names is not in the content word for word, it is so many characters around its first
 * hit. A part also begins with its sentence, where that begins at most so many characters before.
 */
const AROUND = 200;

/** What stands around a hit in what PostgreSQL answers: for private use, so that contents seldom have them. */
const [BEGIN, END] = ['\uE00A', '\uE00B'];

const wanted = { id: memories.id, query: typed<string>('text') };
const partFields = fields({
  id: m.id,
  content: m.content,
  part: sql<string>`ts_headline(${m.content}, asked."query"::tsquery,
    ${`StartSel=${BEGIN}, StopSel=${END}, MaxWords=${MOST_WORDS}, MinWords=${LEAST_WORDS}`})`,
});

/** The excerpts of those of the memories whose contents are long, in one statement. */
export async function excerptsOf(
  tx: Transaction,
  reading: Reading,
  given: readonly Excerpted[],
): Promise<Map<string, Excerpt>> {
  const asked = recordset(
    'asked',
    wanted,
    given.map(({ id, lexemes }) => ({ id, query: anyOf(lexemes.slice(0, MAX_LEXEMES)) })),
  );
  const rows = await tx.rows<RowOf<typeof partFields>>(sql`
    select ${partFields} from ${aliased(asked)}
    ${reading.lookUp(m, sql`${m.id} = ${asked.id} and ${lengthSql(m.content)} > ${sql.raw(String(SHORT))}`)}`);
  const lexemesOf = new Map(given.map(({ id, lexemes }) => [id, lexemes]));
  return new Map(rows.map(({ id, content, part }) => [id, placed(content, part, lexemesOf.get(id) ?? [])]));
}

/** A tsquery of any of some lexemes. */
const anyOf = (lexemes: readonly string[]): string =>
  lexemes.map((lexeme) => `'${lexeme.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`).join(' | ');

/**
 * Where a part stands that PostgreSQL answered. It leaves out tags, so that the part may not stand there as it is, and
 * finds no words in scripts without spaces.
 */
function placed(content: string, part: string, lexemes: readonly string[]): Excerpt {
  const begin = part.indexOf(BEGIN);
  const text = part.replaceAll(BEGIN, '').replaceAll(END, '').trim();
  const at = begin < 0 ? -1 : content.indexOf(text);
  if (at >= 0 && text.length <= MOST_CHARACTERS) {
    const from = sentenceStart(content, at);
    return { text: content.slice(from, at + text.length), from, until: at + text.length };
  }
  const hits = begin < 0 ? lexemes : [part.slice(begin + 1, part.indexOf(END))];
  const hit = hits.map((each) => content.indexOf(each, Math.max(0, at))).find((place) => place >= 0) ?? 0;
  const from = wholeCharacter(content, Math.max(0, hit - AROUND));
  const until = wholeCharacter(content, Math.min(content.length, hit + AROUND));
  return { text: content.slice(from, until), from, until };
}

/** Where the sentence begins that a place is in, where that is near; else the place. */
function sentenceStart(content: string, place: number): number {
  const before = content.slice(Math.max(0, place - AROUND), place);
  const end = [...before.matchAll(/(?:[.!?]\s+|[。！？\n]\s*)/g)].at(-1);
  if (end) return place - before.length + end.index + end[0].length;
  return place <= AROUND ? 0 : place;
}

/** The place, or the one before where that is within a character. */
const wholeCharacter = (text: string, place: number): number =>
  /[\uDC00-\uDFFF]/.test(text.charAt(place)) ? Math.max(0, place - 1) : place;
