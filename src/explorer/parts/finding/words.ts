import type { ResultOf } from '../../core/graphql.ts';
import type { findingLine } from './documents.ts';

export type FindingKind = ResultOf<typeof findingLine>['kind'];

/** What a newer memory seems to do, by the kind of what was found: behind `seems to`. */
export const seems: Readonly<Record<FindingKind, string>> = {
  SAME: 'say the same',
  UPDATE: 'bring a change',
  CONFLICT: 'give another value',
  NEGATION: 'deny it, or end it',
};

/** The kinds as they are chosen by. */
export const kindNames: Readonly<Record<FindingKind, string>> = {
  SAME: 'Same',
  UPDATE: 'Change',
  CONFLICT: 'Other value',
  NEGATION: 'Denial or end',
};

export const findingKinds = Object.keys(kindNames) as FindingKind[];
