import type { VariablesOf } from '../../../core/graphql.ts';
import { companion, type Params, route, setParams, user } from '../../../core/route.ts';
import { valuesIn } from '../../../parts/check-group.tsx';
import { findingKinds } from '../../../parts/finding/words.ts';
import type { findings } from './documents.ts';

/** What is found with less is not kept, however it was looked for. */
export const LEAST = 0.3;

/** The kinds and the least score that the address names. */
export function askedBy({ kinds, min = '' }: Readonly<Record<string, string>>) {
  const score = Number(min);
  return { kinds: valuesIn(kinds, findingKinds), minScore: score > LEAST && score <= 1 ? score : LEAST };
}

/** What the server is asked. */
export function variablesOf(judged: boolean): VariablesOf<typeof findings> {
  const { kinds, minScore } = askedBy(route.value.params);
  return {
    judged,
    ...(companion.value !== undefined && { companion: { key: companion.value } }),
    ...(user.value !== undefined && { user: { externalId: user.value } }),
    ...(kinds.length > 0 && { kinds }),
    ...(minScore > LEAST && { minScore }),
  };
}

/** Changes a filter in the address, which is no step for the Back button: a slider makes many. */
export const set = (params: Params): void => setParams(params, { replace: true });
