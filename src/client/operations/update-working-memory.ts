// Written by `npm run tools` from src/mcp/tools and the schema.
import type { GraphQLDocument } from '../document.ts';
import type { CompanionRef, ConversationRef, UserRef, WorkingMemoryScope } from './types.ts';

export interface UpdateWorkingMemoryVariables {
  companion: CompanionRef;
  user?: UserRef | null | undefined;
  conversation?: ConversationRef | null | undefined;
  scope?: WorkingMemoryScope | null | undefined;
  /** The whole text. */
  content?: string | null | undefined;
  data?: Record<string, unknown> | null | undefined;
  patch?: Record<string, unknown> | null | undefined;
  /** The version this is based on, 0 for none: another one is a CONFLICT. */
  expectedVersion?: number | null | undefined;
  idempotencyKey?: string | null | undefined;
}

export interface UpdateWorkingMemoryData {
  updateWorkingMemory: {
    workingMemory: {
      id: string;
      scope: WorkingMemoryScope;
      version: number;
      content: string;
      data: Record<string, unknown> | null;
      updatedAt: string;
    };
  };
}

/**
 * Rewrites the working memory, which is in every context: its text, its data, or a part of the data by
 * patch (JSON Merge Patch).
 */
export const updateWorkingMemory: GraphQLDocument<UpdateWorkingMemoryData, UpdateWorkingMemoryVariables> =
  `mutation update_working_memory(
  $companion: CompanionRef!
  $user: UserRef
  $conversation: ConversationRef
  $scope: WorkingMemoryScope
  $content: String
  $data: JSONObject
  $patch: JSONObject
  $expectedVersion: Int
  $idempotencyKey: String
) {
  updateWorkingMemory(
    input: {
      companion: $companion
      user: $user
      conversation: $conversation
      scope: $scope
      content: $content
      data: $data
      patch: $patch
      expectedVersion: $expectedVersion
      idempotencyKey: $idempotencyKey
    }
  ) {
    ... on UpdateWorkingMemoryPayload {
      workingMemory {
        id
        scope
        version
        content
        data
        updatedAt
      }
    }
    ...failure
    ... on ConflictError {
      current {
        ... on WorkingMemory {
          version
          content
        }
      }
    }
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
