// Written by `npm run tools` from src/mcp/tools and the schema.
import type { GraphQLDocument } from '../document.ts';
import type { CorrectionKind, MemoryFields } from './types.ts';

export interface CorrectVariables {
  /** The memory. */
  id: string;
  /** What is true instead. */
  content?: string | null | undefined;
  kind?: CorrectionKind | undefined;
  effectiveAt?: string | null | undefined;
  validFrom?: string | null | undefined;
  validUntil?: string | null | undefined;
  reason?: string | null | undefined;
  idempotencyKey?: string | null | undefined;
}

export interface CorrectData {
  correctMemory: {
    memory: MemoryFields;
    corrected: MemoryFields;
  };
}

/**
 * Replaces a memory by a new version: it was wrong (MISTAKE), or true until now or effectiveAt
 * (CHANGE).
 */
export const correct: GraphQLDocument<CorrectData, CorrectVariables> = `mutation correct(
  $id: ID!
  $content: String
  $kind: CorrectionKind! = MISTAKE
  $effectiveAt: DateTime
  $validFrom: DateTime
  $validUntil: DateTime
  $reason: String
  $idempotencyKey: String
) {
  correctMemory(
    input: {
      id: $id
      content: $content
      kind: $kind
      effectiveAt: $effectiveAt
      validFrom: $validFrom
      validUntil: $validUntil
      reason: $reason
      idempotencyKey: $idempotencyKey
    }
  ) {
    ... on CorrectMemoryPayload {
      memory {
        ...memory
      }
      corrected {
        ...memory
      }
    }
    ...failure
    ... on AlreadyCorrectedError {
      current {
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
