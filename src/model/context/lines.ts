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

/** What is to be said of memories besides what they say themselves. */
export interface Doubts {
  /** By lineage: it rests on what is shaky. */
  suspect: ReadonlyMap<string, boolean>;
  /** The versions that open findings call possibly out of date. */
  outdated: ReadonlySet<string>;
}

/** One line: what it says, since and until when, what is wrong with it, and its id. */
export function memoryLine(memory: ContextMemory, doubts: Doubts): string {
  const { slot, speaker } = memory;
  const about = slot ?? speaker;
  const said = `${about ? `${onOneLine(about)}: ` : ''}${onOneLine(memory.text)}`;
  const words = wordsOf(memory, doubts.suspect.get(memory.lineageId) ?? false, doubts.outdated.has(memory.id));
  return `- ${said} (${words}) [${encodeId('Memory', memory.id)}]\n`;
}

/** A line for two memories that contradict each other, both of which have been said. */
export const disputeLine = (memoryId: string, byId: string, reason: string | null): string =>
  `- ${encodeId('Memory', byId)} contradicts ${encodeId('Memory', memoryId)}${reason ? `: ${onOneLine(reason)}` : ''}\n`;
