import { isQuestion, tellsTime } from '../../model/recall/english.ts';
import type { CueName } from '../../model/recall/score.ts';
import type { Span } from '../../model/recall/times.ts';
import type { Analysis } from './analysis.ts';

/** A content with more characters is not treated as a question: it says more than it asks. */
export const LONGEST_QUESTION = 250;

/** The parts of a memory that cues depend on; of a long content only the beginning. */
export interface CueSource {
  content: string;
  speaker: string | null;
  /** The role in a chat: `user`, `assistant` …; without one the speaker counts. Read where the question says "I". */
  chatRole?: string | null;
  /** When it became true. Where the question names a time. */
  validFrom?: Date;
  /** It is no longer true at the point in time that is read. */
  hasEnded?: boolean;
}

/** The cues that a memory has. */
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

/** Compares the whole name or the first name, folded as in the index. */
function isNamed(speaker: string | null, name: string): boolean {
  const folded = speaker?.normalize('NFKC').trim().toLowerCase().replaceAll(/\s+/g, ' ');
  return folded === name || folded?.split(' ')[0] === name;
}
