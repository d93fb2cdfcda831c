// Written by `npm run tools` from src/mcp/tools and the schema.
import type { GraphQLDocument } from '../document.ts';
import type {
  CompanionRef,
  EntityRef,
  MemoryFields,
  MemoryType,
  OrderDirection,
  PointInTime,
  UserRef,
} from './types.ts';

export interface TimelineVariables {
  companion: CompanionRef;
  user?: UserRef | null | undefined;
  /** Questions with one answer at a time, such as user.home. */
  slots?: readonly string[] | null | undefined;
  types?: readonly MemoryType[] | null | undefined;
  /** Only what mentions it. */
  entity?: EntityRef | null | undefined;
  /** Only what became true since. */
  from?: string | null | undefined;
  /** Only what became true before. */
  until?: string | null | undefined;
  order?: OrderDirection | undefined;
  /** Reads the past, as known at knownAt. */
  at?: PointInTime | null | undefined;
  first?: number | null | undefined;
  /** endCursor of the page before. */
  after?: string | null | undefined;
}

export interface TimelineData {
  memories: {
    nodes: MemoryFields[];
    pageInfo: {
      hasNextPage: boolean;
      endCursor: string | null;
    };
  };
}

/**
 * Lists what was true when, also what has ended: of a slot, an entity or a span of time, or of
 * everything.
 */
export const timeline: GraphQLDocument<TimelineData, TimelineVariables> = `query timeline(
  $companion: CompanionRef!
  $user: UserRef
  $slots: [String!]
  $types: [MemoryType!]
  $entity: EntityRef
  $from: DateTime
  $until: DateTime
  $order: OrderDirection! = DESC
  $at: PointInTime
  $first: Int = 20
  $after: String
) {
  memories(
    companion: $companion
    user: $user
    filter: {
      slots: $slots
      types: $types
      entity: $entity
      validFrom: { from: $from, until: $until }
      statuses: [ACTIVE, DISPUTED, ENDED, UPCOMING, ARCHIVED]
    }
    orderBy: { field: VALID_FROM, direction: $order }
    at: $at
    first: $first
    after: $after
  ) {
    nodes {
      ...memory
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}

fragment memory on Memory {
  id
  type
  status
  content
  slot
  context
  suspect
  validFrom
  validUntil
  retractedAt
  current {
    id
  }
}`;
