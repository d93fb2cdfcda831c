// Written by `npm run tools` from src/mcp/tools and the schema.
import type { GraphQLDocument } from '../document.ts';

export interface ForgetVariables {
  /** The memories. */
  ids: readonly string[];
  idempotencyKey?: string | null | undefined;
}

export interface ForgetData {
  forgetMemories: {
    forgottenIds: string[];
  };
}

/**
 * Erases memories for good, with all their versions. Only where the user wants that: what is not true
 * is for correct or retract.
 */
export const forget: GraphQLDocument<ForgetData, ForgetVariables> = `mutation forget(
  $ids: [ID!]!
  $idempotencyKey: String
) {
  forgetMemories(input: { ids: $ids, idempotencyKey: $idempotencyKey }) {
    ... on ForgetMemoriesPayload {
      forgottenIds
    }
    ...failure
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
