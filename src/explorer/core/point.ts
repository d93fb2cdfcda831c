import { momentIn } from './moments.ts';
import type { Params } from './route.ts';

/** A point on both clocks, as GraphQL takes it. */
export interface Point {
  validAt?: string;
  knownAt?: string;
}

/** The id as mutations take it: without the point in time that it carries behind an `@`. */
export const plainId = (id: string): string => id.split('@')[0] as string;

/**
 * The point that an address names by `validAt` and `knownAt`, or else the one that the id carries: `VALID~KNOWN`,
 * `VALID~` or one moment for both. Undefined: now. What is no moment counts as left out.
 */
export function pointOf(id: string, params: Params): Point | undefined {
  const named = pointAt(params.validAt, params.knownAt);
  if (named) return named;
  const carried = id.split('@')[1];
  if (!carried) return undefined;
  const [first, known] = carried.split('~');
  return known === undefined ? pointAt(undefined, first) : pointAt(first, known);
}

function pointAt(valid: string | undefined, known: string | undefined): Point | undefined {
  const [validAt, knownAt] = [momentIn(valid), momentIn(known)];
  return validAt || knownAt ? { ...(validAt && { validAt }), ...(knownAt && { knownAt }) } : undefined;
}

/** The moment of the world that is looked at, in milliseconds. */
export const momentOf = (point: Point | undefined, now: number): number => {
  const text = point?.validAt ?? point?.knownAt;
  return text === undefined ? now : Date.parse(text);
};
