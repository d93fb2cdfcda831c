import type { VariablesOf } from '../../core/graphql.ts';
import { companion, user } from '../../core/route.ts';
import { memoryTypes } from '../../parts/badges.tsx';
import { valuesIn } from '../../parts/check-group.tsx';
import type { preview } from './documents.ts';

export type Variables = VariablesOf<typeof preview>;

const DAY_MS = 86_400_000;
/** How far ahead can be looked, in days. */
export const MOST_DAYS = 730;
const USUAL_DAYS = 365;

/** How many days ahead the address looks. */
export function daysIn({ days = '' }: Readonly<Record<string, string>>): number {
  const number = days === '' ? Number.NaN : Number(days);
  return Number.isInteger(number) && number >= 0 && number <= MOST_DAYS ? number : USUAL_DAYS;
}

/** The moment so many days ahead, at midnight UTC, so that it stays the same for a day; undefined: now. */
export const momentAhead = (days: number): string | undefined =>
  days === 0 ? undefined : new Date((Math.floor(Date.now() / DAY_MS) + days) * DAY_MS).toISOString();

/** What is examined, by the address and by whose memory is looked at. */
export function variablesOf(params: Readonly<Record<string, string>>): Variables {
  const types = valuesIn(params.types, memoryTypes);
  const until = momentAhead(daysIn(params));
  return {
    ...(until && { until }),
    ...(types.length > 0 && { types }),
    ...(companion.value !== undefined && { companion: { key: companion.value } }),
    ...(user.value !== undefined && { user: { externalId: user.value } }),
  };
}
