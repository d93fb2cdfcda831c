import { sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, recordset, typed, under } from '../../db/typed-sql.ts';
import { PASSAGE_WORDS, SHORT } from '../../model/recall/length.ts';
import { piecesOf } from '../../model/text/words.ts';
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

/** Which memory, the terms of the question that it has, the rarest first, and the passage that counts, if one does. */
export interface Excerpted {
  id: string;
  lexemes: readonly string[];
  passage: number | null;
}

/** So much of a content is looked at of which no passage counts, from its beginning. */
const LOOKED_AT = 4_000;
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

const wanted = { id: memories.id, text: typed<string>('text'), query: typed<string>('text') };
const contentFields = fields(pick(m, 'id', 'content'));

/** The excerpts of those of the memories whose contents are long, in two statements. */
export async function excerptsOf(
  tx: Transaction,
  reading: Reading,
  given: readonly Excerpted[],
): Promise<Map<string, Excerpt>> {
  const long = await tx.rows<RowOf<typeof contentFields>>(sql`
    select ${contentFields} from unnest(${uuids([...new Set(given.map(({ id }) => id))])}) asked (id)
    ${reading.lookUp(m, sql`${m.id} = asked.id and ${lengthSql(m.content)} > ${sql.raw(String(SHORT))}`)}`);
  if (long.length === 0) return new Map();
  const contentOf = new Map(long.map(({ id, content }) => [id, content]));
  const looked = given.flatMap(({ id, lexemes, passage }) => {
    const content = contentOf.get(id);
    if (content === undefined) return [];
    const [from, until] = passage === null ? [0, LOOKED_AT] : placeOf(content, passage);
    return { id, lexemes, content, from, text: content.slice(from, wholeCharacter(content, until)) };
  });
  const asked = recordset(
    'asked',
    wanted,
    looked.map(({ id, text, lexemes }) => ({ id, text, query: anyOf(lexemes.slice(0, MAX_LEXEMES)) })),
  );
  const partFields = fields({
    id: asked.id,
    part: sql<string>`ts_headline(${asked.text}, ${asked.query}::tsquery,
      ${`StartSel=${BEGIN}, StopSel=${END}, MaxWords=${MOST_WORDS}, MinWords=${LEAST_WORDS}`})`,
  });
  const parts = await tx.rows<RowOf<typeof partFields>>(sql`select ${partFields} from ${aliased(asked)}`);
  const partOf = new Map(parts.map(({ id, part }) => [id, part]));
  return new Map(looked.map((each) => [each.id, placed(each.content, partOf.get(each.id) ?? '', each)]));
}

/** Words that the terms of the day have before those of a content: see dateTerms. */
const WORDS_OF_DAY = 2;

/** From where to before where a passage stands in a content. */
function placeOf(content: string, passage: number): [from: number, until: number] {
  const first = passage * PASSAGE_WORDS - WORDS_OF_DAY;
  let words = 0;
  let from = 0;
  for (const piece of piecesOf(content)) {
    if (words <= first) from = piece.start;
    else if (words >= first + PASSAGE_WORDS) return [from, piece.start];
    words += piece.words.length;
  }
  return [from, content.length];
}

/** A tsquery of any of some lexemes. */
const anyOf = (lexemes: readonly string[]): string =>
  lexemes.map((lexeme) => `'${lexeme.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`).join(' | ');

/**
 * Where a part stands that PostgreSQL answered. It leaves out tags, so that the part may not stand there as it is, and
 * finds no words in scripts without spaces.
 */
function placed(
  content: string,
  part: string,
  { lexemes, from: start }: { lexemes: readonly string[]; from: number },
): Excerpt {
  const begin = part.indexOf(BEGIN);
  const text = part.replaceAll(BEGIN, '').replaceAll(END, '').trim();
  const at = begin < 0 ? -1 : content.indexOf(text, start);
  if (at >= 0 && text.length <= MOST_CHARACTERS) {
    const from = sentenceStart(content, at);
    return { text: content.slice(from, at + text.length), from, until: at + text.length };
  }
  const hits = begin < 0 ? lexemes : [part.slice(begin + 1, part.indexOf(END))];
  const hit = hits.map((each) => content.indexOf(each, Math.max(start, at))).find((place) => place >= 0) ?? start;
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
