import { dayText, minuteText } from '../../../core/moments.ts';
import type { HistoryEvent } from './types.ts';

type Kind = HistoryEvent['kind'];

/** What happened, in a few words. */
export const kindWords: Record<Kind, string> = {
  RECORDED: 'Recorded',
  CORRECTED: 'Corrected',
  RETRACTED: 'Retracted',
  REVERTED: 'Correction undone',
  CONTRADICTED: 'Contradicted',
  RESOLVED: 'Dispute decided',
  REOPENED: 'Dispute opened again',
  RELATED: 'Related',
  UNRELATED: 'Relation ended',
  REINFORCED: 'Reinforced',
  UPDATED: 'Changed',
  ARCHIVED: 'Archived',
  RESTORED: 'Taken out of the archive',
  DECAYED: 'Archived by decay',
  ENTITIES_MERGED: 'Entities merged',
  FOUND: 'Finding',
  JUDGED: 'Finding judged',
};

/** Names of fields in words. */
const fieldWords: Record<string, string> = {
  accessCount: 'accesses',
  archivedAt: 'archived',
  expiresAt: 'expires',
  validFrom: 'true since',
  validUntil: 'true until',
};

const resolutionWords: Record<string, string> = {
  KEEP_MEMORY: 'what was contradicted is kept, the other is retracted',
  KEEP_BY: 'what contradicted it is kept, the other is retracted',
  SUCCEEDED: 'each was true in its time',
  DISMISSED: 'they do not contradict each other',
};

const correctionWords: Record<string, string> = {
  MISTAKE: 'it was never true (MISTAKE)',
  CHANGE: 'it stopped being true (CHANGE)',
  RETRACTED: 'that it was never true (MISTAKE)',
  ENDED: 'that it stopped being true (CHANGE)',
};

const findingWords: Record<string, string> = {
  SAME: 'the same in nearly the same words',
  UPDATE: 'a later value',
  CONFLICT: 'another value',
  NEGATION: 'it is denied, or has ended',
};

const verdictWords: Record<string, string> = {
  SUCCEEDS: 'each was true in its time',
  CORRECTS: 'the older one was never true',
  CONTRADICTS: 'they contradict each other',
  SAME: 'they say the same: the newer one is archived',
  UNRELATED: 'they have nothing to do with each other',
};

/** What memories that a change names are to it. */
const otherWords: Record<string, string> = {
  version: 'See that version',
  succeeded: 'See what it came after',
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isMemoryId = (value: unknown): value is string => typeof value === 'string' && /^mem_[0-9a-z]{26}$/.test(value);
const isMoment = (text: string) => /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text);

/** A value of a field in words. */
function valueWords(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'number') return String(Math.round(value * 1000) / 1000);
  if (typeof value === 'string') return isMoment(value) ? minuteText(value) : `“${value}”`;
  if (Array.isArray(value)) return value.length === 0 ? 'nothing' : value.map(itemWords).join(', ');
  return JSON.stringify(value);
}

const itemWords = (item: unknown): string =>
  isObject(item) && typeof item.name === 'string' ? item.name : valueWords(item).replace(/^“|”$/g, '');

/** What changed of one field. */
function changeWords(name: string, value: unknown): string {
  const field = fieldWords[name] ?? name;
  if (isObject(value) && 'from' in value && 'to' in value) {
    return `${field}: ${valueWords(value.from)} → ${valueWords(value.to)}`;
  }
  return `${field}: ${valueWords(value)}`;
}

/** What changed, a line each; what has a place of its own, such as the other memory, is left out. */
export function changesInWords({ kind, changes }: Pick<HistoryEvent, 'kind' | 'changes'>): string[] {
  return Object.entries(changes).flatMap(([name, value]) => {
    if (isMemoryId(value) || (name === 'type' && (kind === 'RELATED' || kind === 'UNRELATED'))) return [];
    if (name === 'kind' && kind === 'FOUND') return [findingWords[String(value)] ?? String(value)];
    if (name === 'verdict' && isObject(value)) return [verdictWords[String(value.to)] ?? String(value.to)];
    if (name === 'kind') return [correctionWords[String(value)] ?? String(value)];
    if (name === 'resolution') return [resolutionOf(value)];
    if (name === 'validUntil' && typeof value === 'string') return [`it ended on ${dayText(value)}`];
    return [changeWords(name, value)];
  });
}

function resolutionOf(value: unknown): string {
  if (!isObject(value)) return resolutionWords[String(value)] ?? String(value);
  return `no longer decided that ${resolutionWords[String(value.from)] ?? String(value.from)}`;
}

/** The other memories that a change names by their ids, and what they are to it. */
export const othersOf = ({ changes }: Pick<HistoryEvent, 'changes'>): { id: string; what: string }[] =>
  Object.entries(changes).flatMap(([name, value]) =>
    isMemoryId(value) ? [{ id: value, what: otherWords[name] ?? name }] : [],
  );
