import { dayText, minuteText } from '../../../core/moments.ts';
import { inOrder, isBelieved, quoted, type Side, withoutDispute } from '../sides/becoming.ts';
import type { Contradiction, Resolution } from './types.ts';

/** What each decision is called. */
export const decisions: Readonly<Record<Resolution, string>> = {
  KEEP_MEMORY: 'Keep the first',
  KEEP_BY: 'Keep the second',
  SUCCEEDED: 'Each in its time',
  DISMISSED: 'Dismiss',
};

/** What a decision says, in a few words. */
export function saysOf({ memory, by }: Contradiction, resolution: Resolution): string {
  if (resolution === 'KEEP_MEMORY') return 'The second was never true.';
  if (resolution === 'KEEP_BY') return 'The first was never true.';
  if (resolution === 'DISMISSED') return 'They do not contradict each other: both stay.';
  const order = inOrder(memory, by);
  if (!order) return 'One was true until the other one was.';
  const [first, then] = order.earlier === memory ? ['first', 'second'] : ['second', 'first'];
  return `The ${first} was true until ${dayText(order.later.validFrom)}, the ${then} is since.`;
}

/** Why a decision is not possible, as the server would say; undefined where it is. */
export function refusalOf({ memory, by }: Contradiction, resolution: Resolution): string | undefined {
  if (resolution === 'DISMISSED') return undefined;
  if (!isBelieved(memory) || !isBelieved(by)) return 'One side is no longer believed.';
  if (resolution === 'SUCCEEDED' && !inOrder(memory, by)) return 'Both begin at the same moment.';
  return undefined;
}

/** What a decision will do, a sentence each: which memory ends when, and what confidence becomes. */
export function effectsOf({ memory, by, strength }: Contradiction, resolution: Resolution): string[] {
  const becomes = (side: Side, other: Side) =>
    `The confidence of ${quoted(side)}: ${withoutDispute(side, other, strength)}.`;
  if (resolution === 'DISMISSED') {
    return ['Both stay as they were.', becomes(memory, by), becomes(by, memory)];
  }
  if (resolution === 'SUCCEEDED') {
    const { earlier, later } = inOrder(memory, by) ?? { earlier: by, later: memory };
    const ends =
      earlier.validUntil !== null && Date.parse(earlier.validUntil) <= Date.parse(later.validFrom)
        ? `${quoted(earlier)} has ended at ${minuteText(earlier.validUntil)} already.`
        : `${quoted(earlier)} ends at ${minuteText(later.validFrom)}: it was true until then.`;
    return [ends, `${quoted(later)} is true from then on.`, becomes(later, earlier)];
  }
  const [kept, lost] = resolution === 'KEEP_MEMORY' ? [memory, by] : [by, memory];
  return [
    `${quoted(lost)} is retracted: it was never true, and is no longer believed from now on. It can still be read in the past.`,
    ...(resolution === 'KEEP_BY' && memory.slot !== null ? [`${quoted(kept)} takes its place in ${memory.slot}.`] : []),
    becomes(kept, lost),
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
