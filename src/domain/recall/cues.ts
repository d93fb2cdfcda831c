import { isQuestion, tellsTime } from '../../model/recall/english.ts';
import type { CueName } from '../../model/recall/score.ts';
import type { Analysis } from './analysis.ts';

/** The cues that hold of a memory, given who said it and what. */
export function cuesOf(analysis: Analysis | null, speaker: string | null, content: string): CueName[] {
  const cues: CueName[] = [];
  if (!analysis) return cues;
  if (analysis.speaker && isNamed(speaker, analysis.speaker)) cues.push('speaker');
  if (analysis.asksForTime && tellsTime(content)) cues.push('time');
  if (isQuestion(content)) cues.push('question');
  return cues;
}

/** By the whole name or the first, as the index folds them. */
function isNamed(speaker: string | null, name: string): boolean {
  const folded = speaker?.trim().toLowerCase().replaceAll(/\s+/g, ' ');
  return folded === name || folded?.split(' ')[0] === name;
}
