import type { ResultOf } from '../../core/graphql.ts';
import type { contradiction, side } from './documents.ts';

export type Contradiction = ResultOf<typeof contradiction>;
export type Side = ResultOf<typeof side>;
/** The parts of the inbox. */
export type State = 'open' | 'decided';
export type Status = Contradiction['status'];
export type Resolution = NonNullable<Contradiction['resolution']>;
