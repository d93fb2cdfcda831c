import { confidenceWith, confidenceWithout, holds } from '../../../core/confidence.ts';
import type { ResultOf } from '../../../core/graphql.ts';
import { percent, shortened } from '../../../core/text.ts';
import type { side } from './documents.ts';

/** A memory as a side of a pair. */
export type Side = ResultOf<typeof side>;

/** So many characters of a memory are quoted. */
const LENGTH = 90;
export const quoted = ({ content }: Side) => `“${shortened(content, LENGTH)}”`;

/** Whether a side is believed still. */
export const isBelieved = ({ retractedAt }: Side) => retractedAt === null;

/** The one of two that begins first, and the other one; undefined where both begin at the same moment. */
export function inOrder<Of extends Side>(one: Of, other: Of): { earlier: Of; later: Of } | undefined {
  const apart = Date.parse(one.validFrom) - Date.parse(other.validFrom);
  if (apart === 0) return undefined;
  return apart < 0 ? { earlier: one, later: other } : { earlier: other, later: one };
}

/** Whether both are believed and true now: only then does their dispute lower what each is believed. */
const isCounted = (one: Side, other: Side) => {
  const now = Date.now();
  return holds(one, now) && holds(other, now);
};

/** The confidence of a side before and after its dispute with another one is over, e.g. `60 % → 80 %`. `strength`: 0–1. */
export function withoutDispute(side: Side, other: Side, strength: number): string {
  const after = isCounted(side, other)
    ? confidenceWithout(side, { strength, by: other.statedConfidence })
    : side.confidence;
  return `${percent(side.confidence)} → ${percent(after)}`;
}

/** What the confidence of a side is under a dispute with another one, once that is opened. */
export const underDispute = (side: Side, other: Side, strength: number): string =>
  percent(isCounted(side, other) ? confidenceWith(side, { strength, by: other.statedConfidence }) : side.confidence);
