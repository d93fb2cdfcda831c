import { MessageList } from '@mastra/core/agent';
import type { MastraDBMessage, StorageThreadType } from '@mastra/core/memory';
import {
  calculatePagination,
  jsonValueEquals,
  MemoryStorage,
  normalizePerPage,
  type StorageCloneThreadInput,
  type StorageCopyThreadOutput,
  type StorageListMessagesByResourceIdInput,
  type StorageListMessagesInput,
  type StorageListMessagesOutput,
  type StorageListThreadsInput,
  type StorageListThreadsOutput,
  type StorageResourceType,
  storageMessageMatchesMetadataFilter,
  validateStorageMetadataFilter,
} from '@mastra/core/storage';
import { copyThread } from './copy-thread.ts';
import { includedMessages, readThread } from './list-messages.ts';
import { findMessages, toMessage } from './messages.ts';
import { deleteAllResources, getResource, saveResource, updateResource } from './resources.ts';
import { deleteMessages, type MessageUpdate, saveMessages, updateMessages } from './save-messages.ts';
import { type PalimpsestOptions, Service } from './service.ts';
import {
  allThreads,
  deleteAllThreads,
  deleteThread,
  findThread,
  savingThread,
  toThread,
  updateThread,
} from './threads.ts';

type Direction = 'ASC' | 'DESC';

/** As Mastra has messages that come from a store. */
const listed = (messages: MastraDBMessage[]) => new MessageList().add(messages, 'memory').get.all.db();

const inOrder =
  (direction: Direction, of: (item: { createdAt: Date; updatedAt?: Date }) => Date = ({ createdAt }) => createdAt) =>
  (a: { createdAt: Date; updatedAt?: Date }, b: { createdAt: Date; updatedAt?: Date }): number =>
    (direction === 'ASC' ? 1 : -1) * (of(a).getTime() - of(b).getTime());

/**
 * Mastra's memory in a companion: a thread is a conversation, its resource the conversation's user, a message a message, and
 * the working memory of a resource the companion's working memory of that user.
 */
export class PalimpsestMemory extends MemoryStorage {
  override readonly supportsPartialThreadUpdate = true;
  readonly #service: Service;

  constructor(options: PalimpsestOptions) {
    super();
    this.#service = new Service(options);
  }

  /** Deletes all conversations of the companion, and its working memories of users. */
  async dangerouslyClearAll(): Promise<void> {
    await deleteAllThreads(this.#service);
    await deleteAllResources(this.#service);
  }

  async getThreadById({ threadId, resourceId }: { threadId: string; resourceId?: string }) {
    const found = await findThread(this.#service, threadId);
    const thread = found && toThread(found);
    return thread && (resourceId === undefined || thread.resourceId === resourceId) ? thread : null;
  }

  /** Throws where the thread is there and of another resource: a conversation keeps the user it began with. */
  async saveThread({ thread }: { thread: StorageThreadType }): Promise<StorageThreadType> {
    await this.#service.change([savingThread(this.#service, thread)]);
    return thread;
  }

  updateThread(change: { id: string; title?: string; metadata?: Record<string, unknown> }) {
    return updateThread(this.#service, change);
  }

  deleteThread({ threadId }: { threadId: string }): Promise<void> {
    return deleteThread(this.#service, threadId);
  }

  async listThreads({
    page = 0,
    perPage: perPageInput,
    orderBy,
    filter,
  }: StorageListThreadsInput): Promise<StorageListThreadsOutput> {
    this.validatePaginationInput(page, perPageInput ?? 100);
    const wanted = filter?.metadata ?? {};
    this.validateMetadataKeys(wanted);
    const { field, direction } = this.parseOrderBy(orderBy);
    const isWanted = ({ metadata }: StorageThreadType) =>
      Object.entries(wanted).every(([name, value]) => jsonValueEquals(metadata?.[name], value));
    const hasFilter = Object.keys(wanted).length > 0;
    const found = await allThreads(this.#service, {
      resourceId: filter?.resourceId,
      ...(hasFilter && { metadata: wanted }),
    });
    const threads = found
      .filter((thread) => !hasFilter || (thread.metadata && isWanted(thread)))
      .sort(inOrder(direction, (thread) => thread[field] as Date));
    const size = normalizePerPage(perPageInput, 100);
    const { offset, perPage } = calculatePagination(page, perPageInput, size);
    const hasMore = offset + size < threads.length;
    return { threads: threads.slice(offset, offset + size), total: threads.length, page, perPage, hasMore };
  }

  override copyThread(args: StorageCloneThreadInput): Promise<StorageCopyThreadOutput> {
    return copyThread(this.#service, args);
  }

  /** Refused: a conversation keeps the user it began with, as do its memories. */
  override async updateThreadResourceId({ threadId, resourceId }: { threadId: string; resourceId: string }) {
    const thread = await this.getThreadById({ threadId });
    if (!thread) throw new Error(`Thread "${threadId}" not found`);
    if (thread.resourceId === resourceId) return thread;
    throw new Error(
      `Thread "${threadId}" stays with the resource that it began with, as do its memories: copy it for another one.`,
    );
  }

  async listMessages({
    threadId,
    resourceId,
    include,
    filter,
    perPage: perPageInput,
    page = 0,
    orderBy,
    includeTotal = true,
  }: StorageListMessagesInput): Promise<StorageListMessagesOutput> {
    const threadIds = [...new Set([threadId].flat())];
    if (threadIds.length === 0 || threadIds.some((id) => !id.trim())) {
      throw new Error('threadId must be a non-empty string or array of non-empty strings');
    }
    const { direction } = this.parseOrderBy(orderBy, 'ASC');
    const metadata = validateStorageMetadataFilter(filter?.metadata);
    const size = normalizePerPage(perPageInput, 40);
    this.validatePagination(page, Math.min(size, 2 ** 30));
    const { offset, perPage } = calculatePagination(page, perPageInput, size);
    if (size === 0 && !include?.length) return { messages: [], total: 0, page, perPage, hasMore: false };
    const where = { resourceId: resourceId || undefined, dateRange: filter?.dateRange };
    const [read, around] = await Promise.all([
      this.#page(threadIds, { ...where, direction, offset, size, metadata, withTotal: includeTotal }),
      includedMessages(this.#service, include, resourceId || undefined),
    ]);
    const ids = new Set(read.messages.map(({ id }) => id));
    const messages = [...read.messages, ...around.filter(({ id }) => !ids.has(id))].sort(inOrder(direction));
    const inThread = messages.filter((message) => message.threadId === threadId).length;
    const isWhole = include?.length && !metadata && includeTotal && inThread >= read.total;
    return { messages, total: read.total, page, perPage, hasMore: read.hasMore && !isWhole };
  }

  /** A page of the messages of threads together, how many there are, and whether more come behind it. */
  async #page(
    threadIds: readonly string[],
    {
      offset,
      size,
      metadata,
      withTotal,
      ...where
    }: Pick<Parameters<typeof readThread>[2], 'direction' | 'resourceId' | 'dateRange' | 'withTotal'> & {
      offset: number;
      size: number;
      metadata: ReturnType<typeof validateStorageMetadataFilter>;
    },
  ): Promise<{ messages: MastraDBMessage[]; total: number; hasMore: boolean }> {
    if (size === 0) return { messages: [], total: 0, hasMore: false };
    const isOne = threadIds.length === 1 && !metadata;
    const skip = isOne ? offset : 0;
    const take = metadata ? Number.POSITIVE_INFINITY : isOne ? size : offset + size;
    const parts = await Promise.all(
      threadIds.map((id) => readThread(this.#service, id, { ...where, skip, take, withTotal: withTotal && !metadata })),
    );
    const found = parts
      .flatMap(({ messages }) => messages)
      .filter(({ content }) => storageMessageMatchesMetadataFilter(content, metadata))
      .sort(inOrder(where.direction));
    const messages = isOne ? found : found.slice(offset, offset + size);
    const isMoreRead = found.length > skip + size || parts.some(({ hasMore }) => hasMore);
    const behind = offset + messages.length;
    if (metadata) return { messages, total: found.length, hasMore: behind < found.length };
    if (!withTotal) return { messages, total: behind, hasMore: isMoreRead || (!isOne && behind < found.length) };
    const total = parts.reduce((sum, part) => sum + part.total, 0);
    return { messages, total, hasMore: offset + size < total };
  }

  /** Of all threads of the resource, at most 10,000. */
  override async listMessagesByResourceId({
    resourceId,
    ...args
  }: StorageListMessagesByResourceIdInput): Promise<StorageListMessagesOutput> {
    const threads = await allThreads(this.#service, { resourceId });
    const threadId = threads.map(({ id }) => id);
    if (threadId.length === 0) {
      const perPage = args.perPage ?? 40;
      return { messages: [], total: 0, page: args.page ?? 0, perPage, hasMore: false };
    }
    return this.listMessages({ ...args, threadId, resourceId });
  }

  async listMessagesById({ messageIds }: { messageIds: string[] }): Promise<{ messages: MastraDBMessage[] }> {
    const found = await findMessages(this.#service, messageIds);
    return { messages: listed([...found.values()].map((node) => toMessage(node, node.conversation.externalId))) };
  }

  async saveMessages({ messages }: { messages: MastraDBMessage[] }): Promise<{ messages: MastraDBMessage[] }> {
    await saveMessages(this.#service, messages);
    return { messages: listed(messages) };
  }

  updateMessages({ messages }: { messages: MessageUpdate[] }): Promise<MastraDBMessage[]> {
    return updateMessages(this.#service, messages);
  }

  override deleteMessages(messageIds: string[]): Promise<void> {
    return deleteMessages(this.#service, messageIds ?? []);
  }

  override getResourceById({ resourceId }: { resourceId: string }): Promise<StorageResourceType | null> {
    return getResource(this.#service, resourceId);
  }

  override saveResource({ resource }: { resource: StorageResourceType }): Promise<StorageResourceType> {
    return saveResource(this.#service, resource);
  }

  override updateResource(change: {
    resourceId: string;
    workingMemory?: string;
    metadata?: Record<string, unknown>;
  }): Promise<StorageResourceType> {
    return updateResource(this.#service, change);
  }
}
