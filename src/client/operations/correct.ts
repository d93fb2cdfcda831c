// Written by `npm run tools` from src/mcp/tools and the schema.
import type { GraphQLDocument } from '../document.ts';
import type { CorrectionKind, KeptFields, MemoryStatus } from './types.ts';

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
    memory: KeptFields;
    corrected: {
      id: string;
      status: MemoryStatus;
      validUntil: string | null;
    };
  };
}

/**
 * Puts a new version in place of a memory that was never true (MISTAKE), or after one that was true
 * until effectiveAt (CHANGE; default: now).
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
        ...kept
      }
      corrected {
        id
        status
        validUntil
      }
    }
    ...failure
    ... on AlreadyCorrectedError {
      current {
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
