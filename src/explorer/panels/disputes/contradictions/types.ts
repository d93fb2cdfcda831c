import type { ResultOf } from '../../../core/graphql.ts';
import type { contradiction } from './documents.ts';

export type Contradiction = ResultOf<typeof contradiction>;
export type Status = Contradiction['status'];
export type Resolution = NonNullable<Contradiction['resolution']>;
