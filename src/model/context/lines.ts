import { encodeId } from '../../kernel/ids.ts';
import { onOneLine, type Told, wordsOf } from './words.ts';

/** A memory as a context says it. */
export interface ContextMemory extends Told {
  id: string;
  lineageId: string;
  slot: string | null;
  speaker: string | null;
  /** What it says: the content, or of a long one a part. */
  text: string;
}

/** One line: what it says, since and until when, what is wrong with it, and its id. `more` goes before the id. */
export function memoryLine(memory: ContextMemory, isSuspect: boolean, more = ''): string {
  const { slot, speaker } = memory;
  const about = slot ?? speaker;
  const said = `${about ? `${onOneLine(about)}: ` : ''}${onOneLine(memory.text)}`;
  return `- ${said} (${wordsOf(memory, isSuspect)})${more} [${encodeId('Memory', memory.id)}]\n`;
}

/** A line for two memories that contradict each other, both of which have been said. */
export const disputeLine = (memoryId: string, byId: string, reason: string | null): string =>
  `- ${encodeId('Memory', byId)} contradicts ${encodeId('Memory', memoryId)}${reason ? `: ${onOneLine(reason)}` : ''}\n`;
