import type { SQL } from 'drizzle-orm';
import { NOW } from '../../db/reading.ts';
import { fill, type Made, make, withOneWorkspace } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import type { RowOf } from '../../db/typed-sql.ts';
import { candidateTerms } from '../../model/finding/candidates.ts';
import type { Statement } from '../../model/finding/statement.ts';
import { type Asking, candidatesSql, type found, LARGE } from './candidates-sql.ts';

/**
 * How many older memories each new one is compared with, those first that share what is rare; of a batch in all about so
 * many, but at least a few of each: the first five hold nearly nine of ten that a text repeats, updates or denies.
 */
const MOST_CANDIDATES = 20;
const MOST_CANDIDATES_OF_ALL = 2_000;
const LEAST_CANDIDATES = 5;
/** How many words of a text are asked for how rare they are. */
const MOST_ASKED = 60;
/** How many postings are read for one memory, and for all of a batch, about: the weightiest term is always followed. */
const MOST_READ = 800;
const MOST_READ_OF_ALL = 50_000;
const LEAST_READ = 80;
/** So many new memories get the contents of candidates along with their keys, also long ones. */
const FEW = 10;
/** A companion of at least {@link LARGE} memories is not counted again for a while. */
const LARGE_FOR_MS = 60_000;
const MOST_KNOWN_LARGE = 10_000;

/** What postings say where a memory is about nobody. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

/** A memory that older ones are looked for. */
interface Sought {
  id: string;
  companionId: string;
  userId: string | null;
}

export type Found = RowOf<ReturnType<typeof found>>;

/**
 * The older memories of the same companion and user that share what is rare with each of some memories, by its place, the
 * likeliest first: at most {@link MOST_CANDIDATES} of each. In one statement: it counts who has each of the words, keeps
 * the weightiest, and adds up the weights of those that memories share. None where there are no words. They hold at the
 * moment `at`. `areStored`: those that they are looked for are memories themselves, not drafts.
 */
export async function candidatesOf(
  tx: WriteTransaction,
  sought: readonly Sought[],
  statements: readonly Statement[],
  at: SQL | Date,
  areStored = true,
): Promise<Found[]> {
  const terms = statements.flatMap((statement, place) =>
    candidateTerms(statement, MOST_ASKED).flatMap(({ lexemes, isStemmed, weight }, number) =>
      lexemes.map((lexeme) => ({ place, number, lexeme, isStemmed, weight })),
    ),
  );
  if (terms.length === 0) return [];
  const companionId = sought[0]?.companionId as string;
  const key = `${tx.workspaceId} ${companionId}`;
  const isLarge = (knownLarge.get(key) ?? 0) > performance.now();
  const asked = {
    terms: JSON.stringify(terms),
    owners: JSON.stringify(
      sought.map(({ id, companionId, userId }, place) => ({ place, own: id, companionId, userId: userId ?? NOBODY })),
    ),
    companionId,
    budget: shareOf(MOST_READ_OF_ALL, sought.length, LEAST_READ, MOST_READ),
    most: shareOf(MOST_CANDIDATES_OF_ALL, sought.length, LEAST_CANDIDATES, MOST_CANDIDATES),
    at: at instanceof Date ? at.toISOString() : null,
  };
  const statement = statementFor(tx.workspaceId, {
    isLarge,
    isFew: sought.length <= FEW,
    areStored,
    isStemmed: terms.every(({ isStemmed }) => isStemmed),
    at: at instanceof Date ? null : at,
  });
  const rows = await tx.rows<Found & { size: number }>(fill(statement, tx.workspaceId, asked));
  if (!isLarge && (rows[0]?.size ?? 0) >= LARGE) {
    if (knownLarge.size >= MOST_KNOWN_LARGE) knownLarge.clear();
    knownLarge.set(key, performance.now() + LARGE_FOR_MS);
  }
  return rows;
}

/** Companions of at least {@link LARGE} memories, and until when this is assumed, by the process's clock. */
const knownLarge = new Map<string, number>();

/** Statements by what they depend on: they are put together once. */
const made = new Map<string, Made>();

function statementFor(workspaceId: string, asking: Asking): Made {
  const { at, ...rest } = asking;
  const key = at && at !== NOW ? undefined : JSON.stringify({ ...rest, isNow: at === NOW });
  const known = key && made.get(key);
  if (known) return known;
  const statement = withOneWorkspace(make(workspaceId, () => candidatesSql(workspaceId, asking)));
  if (key) made.set(key, statement);
  return statement;
}

/** What of a whole each of so many gets, within bounds. */
const shareOf = (whole: number, parts: number, least: number, most: number): number =>
  Math.max(least, Math.min(most, Math.floor(whole / parts)));
