// Written by `npm run tools` from src/mcp/tools and the schema.
import type { GraphQLDocument } from '../document.ts';
import type { ContradictionFields, ContradictionResolution } from './types.ts';

export interface DisputeVariables {
  /** memory and by are given: they contradict each other. */
  contradicts: boolean;
  /** contradiction and resolution are given: it is decided. */
  resolves: boolean;
  /** Id of what is contradicted. */
  memory?: string | undefined;
  /** Id of what contradicts it. */
  by?: string | undefined;
  /** Id of a contradiction, con_…. */
  contradiction?: string | undefined;
  /** SUCCEEDED: each was true in its time. DISMISSED: no contradiction. */
  resolution?: ContradictionResolution | undefined;
  reason?: string | null | undefined;
  idempotencyKey?: string | null | undefined;
}

export interface DisputeData {
  contradicted?: {
    contradiction: ContradictionFields;
  };
  resolved?: {
    contradiction: ContradictionFields;
  };
}

/**
 * Either says that two memories cannot both be true: give memory and by. Or decides such a
 * contradiction: give contradiction and resolution.
 */
export const dispute: GraphQLDocument<DisputeData, DisputeVariables> = `mutation dispute(
  $contradicts: Boolean!
  $resolves: Boolean!
  $memory: ID! = ""
  $by: ID! = ""
  $contradiction: ID! = ""
  $resolution: ContradictionResolution! = DISMISSED
  $reason: String
  $idempotencyKey: String
) {
  contradicted: contradictMemory(
    input: {
      id: $memory
      by: { memoryId: $by }
      reason: $reason
      idempotencyKey: $idempotencyKey
    }
  ) @include(if: $contradicts) {
    ... on ContradictMemoryPayload {
      contradiction {
        ...contradiction
      }
    }
    ...failure
    ... on RelationExistsError {
      relation {
        ...relation
      }
      current: contradiction {
        ...contradiction
      }
    }
  }
  resolved: resolveContradiction(
    input: {
      id: $contradiction
      resolution: $resolution
      note: $reason
      idempotencyKey: $idempotencyKey
    }
  ) @include(if: $resolves) {
    ... on ResolveContradictionPayload {
      contradiction {
        ...contradiction
      }
    }
    ...failure
    ... on AlreadyResolvedError {
      current: contradiction {
        ...contradiction
      }
    }
  }
}

fragment contradiction on Contradiction {
  id
  reason
  resolution
  memory {
    id
    content
  }
  by {
    id
    content
  }
}

fragment failure on Error {
  ... on InvalidInputError {
    issues {
      path
      message
    }
  }
  ... on NotFoundError {
    ids
  }
  ... on LimitExceededError {
    limit
    given
  }
  ... on ForbiddenError {
    requiredScope
  }
}

fragment relation on MemoryRelation {
  id
  type
  strength
  from {
    id
  }
  to {
    id
  }
}`;
