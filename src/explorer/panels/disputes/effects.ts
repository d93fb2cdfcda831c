import { confidenceWithout, holds } from '../../core/confidence.ts';
import { minuteText } from '../../core/moments.ts';
import { percent, shortened } from '../../core/text.ts';
import type { Contradiction, Resolution, Side } from './types.ts';

/** So many characters of a memory are quoted. */
const LENGTH = 90;
const quoted = ({ content }: Side) => `“${shortened(content, LENGTH)}”`;

/** What each decision is called, and what it says. */
export const decisions: Readonly<Record<Resolution, { name: string; says: string }>> = {
  KEEP_MEMORY: { name: 'Keep the first', says: 'The second was never true.' },
  KEEP_BY: { name: 'Keep the second', says: 'The first was never true.' },
  SUCCEEDED: { name: 'Each in its time', says: 'The earlier one ends where the later one begins.' },
  DISMISSED: { name: 'Dismiss', says: 'They do not contradict each other.' },
};

/** Whether a side is believed still: only then can the dispute be decided other than by dismissing it. */
const isBelieved = ({ retractedAt }: Side) => retractedAt === null;

/** Why a decision is not possible, as the server would say; undefined where it is. */
export function refusalOf({ memory, by }: Contradiction, resolution: Resolution): string | undefined {
  if (resolution === 'DISMISSED') return undefined;
  if (!isBelieved(memory) || !isBelieved(by)) return 'One side is no longer believed.';
  if (resolution === 'SUCCEEDED' && memory.validFrom === by.validFrom) return 'Both begin at the same moment.';
  return undefined;
}

/** What the confidence of a side becomes when this dispute is over, while it holds. */
function confidenceAfter(side: Side, other: Side, strength: number): number {
  const now = Date.now();
  const isCounted = holds(side, now) && holds(other, now);
  return isCounted ? confidenceWithout(side, { strength, by: other.statedConfidence }) : side.confidence;
}

const becomes = (side: Side, other: Side, strength: number) =>
  `The confidence of ${quoted(side)}: ${percent(side.confidence)} → ${percent(confidenceAfter(side, other, strength))}.`;

/** What a decision will do, a sentence each: which memory ends when, and what confidence becomes. */
export function effectsOf({ memory, by, strength }: Contradiction, resolution: Resolution): string[] {
  if (resolution === 'DISMISSED') {
    return ['Both stay as they were.', becomes(memory, by, strength), becomes(by, memory, strength)];
  }
  if (resolution === 'SUCCEEDED') {
    const [earlier, later] = Date.parse(memory.validFrom) <= Date.parse(by.validFrom) ? [memory, by] : [by, memory];
    const ends =
      earlier.validUntil !== null && Date.parse(earlier.validUntil) <= Date.parse(later.validFrom)
        ? `${quoted(earlier)} has ended at ${minuteText(earlier.validUntil)} already.`
        : `${quoted(earlier)} ends at ${minuteText(later.validFrom)}: it was true until then.`;
    return [ends, `${quoted(later)} is true from then on.`, becomes(later, earlier, strength)];
  }
  const [kept, lost] = resolution === 'KEEP_MEMORY' ? [memory, by] : [by, memory];
  return [
    `${quoted(lost)} is retracted: it was never true, and is no longer believed from now on. It can still be read in the past.`,
    ...(resolution === 'KEEP_BY' && memory.slot !== null ? [`${quoted(kept)} takes its place in ${memory.slot}.`] : []),
    becomes(kept, lost, strength),
    'What rests on the retracted one becomes suspect.',
  ];
}

/** What has been decided, in words. */
export const decidedWords = (resolution: Resolution): string =>
  ({
    KEEP_MEMORY: 'The first was kept, the second retracted',
    KEEP_BY: 'The second was kept, the first retracted',
    SUCCEEDED: 'Each was true in its time',
    DISMISSED: 'Dismissed: they do not contradict each other',
  })[resolution];
