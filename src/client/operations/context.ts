// Written by `npm run tools` from src/mcp/tools and the schema.
import type { GraphQLDocument } from '../document.ts';
import type { CompanionRef, ConversationRef, UserRef } from './types.ts';

export interface ContextVariables {
  companion: CompanionRef;
  user?: UserRef | null | undefined;
  conversation?: ConversationRef | null | undefined;
  /** What is about to be answered. Default: the newest message of the user, if messages are kept here. */
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
 * What to know before you answer: working memory, facts, fitting memories, disputes and the newest
 * messages, as one text. Call it first in every conversation.
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
