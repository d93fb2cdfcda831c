// What `MemoryProvider` of @ai-sdk-tools/memory says. Written here, so that who uses the middleware alone needs no more
// than the AI SDK; test/ai-sdk-provider.test.ts holds it against the package's own types.

export type MemoryScope = 'chat' | 'user';

/** Which working memory: of a chat by its id, of a user by theirs. */
export interface WorkingMemoryOf {
  chatId?: string;
  userId?: string;
  scope: MemoryScope;
}

export interface WorkingMemory {
  content: string;
  updatedAt: Date;
}

export interface ConversationMessage {
  chatId: string;
  userId?: string;
  role: 'user' | 'assistant' | 'system';
  /** A text, JSON as a text, or a message. */
  content: string | unknown;
  timestamp: Date;
}

export interface ChatSession {
  chatId: string;
  userId?: string;
  title?: string;
  createdAt: Date;
  updatedAt: Date;
  messageCount: number;
}
