// Written by `npm run tools` from src/mcp/tools and the schema.
import type { GraphQLDocument } from '../document.ts';
import type { CompanionRef, EntityRef, MemoryFields, MemoryStatus, MemoryType, PointInTime, UserRef } from './types.ts';

export interface RecallVariables {
  companion: CompanionRef;
  user?: UserRef | null | undefined;
  /** A question, or words. */
  query: string;
  types?: readonly MemoryType[] | null | undefined;
  /** Only what mentions it. */
  entity?: EntityRef | null | undefined;
  /** Only what became true since. */
  from?: string | null | undefined;
  /** Only what became true before. */
  until?: string | null | undefined;
  statuses?: readonly MemoryStatus[] | undefined;
  /** Reads the past: what was true at validAt, as known at knownAt. */
  at?: PointInTime | null | undefined;
  first?: number | null | undefined;
  /** endCursor of the page before. */
  after?: string | null | undefined;
}

export interface RecallData {
  recall: {
    edges: {
      score: number;
      explanation: {
        excerpt: {
          text: string;
        } | null;
      };
      node: MemoryFields;
    }[];
    pageInfo: {
      hasNextPage: boolean;
      endCursor: string | null;
    };
  };
}

/** Finds memories by a question or words, the best first. By default those that are believed and valid. */
export const recall: GraphQLDocument<RecallData, RecallVariables> = `query recall(
  $companion: CompanionRef!
  $user: UserRef
  $query: String!
  $types: [MemoryType!]
  $entity: EntityRef
  $from: DateTime
  $until: DateTime
  $statuses: [MemoryStatus!]! = [ACTIVE, DISPUTED]
  $at: PointInTime
  $first: Int = 10
  $after: String
) {
  recall(
    input: {
      companion: $companion
      user: $user
      query: $query
      filter: {
        types: $types
        entity: $entity
        validFrom: { from: $from, until: $until }
        statuses: $statuses
      }
    }
    first: $first
    after: $after
    at: $at
  ) {
    edges {
      score
      explanation {
        excerpt {
          text
        }
      }
      node {
        ...memory
      }
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
