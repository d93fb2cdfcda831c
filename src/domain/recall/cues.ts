import { isQuestion, tellsTime } from '../../model/recall/english.ts';
import type { CueName } from '../../model/recall/score.ts';
import type { Span } from '../../model/recall/times.ts';
import type { Analysis } from './analysis.ts';

/** Questions are recognised in contents of so many characters: a longer one says more than it asks. */
export const LONGEST_QUESTION = 250;

/** What is looked at of a memory: its content, at least its beginning, and from whom it is. */
export interface CueSource {
  content: string;
  speaker: string | null;
  /** Who said it in a chat: `user`, `assistant` …; without one the speaker. Where the question asks of who asks. */
  chatRole?: string | null;
  /** When it became true. Where the question names a time. */
  validFrom?: Date;
  /** It is no longer so, at the point in time that is read. */
  hasEnded?: boolean;
}

/** The cues that hold of a memory. */
export function cuesOf(
  analysis: Analysis | null,
  { content, speaker, chatRole, validFrom, hasEnded }: CueSource,
): CueName[] {
  const cues: CueName[] = [];
  if (hasEnded) cues.push('ended');
  if (!analysis) return cues;
  if (analysis.speaker && isNamed(speaker, analysis.speaker)) cues.push('speaker');
  if (analysis.asksForTime && tellsTime(content)) cues.push('time');
  if (analysis.span && validFrom && isWithin(validFrom, analysis.span)) cues.push('date');
  if (content.length <= LONGEST_QUESTION && isQuestion(content)) cues.push('question');
  if (analysis.asksOfSelf && isUser(chatRole ?? speaker)) cues.push('self');
  return cues;
}

const isWithin = (moment: Date, { from, until }: Span): boolean =>
  (from === undefined || from <= moment) && (until === undefined || moment < until);

const isUser = (role: string | null): boolean => role?.trim().toLowerCase() === 'user';

/** By the whole name or the first, as the index folds them. */
function isNamed(speaker: string | null, name: string): boolean {
  const folded = speaker?.normalize('NFKC').trim().toLowerCase().replaceAll(/\s+/g, ' ');
  return folded === name || folded?.split(' ')[0] === name;
}
