// Written by `npm run tools` from src/mcp/tools and the schema.
import type { GraphQLDocument } from '../document.ts';
import type { CorrectionKind, MemoryFields } from './types.ts';

export interface RetractVariables {
  /** The memory. */
  id: string;
  kind?: CorrectionKind | undefined;
  /** For a CHANGE. Default: now. */
  effectiveAt?: string | null | undefined;
  reason?: string | null | undefined;
  idempotencyKey?: string | null | undefined;
}

export interface RetractData {
  retractMemory: {
    memory: MemoryFields;
  };
}

/**
 * Stops believing a memory that nothing replaces: it was never true (MISTAKE), or has stopped being
 * true (CHANGE). It stays readable.
 */
export const retract: GraphQLDocument<RetractData, RetractVariables> = `mutation retract(
  $id: ID!
  $kind: CorrectionKind! = MISTAKE
  $effectiveAt: DateTime
  $reason: String
  $idempotencyKey: String
) {
  retractMemory(
    input: {
      id: $id
      kind: $kind
      effectiveAt: $effectiveAt
      reason: $reason
      idempotencyKey: $idempotencyKey
    }
  ) {
    ... on RetractMemoryPayload {
      memory {
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
