import type {
  ContradictionFields,
  FindingFields,
  FindingKind,
  KeptFields,
  MemoryFields,
  RelationFields,
} from '../../client/operations/types.ts';
import { onOneLine, wordsOf } from '../../model/context/words.ts';

/** So many characters of a content are shown; the whole is in the structured answer. */
const MOST_CHARACTERS = 1_000;

const shortened = (text: string): string => {
  const line = onOneLine(text);
  return line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS).toWellFormed()}…` : line;
};

const momentOf = (value: string | null): Date | null => (value === null ? null : new Date(value));

/** What of a memory is known where its line is made. */
type Shown = KeptFields & Partial<Omit<MemoryFields, keyof KeptFields>>;

/** Since and until when it holds, what is wrong with it, and which version holds now. */
function wordsFor({ id, type, status, validFrom, validUntil, retractedAt = null, suspect = false, current }: Shown) {
  const isReplaced = current !== undefined && current.id !== id;
  const until = momentOf(validUntil);
  const told = {
    type,
    status,
    validFrom: new Date(validFrom),
    validUntil: until,
    // An end that another version made is not told as one that was stated.
    statedUntil: isReplaced ? null : until,
    retractedAt: momentOf(retractedAt),
  };
  return `${wordsOf(told, suspect)}${isReplaced ? `, now ${current.id}` : ''}`;
}

const aboutOf = ({ slot = null, context = {} }: Shown): string => {
  const about = slot ?? (typeof context.speaker === 'string' ? context.speaker : null);
  return about === null ? '' : `${onOneLine(about)}: `;
};

/** `- home: Ann lives in Lisbon (since 3 May 2026) [mem_…]`, as a context has it. `part` is what of it to show. */
export const memoryLine = (memory: Shown, part: string = memory.content, more = ''): string =>
  `- ${aboutOf(memory)}${shortened(part)} (${wordsFor(memory)})${more} [${memory.id}]`;

/** `- mem_… contradicts mem_…: She said so (open) [con_…]`, and what the two say. */
export const contradictionLines = ({ id, memory, by, reason, resolution }: ContradictionFields): string =>
  [
    `- ${by.id} contradicts ${memory.id}${reason ? `: ${shortened(reason)}` : ''} (${resolution ?? 'open'}) [${id}]`,
    `  - ${shortened(by.content)} [${by.id}]`,
    `  - ${shortened(memory.content)} [${memory.id}]`,
  ].join('\n');

/** What the newer memory of a finding seems to do to the older one. */
const seems: Record<FindingKind, string> = {
  SAME: 'seems to say the same as',
  UPDATE: 'seems to update',
  CONFLICT: 'seems to have another value than',
  NEGATION: 'seems to deny',
};

/** `- mem_… seems to update mem_…: home: berlin → lisbon (0.9, not judged) [fnd_…]`, and what the two say, with dates. */
export const findingLines = ({ id, kind, score, reason, verdict, memory, by }: FindingFields): string =>
  [
    `- ${by.id} ${seems[kind]} ${memory.id}: ${shortened(reason)} (${roundedOf(score)}, ${verdict ?? 'not judged'}) [${id}]`,
    `  ${memoryLine(by)}`,
    `  ${memoryLine(memory)}`,
  ].join('\n');

/** `- mem_… FOLLOWS mem_… (0.8) [rel_…]`. */
export const relationLine = ({ id, from, type, to, strength }: RelationFields): string =>
  `- ${from.id} ${type} ${to.id}${strengthOf(strength)} [${id}]`;

export const strengthOf = (strength: number): string => (strength === 1 ? '' : ` (${roundedOf(strength)})`);
export const roundedOf = (number: number): string => String(Math.round(number * 100) / 100);

/** `3 memories`, `1 memory`. */
export const counted = (count: number, one: string, several: string): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : several}`;

/** A heading and its lines; nothing where there are none. */
export const section = (heading: string, lines: readonly string[]): string[] =>
  lines.length > 0 ? [`${heading}:`, ...lines] : [];

/** How to go on. */
export const furtherOf = ({ hasNextPage, endCursor }: { hasNextPage: boolean; endCursor: string | null }): string[] =>
  hasNextPage && endCursor ? [`There is more: after ${endCursor}`] : [];

export const indented = (text: string): string => text.replaceAll(/^/gm, '  ');
