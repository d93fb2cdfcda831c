import { openText } from './opening.ts';
import { connectText, contextText, exploreText, recallText, timelineText } from './reading.ts';
import { correctText, disputeText, forgetText, rememberText, retractText, updateWorkingMemoryText } from './writing.ts';

/** By the name of a tool: the text that a model reads of its answer, which was asked for by these arguments. */
// biome-ignore lint/suspicious/noExplicitAny: each takes what its own document answers
export const texts: Readonly<Record<string, (answer: any, asked: Readonly<Record<string, unknown>>) => string>> = {
  context: contextText,
  recall: recallText,
  open: openText,
  explore: exploreText,
  connect: connectText,
  timeline: timelineText,
  remember: rememberText,
  correct: correctText,
  retract: retractText,
  dispute: disputeText,
  forget: forgetText,
  update_working_memory: updateWorkingMemoryText,
};
