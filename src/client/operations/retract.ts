// Written by `npm run tools` from src/mcp/tools and the schema.
import type { GraphQLDocument } from '../document.ts';
import type { CorrectionKind, KeptFields } from './types.ts';

export interface RetractVariables {
  /** The memory. */
  id: string;
  kind?: CorrectionKind | undefined;
  effectiveAt?: string | null | undefined;
  reason?: string | null | undefined;
  idempotencyKey?: string | null | undefined;
}

export interface RetractData {
  retractMemory: {
    memory: KeptFields;
  };
}

/**
 * Stops believing a memory that nothing replaces. MISTAKE and CHANGE as in correct. It can still be
 * read.
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
        ...kept
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
