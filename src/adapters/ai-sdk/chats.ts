import type { ChatSession } from './provider-types.ts';

// Chats as conversations: what a host says of one is kept in the conversation's metadata, as it was said.

const CONVERSATION = `id title metadata messageCount user { externalId }`;

export interface Conversation {
  id: string;
  title: string | null;
  metadata: Readonly<Record<string, unknown>> & { chat?: SavedChat };
  user: { externalId: string } | null;
}

interface SavedChat {
  userId?: string | undefined;
  createdAt: string;
  updatedAt: string;
  messageCount: number;
}

export const FIND_CHAT = `query ($companion: CompanionRef!, $by: ConversationRef!) {
  conversation(by: $by, companion: $companion) { ${CONVERSATION} externalId workingMemory { content updatedAt } }
}`;

/** So many chats a list reads at once. */
export const LISTED = 100;
export const LIST_CHATS = `query ($companion: CompanionRef!, $user: UserRef, $filter: ConversationFilter!, $after: String) {
  conversations(companion: $companion, user: $user, filter: $filter, first: ${LISTED}, after: $after) {
    nodes { ${CONVERSATION} externalId }
    pageInfo { hasNextPage endCursor }
  }
}`;

export const SAVE_CHAT = `mutation ($input: UpsertConversationInput!) {
  upsertConversation(input: $input) { __typename ... on InvalidInputError { issues { path message } } }
}`;
export const DELETE_CHAT =
  'mutation ($input: DeleteConversationInput!) { deleteConversation(input: $input) { __typename } }';

const isBlank = (text: string | undefined): boolean => text === undefined || text.trim() === '';

/** What changes of a conversation where a chat is saved; a title that says nothing leaves the one that is there. */
export function changesOf(chat: ChatSession, before: Conversation | null): object {
  const { userId, createdAt, updatedAt, messageCount } = chat;
  const saved = {
    ...(userId && { userId }),
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
    messageCount,
  } satisfies SavedChat;
  return { metadata: { ...before?.metadata, chat: saved }, ...(!isBlank(chat.title) && { title: chat.title }) };
}

/** The chat as it was saved; null where none was, though something may have been said in it. */
export function chatOf(conversation: (Conversation & { externalId: string }) | null): ChatSession | null {
  const { externalId, title, metadata: { chat } = {} } = conversation ?? {};
  if (externalId === undefined || !chat) return null;
  return {
    chatId: externalId,
    ...(chat.userId !== undefined && { userId: chat.userId }),
    ...(title && { title }),
    createdAt: new Date(chat.createdAt),
    updatedAt: new Date(chat.updatedAt),
    messageCount: chat.messageCount,
  };
}

/** Which conversations are such chats. Null: none can be, since no title is that long. */
export function filterOf(userId: string | undefined, search: string | undefined): object | null {
  if (search && search.length > 500) return null;
  return { metadata: { chat: { ...(userId && { userId }) } }, ...(!isBlank(search) && { title: search }) };
}
