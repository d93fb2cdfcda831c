import type { ExecuteOptions, Executes } from '../../client/execute.ts';
import { OperationError } from '../../client/operation-error.ts';
import { append, isOfAnother, newestMessages, type RememberPolicy, refsOf } from '../transcript.ts';
import {
  type Conversation,
  changesOf,
  chatOf,
  DELETE_CHAT,
  FIND_CHAT,
  filterOf,
  LIST_CHATS,
  LISTED,
  SAVE_CHAT,
} from './chats.ts';
import { Line } from './line.ts';
import { contentOf, formats, isOf, messageOf } from './messages.ts';
import type { ChatSession, ConversationMessage, WorkingMemory, WorkingMemoryOf } from './provider-types.ts';

export interface PalimpsestMemoryOptions extends ExecuteOptions {
  /** The key of the companion whose chats these are. An unknown one is created. */
  companion: string;
  /** Your own id of the user whose chats these are, and no others: those of other users do not exist then. */
  user?: string | undefined;
  /** Which messages become memories. Default: TURNS, what users and the companion said. */
  remember?: RememberPolicy | undefined;
  /** What `deleteChat` does with the memories that messages became. Default: FORGET. */
  memories?: 'FORGET' | 'KEEP' | undefined;
}

const READ_OF_USER = `query ($companion: CompanionRef!, $user: UserRef!) {
  workingMemory(companion: $companion, user: $user, scope: USER) { content updatedAt }
}`;
const WRITE = `mutation ($input: UpdateWorkingMemoryInput!) {
  updateWorkingMemory(input: $input) { __typename ... on InvalidInputError { issues { path message } } }
}`;

interface Written {
  content: string;
  updatedAt: string;
}
type Found = Conversation & { externalId: string; workingMemory: Written | null };
interface Listed {
  conversations: { nodes: Found[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
}

const toWorkingMemory = (written: Written | null): WorkingMemory | null =>
  written && { content: written.content, updatedAt: new Date(written.updatedAt) };

/** Whether a write was refused since the chat is with another user, or with nobody in particular. */
const isRefusedUser = (error: unknown): boolean =>
  error instanceof OperationError &&
  error.code === 'INVALID_INPUT' &&
  JSON.stringify(error.details.issues ?? []).includes('"path":["input","user"]');

/**
 * A provider of @ai-sdk-tools/memory: chats are conversations of a companion, and what is said in them is remembered. It does what is
 * asked of one chat in the order it was asked. All methods throw OperationError where the service refuses.
 */
export class PalimpsestMemory {
  readonly #executes: Executes;
  readonly #options: PalimpsestMemoryOptions;
  readonly #line = new Line();

  constructor(executes: Executes, options: PalimpsestMemoryOptions) {
    this.#executes = executes;
    this.#options = options;
  }

  /** The working memory of a chat, or of a user. Null: there is none, or none is named. One request. */
  async getWorkingMemory({ chatId, userId, scope }: WorkingMemoryOf): Promise<WorkingMemory | null> {
    if (scope === 'chat') {
      if (!chatId) return null;
      return toWorkingMemory((await this.#line.run(chatId, () => this.#find(chatId)))?.workingMemory ?? null);
    }
    const user = this.#userOf(userId);
    if (!user) return null;
    const variables = { companion: { key: this.#options.companion }, user: { externalId: user } };
    const read = () => this.#execute<{ workingMemory: Written | null }>(READ_OF_USER, variables);
    return toWorkingMemory((await this.#line.run(`user ${user}`, read)).workingMemory);
  }

  /** Rewrites it: at most 100,000 characters. Throws TypeError where the chat or user is not named. One request. */
  async updateWorkingMemory({ chatId, userId, scope, content }: WorkingMemoryOf & { content: string }): Promise<void> {
    const change = (of: object) => () =>
      this.#execute(WRITE, { input: { ...of, content, idempotencyKey: crypto.randomUUID() } });
    if (scope === 'chat') {
      if (!chatId) throw new TypeError('A working memory of scope chat needs a chatId.');
      await this.#line.run(chatId, () =>
        this.#asUser(chatId, userId, (user) => change({ ...this.#refs(chatId, user), scope: 'CONVERSATION' })()),
      );
      return;
    }
    const user = this.#userOf(userId);
    if (!user) throw new TypeError('A working memory of scope user needs a userId.');
    const of = { companion: { key: this.#options.companion }, user: { externalId: user }, scope: 'USER' };
    await this.#line.run(`user ${user}`, change(of));
  }

  /**
   * Keeps a message of a chat, which begins with it. One request; three where the chat is with another user, or with nobody: of another
   * user's chat it then becomes no memory.
   */
  async saveMessage(message: ConversationMessage): Promise<void> {
    const { chatId, userId } = message;
    const kept = messageOf(message);
    const { remember = 'TURNS', signal, companion } = this.#options;
    await this.#line.run(chatId, () =>
      this.#asUser(chatId, userId, (user, isOthers) =>
        append(this.#executes, { companion, user, conversation: chatId }, [kept], {
          remember: isOthers ? 'NONE' : remember,
          signal,
        }),
      ),
    );
  }

  /**
   * The newest messages of a chat in the order they were said: what was saved, parsed where it is JSON. With a userId those of this user,
   * and those saved without one. A request for each 100 that are looked at.
   */
  async getMessages<Message>({
    chatId,
    userId,
    limit,
  }: {
    chatId: string;
    userId?: string;
    limit?: number;
  }): Promise<Message[]> {
    const { companion, user, signal } = this.#options;
    const messages = await this.#line.run(chatId, () =>
      newestMessages(
        this.#executes,
        { companion, user, conversation: chatId },
        {
          ...{ formats, signal, limit: limit && limit > 0 ? limit : undefined },
          ...(userId && { counts: (message, ofChat) => isOf(message, userId, ofChat) }),
        },
      ),
    );
    return messages.map((message) => contentOf(message) as Message);
  }

  /** Keeps what is said of a chat: its title, if that says something, its times and its count. Two requests. */
  async saveChat(chat: ChatSession): Promise<void> {
    await this.#line.run(chat.chatId, async () => this.#save(chat, await this.#find(chat.chatId)));
  }

  /** The chats that were saved, the one last changed first: of the 100 last active, or of more with a larger limit or none. */
  async getChats({
    userId,
    search,
    limit,
  }: {
    userId?: string;
    search?: string;
    limit?: number;
  }): Promise<ChatSession[]> {
    await this.#line.settled();
    const filter = filterOf(userId, search);
    if (!filter) return [];
    const { companion, user } = this.#options;
    const most = limit && limit > 0 ? limit : Number.POSITIVE_INFINITY;
    const variables = { companion: { key: companion }, user: user === undefined ? null : { externalId: user }, filter };
    const found: Found[] = [];
    let after: string | null = null;
    do {
      const { conversations }: Listed = await this.#execute<Listed>(LIST_CHATS, { ...variables, after });
      found.push(...conversations.nodes);
      after = conversations.pageInfo.hasNextPage ? conversations.pageInfo.endCursor : null;
    } while (after !== null && found.length < Math.max(most, LISTED));
    const chats = found.flatMap((conversation) => chatOf(conversation) ?? []);
    return chats
      .filter(({ title }) => !search || title?.toLowerCase().includes(search.toLowerCase()))
      .sort((a, b) => b.updatedAt.getTime() - a.updatedAt.getTime())
      .slice(0, most);
  }

  /** A chat as it was saved. Null: none was. One request. */
  async getChat(chatId: string): Promise<ChatSession | null> {
    return chatOf(await this.#line.run(chatId, () => this.#find(chatId)));
  }

  /** Titles a chat, which begins with it: at most 500 characters. Two requests. */
  async updateChatTitle(chatId: string, title: string): Promise<void> {
    await this.#line.run(chatId, async () => {
      const before = await this.#find(chatId);
      const now = new Date();
      const chat = chatOf(before) ?? { chatId, createdAt: now, messageCount: 0 };
      await this.#save({ ...chat, title, updatedAt: now }, before);
    });
  }

  /** Deletes a chat with its messages, its working memory, and what they became, unless the option `memories` keeps that. */
  async deleteChat(chatId: string): Promise<void> {
    const { memories = 'FORGET', user } = this.#options;
    await this.#line.run(chatId, async () => {
      if (user !== undefined && !(await this.#find(chatId))) return;
      const input = { ...this.#refs(chatId), memories, idempotencyKey: crypto.randomUUID() };
      await this.#execute(DELETE_CHAT, { input }).catch((error) => {
        if (!(error instanceof OperationError && error.code === 'NOT_FOUND')) throw error;
      });
    });
  }

  async #save(chat: ChatSession, before: Found | null): Promise<void> {
    const { chatId, userId } = chat;
    await this.#asUser(chatId, userId, (user) =>
      this.#execute(SAVE_CHAT, {
        input: { ...this.#refs(chatId, user), ...changesOf(chat, before), idempotencyKey: crypto.randomUUID() },
      }),
    );
  }

  /** The conversation of a chat; null where there is none, or it is another user's. */
  async #find(chatId: string): Promise<Found | null> {
    const { companion, conversation: by } = this.#refs(chatId);
    const { conversation } = await this.#execute<{ conversation: Found | null }>(FIND_CHAT, { companion, by });
    return conversation && !isOfAnother(conversation, this.#options.user) ? conversation : null;
  }

  /**
   * Writes to a chat as a user. A chat has one user at most, the one it began with: where that is another, or nobody, it
   * is written to without. Throws where these chats are of one user, and this one is another's.
   */
  async #asUser(
    chatId: string,
    userId: string | undefined,
    write: (user: string | undefined, isOthers: boolean) => Promise<unknown>,
  ): Promise<void> {
    try {
      await write(this.#userOf(userId), false);
    } catch (error) {
      if (!isRefusedUser(error)) throw error;
      const found = await this.#find(chatId);
      if (!found) throw error;
      await write(undefined, found.user !== null);
    }
  }

  /** The user that is meant. Throws where these chats are of one user, and another is named. */
  #userOf(userId: string | undefined): string | undefined {
    const { user } = this.#options;
    if (user === undefined || !userId || userId === user) return userId || user;
    const message = `These chats are of one user, and ${JSON.stringify(userId)} is another: name the same, or none.`;
    throw new OperationError([{ code: 'FORBIDDEN', message, path: [], details: {} }]);
  }

  #refs(chatId: string, user?: string) {
    return refsOf({ companion: this.#options.companion, user, conversation: chatId });
  }

  #execute<Data>(document: string, variables: object): Promise<Data> {
    return this.#executes.execute<Data, object>(document, variables, { signal: this.#options.signal });
  }
}

/** A provider of @ai-sdk-tools/memory that keeps chats with a companion, in this process or by a server. */
export const palimpsestMemory = (executes: Executes, options: PalimpsestMemoryOptions): PalimpsestMemory =>
  new PalimpsestMemory(executes, options);
