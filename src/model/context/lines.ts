import { encodeId } from '../../kernel/ids.ts';
import type { MemoryType } from '../../tables/memory.ts';
import type { MemoryStatus } from '../memory/columns.ts';

/** A memory as a context says it. */
export interface ContextMemory {
  id: string;
  lineageId: string;
  type: MemoryType;
  status: MemoryStatus;
  slot: string | null;
  speaker: string | null;
  /** What it says: the content, or of a long one a part. */
  text: string;
  validFrom: Date;
  validUntil: Date | null;
  /** The end that was stated with it. */
  statedUntil: Date | null;
  retractedAt: Date | null;
}

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** Such as `3 May 2026`, in UTC. */
export const dayOf = (moment: Date): string =>
  `${moment.getUTCDate()} ${MONTHS[moment.getUTCMonth()]} ${moment.getUTCFullYear()}`;

/** Such as `14:05`, in UTC. */
export const minuteOf = (moment: Date): string => moment.toISOString().slice(11, 16);

/** On one line. */
export const onOneLine = (text: string): string => text.replaceAll(/\s+/gu, ' ').trim();

/** How a memory that no longer holds came to its end; none of one that does. */
export function endOf({ status, validUntil, statedUntil, retractedAt }: ContextMemory): string | undefined {
  if (status === 'CORRECTED' && retractedAt) return `superseded on ${dayOf(retractedAt)}`;
  if (status === 'RETRACTED' && retractedAt) return `retracted on ${dayOf(retractedAt)}`;
  if (!validUntil) return undefined;
  const isSuperseded = status === 'ENDED' && (statedUntil === null || validUntil < statedUntil);
  return `${isSuperseded ? 'superseded on' : 'until'} ${dayOf(validUntil)}`;
}

const statusWords: Partial<Record<MemoryStatus, string>> = {
  DISPUTED: 'disputed',
  ARCHIVED: 'archived',
  EXPIRED: 'expired',
};

function wordsOf(memory: ContextMemory, isSuspect: boolean): string[] {
  const { type, status, validFrom } = memory;
  const begin = dayOf(validFrom);
  const since = status === 'UPCOMING' ? `from ${begin}` : type === 'EXPERIENCE' ? begin : `since ${begin}`;
  const words = [since, endOf(memory), statusWords[status], isSuspect ? 'suspect' : undefined];
  return words.filter((each) => each !== undefined);
}

/** One line: what it says, since and until when, what is wrong with it, and its id. `more` goes before the id. */
export function memoryLine(memory: ContextMemory, isSuspect: boolean, more = ''): string {
  const { slot, speaker } = memory;
  const about = slot ?? speaker;
  const said = `${about ? `${onOneLine(about)}: ` : ''}${onOneLine(memory.text)}`;
  return `- ${said} (${wordsOf(memory, isSuspect).join(', ')})${more} [${encodeId('Memory', memory.id)}]\n`;
}

/** A line for two memories that contradict each other, both of which have been said. */
export const disputeLine = (memoryId: string, byId: string, reason: string | null): string =>
  `- ${encodeId('Memory', byId)} contradicts ${encodeId('Memory', memoryId)}${reason ? `: ${onOneLine(reason)}` : ''}\n`;
