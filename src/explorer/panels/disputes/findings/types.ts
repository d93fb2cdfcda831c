import type { ResultOf } from '../../../core/graphql.ts';
import type { finding, judgement } from './documents.ts';

export type Finding = ResultOf<typeof finding>;
export type Judgement = ResultOf<typeof judgement>;
export type Verdict = NonNullable<Finding['verdict']>;
