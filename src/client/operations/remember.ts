// Written by `npm run tools` from src/mcp/tools and the schema.
import type { GraphQLDocument } from '../document.ts';
import type {
  CompanionRef,
  ContradictionFields,
  MemoryFields,
  NewMemory,
  NewRelation,
  RelationFields,
  UserRef,
} from './types.ts';

export interface RememberVariables {
  companion: CompanionRef;
  user?: UserRef | null | undefined;
  memories?: readonly NewMemory[] | undefined;
  relations?: readonly NewRelation[] | null | undefined;
  /** The same key again changes nothing: for retries. */
  idempotencyKey?: string | null | undefined;
}

export interface RememberData {
  createMemories: {
    memories: MemoryFields[];
    duplicates: {
      index: number;
      memoryId: string;
      merged: string[];
      ignored: string[];
    }[];
    relations: RelationFields[];
    contradictions: ContradictionFields[];
  };
}

/**
 * Keeps memories, one statement each, and relations among them or to known ones: all or nothing. What
 * is known already comes back as a duplicate.
 */
export const remember: GraphQLDocument<RememberData, RememberVariables> = `mutation remember(
  $companion: CompanionRef!
  $user: UserRef
  $memories: [NewMemory!]! = []
  $relations: [NewRelation!]
  $idempotencyKey: String
) {
  createMemories(
    input: {
      companion: $companion
      user: $user
      memories: $memories
      relations: $relations
      idempotencyKey: $idempotencyKey
    }
  ) {
    ... on CreateMemoriesPayload {
      memories {
        ...memory
      }
      duplicates {
        index
        memoryId
        merged
        ignored
      }
      relations {
        ...relation
      }
      contradictions {
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
    ... on CycleError {
      memories {
        ...memory
      }
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
}`;
