import type { MemoryType } from '../../tables/memory.ts';
import type { MemoryStatus } from '../memory/columns.ts';

// The words that tell a model of a memory: the same in a context and in the answers of tools.

/** What of a memory its words depend on. */
export interface Told {
  type: MemoryType;
  status: MemoryStatus;
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
export function endOf({
  status,
  validUntil,
  statedUntil,
  retractedAt,
}: Omit<Told, 'type' | 'validFrom'>): string | undefined {
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

/** Of a memory that an open finding calls possibly out of date. */
export const OUTDATED = 'possibly out of date';

/** Since and until when a memory holds, and what is wrong with it: `since 3 May 2026, disputed`. */
export function wordsOf(memory: Told, isSuspect: boolean, isOutdated = false): string {
  const { type, status, validFrom } = memory;
  const begin = dayOf(validFrom);
  const since = status === 'UPCOMING' ? `from ${begin}` : type === 'EXPERIENCE' ? begin : `since ${begin}`;
  const words = [since, endOf(memory), statusWords[status], isSuspect && 'suspect', isOutdated && OUTDATED];
  return words.filter(Boolean).join(', ');
}
