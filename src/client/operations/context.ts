// Written by `npm run tools` from src/mcp/tools and the schema.
import type { GraphQLDocument } from '../document.ts';
import type { CompanionRef, ConversationRef, UserRef } from './types.ts';

export interface ContextVariables {
  companion: CompanionRef;
  user?: UserRef | null | undefined;
  conversation?: ConversationRef | null | undefined;
  /** What you are about to answer. */
  query?: string | null | undefined;
  /** Most tokens of the text. */
  maxTokens?: number | undefined;
}

export interface ContextData {
  context: {
    text: string;
    tokens: number;
    omitted: number;
  };
}

/**
 * What to know before you answer, as one text: working memory, facts, fitting memories, disputes,
 * newest messages. Call it first in every conversation.
 */
export const context: GraphQLDocument<ContextData, ContextVariables> = `query context(
  $companion: CompanionRef!
  $user: UserRef
  $conversation: ConversationRef
  $query: String
  $maxTokens: Int! = 2000
) {
  context(
    input: {
      companion: $companion
      user: $user
      conversation: $conversation
      query: $query
      maxTokens: $maxTokens
    }
  ) {
    text
    tokens
    omitted
  }
}`;
