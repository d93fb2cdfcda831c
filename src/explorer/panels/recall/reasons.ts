import type { ResultOf } from '../../core/graphql.ts';
import { words } from '../../parts/badges.tsx';
import type { Asked } from './asked.ts';
import type { missed } from './documents.ts';

export type Missed = NonNullable<ResultOf<typeof missed>['memory']>;

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const on = (moment: string | null | undefined) => (moment ? day.format(new Date(moment)) : 'an unknown day');

/** What is asked, and of whose memories. */
export interface Search {
  asked: Asked;
  /** The key of the companion that is searched. */
  companion: string;
  /** The external id of the user that is chosen; undefined: all. */
  user: string | undefined;
}

/** What keeps a memory out of a search besides its words: whole sentences. */
export function exclusions(memory: Missed, { asked, companion, user }: Search): string[] {
  const { companion: owner, user: about, importance } = memory;
  const reasons: string[] = [];
  if (owner.key !== companion)
    reasons.push(`It is a memory of ${owner.name}, and those of another companion are searched.`);
  if (user !== undefined && about && about.externalId !== user) {
    reasons.push(`It is about ${about.externalId}, and only what is about ${user} or about nobody is searched.`);
  }
  const statuses: readonly string[] = asked.statuses.length > 0 ? asked.statuses : ['ACTIVE', 'DISPUTED'];
  if (!statuses.includes(memory.status)) {
    reasons.push(`${statusText(memory)} Only ${statuses.map(words).join(' or ').toLowerCase()} memories are searched.`);
  }
  if (asked.types.length > 0 && !asked.types.includes(memory.type)) {
    reasons.push(
      `Its type is ${words(memory.type).toLowerCase()}, and only ${asked.types.map(words).join(' or ').toLowerCase()} is let through.`,
    );
  }
  if (asked.minImportance !== undefined && importance < asked.minImportance) {
    reasons.push(
      `Its importance is ${importance.toFixed(2)} by now, and at least ${asked.minImportance} is asked for.`,
    );
  }
  return reasons;
}

/** What became of a memory that is not simply believed, with the reason where one was given. */
function statusText(memory: Missed): string {
  const { status, current } = memory;
  switch (status) {
    case 'RETRACTED':
      return `It was retracted on ${on(memory.retractedAt)}${reasonOf(memory, 'RETRACTED')}.`;
    case 'CORRECTED':
      return `It was corrected on ${on(memory.retractedAt)}${reasonOf(memory, 'CORRECTED')}: now it says “${current.content}”.`;
    case 'ENDED':
      return `It was true until ${on(memory.validUntil)}.`;
    case 'UPCOMING':
      return `It is true from ${on(memory.validFrom)} on.`;
    case 'EXPIRED':
      return `It expired on ${on(memory.expiresAt)}.`;
    case 'ARCHIVED':
      return `It was archived on ${on(memory.archivedAt)}.`;
    default:
      return `It is ${words(status).toLowerCase()}.`;
  }
}

function reasonOf(memory: Missed, kind: string): string {
  const event = memory.history.nodes.findLast((each) => each.kind === kind && each.reason);
  return event ? ` (“${event.reason}”)` : '';
}

/** What a memory must at least be similar to a question that it has no word of, where nothing else is asked for. */
const leastSimilarity = (model: string | null): number => (model?.startsWith('use-lite-en') ? 0.18 : 0.25);

/** What its score in a search of its own says beside the list. */
export interface Compared {
  mode: string;
  model: string | null;
  /** Undefined: not even a search of its own finds it. */
  score: { value: number; similarity: number | null; hasWords: boolean; isNear: boolean } | undefined;
  /** The whole list: scores in its order. */
  list: readonly number[];
  /** How many of them are shown. */
  shown: number;
  /** Whether there may be more than are in `list`. */
  isCut: boolean;
}

/** Why a memory that no filter excludes is not in a list. */
export function verdict({ mode, model, score, list, shown, isCut }: Compared): string {
  if (!score) {
    return mode === 'LEXICAL'
      ? 'It has no word of the question, and is not near a memory that has one. By words alone nothing else is found.'
      : 'It has no word of the question, is not near a memory that has one, and has no vector yet.';
  }
  const { value, similarity, hasWords, isNear } = score;
  const least = leastSimilarity(model);
  if (mode === 'HYBRID' && !hasWords && !isNear && (similarity ?? 0) < least) {
    const how = similarity === null ? 'it has no vector yet' : `its vector is ${similarity.toFixed(3)} similar`;
    return `It has no word of the question, is not near a memory that has one, and ${how}: at least ${least} is needed.`;
  }
  const above = list.filter((each) => each > value).length;
  const last = list[shown - 1];
  if (isCut && above >= list.length) {
    return (
      `It scores ${value.toFixed(3)}; the last of the first ${list.length} has ${list.at(-1)?.toFixed(3)}. ` +
      'A recall lists the 100 best by words and the 100 best by vectors at most.'
    );
  }
  if (last !== undefined && value < last && above >= shown) {
    return `It scores ${value.toFixed(3)}; the last that is shown has ${last.toFixed(3)}.`;
  }
  return (
    `By its score, ${value.toFixed(3)}, it could be listed. What the server does not say is whether it was among the 100 ` +
    'best by words or by vectors, which alone are scored; another version of it may be listed in its place.'
  );
}
