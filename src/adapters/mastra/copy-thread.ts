import type { MastraDBMessage, StorageThreadType } from '@mastra/core/memory';
import type { StorageCloneThreadInput, StorageCopyThreadOutput } from '@mastra/core/storage';
import { readThread } from './list-messages.ts';
import { saveMessages } from './save-messages.ts';
import type { Service } from './service.ts';
import { deleteThread, findThread, savingThread, toThread } from './threads.ts';

type Options = StorageCloneThreadInput['options'];

/** The messages of a thread that are copied, in order. */
async function sourceMessages(service: Service, threadId: string, options: Options): Promise<MastraDBMessage[]> {
  const { startDate, endDate, messageIds } = options?.messageFilter ?? {};
  const { messages } = await readThread(service, threadId, {
    direction: 'ASC',
    skip: 0,
    take: Number.POSITIVE_INFINITY,
    withTotal: false,
    dateRange: { ...(startDate && { start: startDate }), ...(endDate && { end: endDate }) },
  });
  const wanted = new Set(messageIds);
  const those = wanted.size > 0 ? messages.filter(({ id }) => wanted.has(id)) : messages;
  return options?.messageLimit ? those.slice(-options.messageLimit) : those;
}

/**
 * Copies a thread with its messages, which get ids of their own. Of the same resource, they are remembered already, and
 * not again. What cannot be copied as a whole is not copied at all.
 */
export async function copyThread(service: Service, input: StorageCloneThreadInput): Promise<StorageCopyThreadOutput> {
  const { sourceThreadId, newThreadId, resourceId, title, metadata, options } = input;
  const found = await findThread(service, sourceThreadId);
  if (!found) throw new Error(`Source thread with id ${sourceThreadId} not found`);
  const id = newThreadId || crypto.randomUUID();
  if (await findThread(service, id)) throw new Error(`Thread with id ${id} already exists`);
  const source = toThread(found);
  const messages = await sourceMessages(service, sourceThreadId, options);
  const now = new Date();
  const lastMessageId = messages.at(-1)?.id;
  const said = title || (source.title ? `Clone of ${source.title}` : undefined);
  const clone = { sourceThreadId, clonedAt: now, ...(lastMessageId && { lastMessageId }) };
  const thread: StorageThreadType = {
    id,
    resourceId: resourceId || source.resourceId,
    ...(said && { title: said }),
    metadata: { ...metadata, clone },
    createdAt: now,
    updatedAt: now,
  };
  const messageIdMap = Object.fromEntries(messages.map((message) => [message.id, crypto.randomUUID() as string]));
  const copies = messages.map((message) => ({
    ...message,
    id: messageIdMap[message.id] as string,
    threadId: id,
    ...(resourceId && { resourceId }),
  }));
  const quiet = thread.resourceId === source.resourceId ? service.thatRemembersNothing() : service;
  try {
    await service.change([savingThread(service, thread)]);
    await saveMessages(quiet, copies);
  } catch (error) {
    await deleteThread(service, id);
    throw error;
  }
  return { thread, messageIdMap };
}
