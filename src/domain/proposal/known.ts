import { NOW } from '../../db/reading.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { newId } from '../../kernel/ids.ts';
import { inTurns, Turns } from '../../kernel/turns.ts';
import { compare } from '../../model/finding/compare.ts';
import { knownStatement } from '../../model/finding/read.ts';
import type { Nomination, Statement } from '../../model/finding/statement.ts';
import { type Compared, comparedOf, repeats } from '../../model/proposal/alike.ts';
import type { Asked, Draft } from '../../model/proposal/drafts.ts';
import type { ConversationRow } from '../conversation/conversations.ts';
import { candidatesOf, type Found } from '../finding/candidates.ts';
import { withContents } from '../finding/contents.ts';
import { LEAST_SCORE } from '../finding/detect.ts';

/** A memory that a new one seems to supersede, and why. */
export interface Superseded {
  id: string;
  lineageId: string;
  reason: string;
}

/** A draft, and what findings say of it where it is a new memory. */
export interface Judged extends Draft {
  /** What it updates or denies: the likeliest. */
  supersedes: Superseded | null;
  /** It agrees with all that is remembered. */
  isUndisputed: boolean;
}

/** What is known of a draft of a new memory. */
interface Knowledge {
  isKnown: boolean;
  best: { older: Found; nomination: Nomination } | null;
}

/**
 * Leaves out drafts of new memories that say what is remembered, or was proposed before, and says of the others what they
 * seem to supersede: by what findings are found by as memories are written, in two statements, or three where contents are
 * long. `earlier`: what was proposed before.
 */
export async function judgeDrafts(
  tx: WriteTransaction,
  { companionId, userId }: ConversationRow,
  drafts: readonly Draft[],
  asked: Asked,
  earlier: readonly string[],
): Promise<Judged[]> {
  const fresh = drafts.filter(({ kind }) => kind === 'MEMORY');
  const contents = fresh.map(({ draft }) => draft.content as string);
  const statements = await inTurns(contents, (content) => knownStatement(content, tx.textSearchConfig));
  const compared = await inTurns(contents, comparedOf);
  const sought = fresh.map(() => ({ id: newId(), companionId, userId }));
  const knowledge = fresh.map((): Knowledge => ({ isKnown: false, best: null }));
  if (fresh.length > 0) {
    const own = new Set(asked.messages.flatMap(({ lineageId }) => lineageId ?? []));
    const older = (await candidatesOf(tx, sought, statements, NOW, false)).filter(
      ({ lineageId }) => !own.has(lineageId),
    );
    await compareAll(tx, fresh, older, { statements, compared, knowledge });
  }
  const said = await inTurns([...asked.memories.map(({ content }) => content), ...earlier], comparedOf);
  const kept: Compared[] = [];
  const by = new Map(fresh.map((draft, place) => [draft, place]));
  const turns = new Turns();
  const judged: Judged[] = [];
  for (const draft of drafts) {
    await turns.next();
    const place = by.get(draft);
    if (place === undefined) {
      judged.push({ ...draft, supersedes: null, isUndisputed: false });
      continue;
    }
    const text = compared[place] as Compared;
    const { isKnown, best } = knowledge[place] as Knowledge;
    if (isKnown || [...said, ...kept].some((other) => repeats(text, other))) continue;
    kept.push(text);
    judged.push({ ...draft, supersedes: best && supersededBy(best), isUndisputed: best === null });
  }
  return judged;
}

const supersededBy = ({ older, nomination: { kind, reason } }: NonNullable<Knowledge['best']>): Superseded | null =>
  kind === 'UPDATE' || kind === 'NEGATION' ? { id: older.id, lineageId: older.lineageId, reason } : null;

/** Compares each draft with its candidates, and notes what they make known. */
async function compareAll(
  tx: WriteTransaction,
  drafts: readonly Draft[],
  candidates: readonly Found[],
  { statements, compared, knowledge }: { statements: Statement[]; compared: Compared[]; knowledge: Knowledge[] },
): Promise<void> {
  const turns = new Turns();
  for await (const [same, content] of withContents(tx, candidates)) {
    const [{ speaker, type, isTurn }] = same;
    await turns.next();
    const statement = knownStatement(content, tx.textSearchConfig, speaker ?? undefined);
    const text = comparedOf(content);
    for (const older of same) {
      await turns.next();
      const { place } = older;
      const known = knowledge[place] as Knowledge;
      // What somebody said is not yet what is known of it.
      if (isTurn && drafts[place]?.draft.type !== 'EXPERIENCE') continue;
      const nomination = compare(statement, statements[place] as Statement);
      const isSame = nomination?.kind === 'SAME' && nomination.score >= LEAST_SCORE;
      if (isSame || repeats(compared[place] as Compared, text)) known.isKnown = true;
      else if (!isTurn && type !== 'EXPERIENCE' && type !== 'REFLECTION') {
        const isBetter = nomination && nomination.score >= Math.max(LEAST_SCORE, known.best?.nomination.score ?? 0);
        if (isBetter) known.best = { older, nomination };
      }
    }
  }
}
