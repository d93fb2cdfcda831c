import type { ResultOf } from '../../../core/graphql.ts';
import type { Point } from '../../../core/point.ts';
import type { memoryDispute, memoryFinding, memoryHistory, memoryRelations, memoryView, version } from './documents.ts';

export type View = ResultOf<typeof memoryView>;
/** The memory that is shown. */
export type Memory = NonNullable<View['memory']>;
export type Version = ResultOf<typeof version>;
export type Dispute = ResultOf<typeof memoryDispute>;
export type Finding = ResultOf<typeof memoryFinding>;
export type DecayPolicy = View['viewer']['workspace']['decayPolicies'][number];
export type HistoryEvent = NonNullable<ResultOf<typeof memoryHistory>['memory']>['history']['nodes'][number];
export type RelationEdge = NonNullable<ResultOf<typeof memoryRelations>['memory']>['relations']['edges'][number];

/** Which memory is looked at, and when. */
export interface Looked {
  /** As the address has it: it may carry a point in time. */
  id: string;
  /** The point in time, where the address or the id names one. */
  at: Point | undefined;
}
