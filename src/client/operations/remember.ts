// Written by `npm run tools` from src/mcp/tools and the schema.
import type { GraphQLDocument } from '../document.ts';
import type {
  CompanionRef,
  ContradictionFields,
  FindingFields,
  KeptFields,
  NewMemory,
  NewRelation,
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
    memories: KeptFields[];
    duplicates: {
      index: number;
      memoryId: string;
      merged: string[];
      ignored: string[];
    }[];
    relations: {
      id: string;
    }[];
    contradictions: ContradictionFields[];
    findings: FindingFields[];
  };
}

/**
 * Keeps memories, one statement each, and relations of them or of known ones: all or nothing. What is
 * known already is answered as a duplicate.
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
        ...kept
      }
      duplicates {
        index
        memoryId
        merged
        ignored
      }
      relations {
        id
      }
      contradictions {
        ...contradiction
      }
      findings {
        ...finding
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
        ...kept
      }
    }
  }
}

fragment kept on Memory {
  id
  type
  status
  content
  validFrom
  validUntil
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

fragment finding on Finding {
  id
  kind
  score
  reason
  verdict
  memory {
    ...kept
  }
  by {
    ...kept
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
