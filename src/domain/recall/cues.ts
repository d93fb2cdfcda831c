import { isQuestion, tellsTime } from '../../model/recall/english.ts';
import type { CueName } from '../../model/recall/score.ts';
import type { Analysis } from './analysis.ts';

/** Questions are recognised in contents of so many characters: a longer one says more than it asks. */
const LONGEST_QUESTION = 250;

/** What is looked at of a memory: its content, at least its beginning, and from whom it is. */
export interface CueSource {
  content: string;
  speaker: string | null;
  /** Who said it in a chat: `user`, `assistant` …; without one the speaker. */
  role: string | null;
}

/** The cues that hold of a memory. */
export function cuesOf(analysis: Analysis | null, { content, speaker, role }: CueSource): CueName[] {
  const cues: CueName[] = [];
  if (!analysis) return cues;
  if (analysis.speaker && isNamed(speaker, analysis.speaker)) cues.push('speaker');
  if (analysis.asksForTime && tellsTime(content)) cues.push('time');
  if (content.length <= LONGEST_QUESTION && isQuestion(content)) cues.push('question');
  if (analysis.asksOfSelf && isUser(role ?? speaker)) cues.push('self');
  return cues;
}

const isUser = (role: string | null): boolean => role?.trim().toLowerCase() === 'user';

/** By the whole name or the first, as the index folds them. */
function isNamed(speaker: string | null, name: string): boolean {
  const folded = speaker?.trim().toLowerCase().replaceAll(/\s+/g, ' ');
  return folded === name || folded?.split(' ')[0] === name;
}
